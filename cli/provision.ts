/** `assay provision`: what locks an ESP32 board for good, as a plan; and, when that is asked for and confirmed, burned. */
import { createInterface } from "node:readline";
import { Command, Option } from "commander";
import { burnPlan, confirmationText, type BurnReport } from "../boards/esp-flash/burn-plan.ts";
import { CHIPS, type ChipName } from "../boards/esp-flash/chips.ts";
import { identifyEsp } from "../boards/esp-flash/connect.ts";
import { choosePort, listPorts } from "../boards/esp-flash/ports.ts";
import { provisionPlan, type ProvisionOptions, type ProvisionPlan } from "../boards/esp-flash/provision-plan.ts";
import { provisionText } from "../boards/esp-flash/provision-text.ts";
import { esp32Boards } from "../boards/esp32/build.ts";
import { integer } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { createOutput, type Output } from "./output.ts";

interface ProvisionCommandOptions {
  readonly board: ChipName;
  readonly port?: string;
  readonly dryRun?: boolean;
  readonly burn?: boolean;
  readonly from?: number;
  readonly secureBoot?: readonly string[];
  readonly flashEncryption?: string;
  readonly flashEncryptionBits?: "256" | "512";
  readonly nvsEncryption?: "hmac" | "flash-encryption";
  readonly nvsKey?: string;
  readonly jtag?: "open" | "off";
  readonly download: "open" | "secure" | "off";
  readonly json: boolean;
}

/** The command. */
export function provisionCommand(): Command {
  return new Command("provision")
    .description("plan what locks an ESP32 board: every eFuse, what can never be undone, the commands. Nothing is burned without --burn and a typed confirmation")
    .addOption(new Option("--board <BOARD>", "the board").choices(esp32Boards).makeOptionMandatory())
    .option("--dry-run", "show the plan (default)")
    .option("--burn", "burn it with Espressif's espefuse, up to the next step by hand, after a typed confirmation")
    .option("--port <PORT>", "serial port (default: the one that looks like a board)")
    .option("--from <STEP>", "with --burn: the first step, to go on after one by hand", integer(1, 100))
    .option("--secure-boot <DIGESTS...>", "secure boot: files with digests of the public signing keys, 32 bytes each (espsecure digest-sbv2-public-key)")
    .option("--flash-encryption <KEY>", "flash encryption: a file with a key for this board alone")
    .addOption(new Option("--flash-encryption-bits <BITS>", "length of that key (default: 256)").choices(["256", "512"]))
    .addOption(new Option("--nvs-encryption <SCHEME>", "encryption of the device's key and settings: by a key of its own, or by flash encryption").choices(["hmac", "flash-encryption"]))
    .option("--nvs-key <KEY>", "with --nvs-encryption hmac: a file with 32 bytes for this board alone")
    .addOption(new Option("--jtag <STATE>", "debugging by JTAG (default: off with secure boot or flash encryption)").choices(["open", "off"]))
    .addOption(new Option("--download <MODE>", "the loader: open, only writing, or off").choices(["open", "secure", "off"]).default("open"))
    .option("--json", "the plan, and what was burned, as JSON objects on stdout; text on stderr", false)
    .addHelpText(
      "after",
      "\nKeys stay in their files: no command line, plan or log holds one.\n\nexample:\n  assay provision --board esp32s3 --secure-boot digest.bin --flash-encryption flash.key --nvs-encryption hmac --nvs-key nvs.key --download secure",
    )
    .action(async (options: ProvisionCommandOptions) => {
      const plan = provisionPlan({ chip: options.board, options: whatToLock(options) });
      const output = createOutput(options.json);
      if (options.burn === true) await burn(plan, options, output);
      else show(plan, options, output);
    });
}

function whatToLock({ secureBoot, flashEncryption, flashEncryptionBits, nvsEncryption, nvsKey, jtag, download }: ProvisionCommandOptions): ProvisionOptions {
  if ((nvsEncryption === "hmac") !== (nvsKey !== undefined)) throw new CliError("BAD_USAGE", `expected --nvs-encryption hmac and --nvs-key FILE together, got ${nvsKey === undefined ? "no --nvs-key" : "--nvs-key without hmac"}`);
  if (flashEncryptionBits !== undefined && flashEncryption === undefined) throw new CliError("BAD_USAGE", "expected --flash-encryption FILE with --flash-encryption-bits, got none");
  return {
    download,
    ...(secureBoot === undefined ? {} : { secureBoot: { digestFiles: secureBoot } }),
    ...(flashEncryption === undefined ? {} : { flashEncryption: { keyFile: flashEncryption, bits: flashEncryptionBits === "512" ? 512 : 256 } }),
    ...(nvsEncryption === undefined ? {} : { nvsEncryption: nvsKey === undefined ? { scheme: "flash-encryption" } : { scheme: "hmac", keyFile: nvsKey } }),
    ...(jtag === undefined ? {} : { disableJtag: jtag === "off" }),
  };
}

function show(plan: ProvisionPlan, { port, from }: ProvisionCommandOptions, output: Output): void {
  if (from !== undefined) throw new CliError("BAD_USAGE", "expected --from with --burn, got a dry run");
  output.text(provisionText(plan, port));
  output.json(plan);
}

async function burn(plan: ProvisionPlan, options: ProvisionCommandOptions, output: Output): Promise<void> {
  if (options.dryRun === true) throw new CliError("BAD_USAGE", "expected one of --dry-run and --burn, got both");
  const port = options.port ?? choosePort(await listPorts());
  output.text(provisionText(plan, port));
  output.json(plan);
  const { chip, mac } = await identifyEsp(port, { note: output.note });
  if (chip !== plan.chip) throw new CliError("BAD_USAGE", `expected the ${CHIPS[plan.chip].title}, but the board on ${port} has an ${CHIPS[chip].title}; nothing was burned`);
  if (mac === undefined) throw new CliError("BAD_USAGE", `expected a board that tells its MAC, but the one on ${port} is in secure download mode; nothing was burned`);
  const confirmation = await typed(`On ${port} is an ${CHIPS[chip].title} with the MAC ${mac}. What is burned can never be undone. To burn, type: ${confirmationText(plan, mac)}\n> `);
  const report = await burnPlan({
    plan,
    port,
    mac,
    burn: true,
    confirmation,
    onStep: ({ order, title }, command) => output.note(`${order}. ${title}\n   ${command.join(" ")}`),
    onLine: (line) => output.note(`   ${line}`),
    ...(options.from === undefined ? {} : { from: options.from }),
  });
  output.text(summary(report));
  output.json({ burned: report.burned, byHand: report.byHand ?? null });
}

/** The line that a person types, or that a program hands over: stdin, never an option, which would stay in the shell's history and be repeated without a thought. */
async function typed(question: string): Promise<string> {
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of lines) return line;
    return "";
  } finally {
    lines.close();
  }
}

function summary({ burned, byHand }: BurnReport): string {
  const done = burned.length === 0 ? "no step was to be burned" : `burned: steps ${burned.join(", ")}`;
  return byHand === undefined ? `${done}; that was all` : `${done}; next, by hand: ${byHand.order}. ${byHand.title}; then go on with --burn --from ${byHand.order + 1}`;
}
