/** `assay equivocation`: proves from two statements that a device lies, and reports it on the chain. */
import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { formatEther, parseEventLogs, toHex, type Address, type TransactionReceipt } from "viem";
import { proveEquivocation, type Equivocation } from "../client/equivocation.ts";
import { fromTransparent, MAX_FILE_LENGTH } from "../client/statement-file.ts";
import { VerificationError } from "../client/verification-error.ts";
import { deviceRegistryAbi } from "../contracts/abi.ts";
import { accountOption, readAccount } from "./account.ts";
import { address } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { createOutput, proven, unproven, type Output } from "./output.ts";
import { progressLines } from "./progress.ts";
import { openRegistry, sendCalls, tryCalls, type RegistryCall } from "./registry.ts";
import { readTrust } from "./trust-file.ts";

interface EquivocationOptions {
  readonly trust: string;
  readonly out?: string;
  readonly json: boolean;
  readonly rpc: string;
  readonly registry?: Address;
  readonly account?: string;
}

/** The exit codes, as --help gives them. */
const PROVEN = 0;
const NONE = 1;
const CANNOT_TELL = 2;

/** Codes that leave it open: the trust list is wrong, or does not have who has signed. */
const UNDECIDED: ReadonlySet<string> = new Set(["BAD_TRUST", "UNKNOWN_DEVICE", "KEY_MISMATCH"]);

const ROLE = "that reports it and gets the reward";

/** The command. */
export function equivocationCommand(): Command {
  return new Command("equivocation")
    .description("prove from two statements that a device has said two things under one number; with --registry, report it on the chain")
    .argument("<A>", "a statement, with or without receipts (COSE, SCITT transparent statement)")
    .argument("<B>", "another one")
    .requiredOption("--trust <FILE>", "trust roots: devices whose keys count (JSON; assay device list writes one)")
    .option("--out <FILE>", "write the proof: device, key, numbers and both statements, as JSON")
    .option("--rpc <URL>", "the chain's JSON-RPC", "http://127.0.0.1:8545")
    .option("--registry <ADDRESS>", "report it to this DeviceRegistry contract: the device is revoked for good, half of its bond is yours", address)
    .addOption(accountOption(ROLE))
    .option("--json", "one JSON object on stdout", false)
    .addHelpText("after", "\nexit codes: 0 proven (and reported, if asked), 1 no equivocation, 2 cannot tell, or could not report\n\nexample:\n  assay equivocation one.cose other.cose --trust trust.json --registry 0x… --account reporter.key")
    .action(async (a: string, b: string, options: EquivocationOptions) => {
      process.exitCode = await prove(a, b, options);
    });
}

async function prove(a: string, b: string, options: EquivocationOptions): Promise<number> {
  const { registry } = options;
  if (registry === undefined && options.account !== undefined) throw new CliError("BAD_USAGE", "expected --registry ADDRESS with --account, to report to, got none", { exitCode: CANNOT_TELL });
  const output = createOutput(options.json);
  const account = registry === undefined ? undefined : await readAccount(options.account, ROLE, CANNOT_TELL);
  const trust = await readTrust(options.trust);
  const files = [await readBounded(a), await readBounded(b)] as const;
  let equivocation: Equivocation;
  try {
    const [first, second] = files.map((bytes) => fromTransparent(bytes).statement) as [Uint8Array, Uint8Array];
    equivocation = proveEquivocation(first, second, trust);
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    const undecided = UNDECIDED.has(error.code);
    output.text(unproven(`${error.code}: ${error.message}`));
    output.json({ proven: undecided ? null : false, code: error.code, message: error.message });
    return undecided ? CANNOT_TELL : NONE;
  }
  const { device, bootCount, sequence, key } = equivocation;
  output.text(`${proven("equivocation")}  ${device} has signed two statements with number ${sequence} of boot ${bootCount}`);
  for (const { statement } of [equivocation.a, equivocation.b]) output.text(`                 ${describe(statement)}`);
  if (options.out !== undefined) await writeProof(options.out, equivocation, output);
  const reported = registry === undefined || account === undefined ? undefined : await report(equivocation, { rpc: options.rpc, registry }, account, output);
  output.json({ proven: true, device, bootCount, sequence, key: key === undefined ? null : hex(key), ...(reported && { reported }) });
  return PROVEN;
}

/** Sends the proof to the contract. */
async function report({ key, a, b }: Equivocation, place: { readonly rpc: string; readonly registry: Address }, account: Awaited<ReturnType<typeof readAccount>>, output: Output): Promise<object> {
  if (key === undefined) throw new CliError("REFUSED", "expected both statements by one key, which the registry asks for, got two keys of the device: show them to its owner, who can revoke it", { exitCode: CANNOT_TELL });
  const registry = await openRegistry(place, CANNOT_TELL);
  const calls: RegistryCall[] = [{ functionName: "reportEquivocation", args: [toHex(key), toHex(a.statement.bytes), toHex(b.statement.bytes)] }];
  await tryCalls(registry, account, calls, CANNOT_TELL);
  const [receipt] = await sendCalls(registry, account, calls, progressLines(), CANNOT_TELL);
  const { reward, burned } = slashedBy(receipt!);
  output.text(`reported: block ${receipt!.blockNumber}, transaction ${receipt!.transactionHash}; the device is revoked for good`);
  output.text(reward === 0n && burned === 0n ? "it had no bond" : `its bond is lost: ${formatEther(reward)} ETH for ${account.address}, ${formatEther(burned)} ETH for nobody`);
  return { block: Number(receipt!.blockNumber), transaction: receipt!.transactionHash, reporter: account.address, reward: String(reward), burned: String(burned) };
}

function slashedBy({ logs }: TransactionReceipt): { readonly reward: bigint; readonly burned: bigint } {
  const [slashed] = parseEventLogs({ abi: deviceRegistryAbi, eventName: "BondSlashed", logs });
  return slashed?.args ?? { reward: 0n, burned: 0n };
}

function describe(statement: Equivocation["a"]["statement"]): string {
  const what = statement.kind === "boot" ? `boot of ${statement.claims.version} on ${statement.claims.board}` : statement.claims.results.map(({ label, score }) => `${label} ${score.toFixed(2)}`).join(", ");
  return `${hex(statement.digest).slice(0, 16)}…  ${statement.kind}, app ${statement.subject}: ${what}`;
}

/** The statements are bytes as the contract takes them. */
async function writeProof(file: string, { device, key, bootCount, sequence, a, b }: Equivocation, output: Output): Promise<void> {
  const proof = { device, key: key === undefined ? null : hex(key), bootCount, sequence, a: hex(a.statement.bytes), b: hex(b.statement.bytes) };
  await writeFile(file, `${JSON.stringify(proof, null, 2)}\n`).catch((cause: unknown) => {
    throw new CliError("BAD_FILE", `expected to write ${file}: ${(cause as Error).message}`, { cause, exitCode: CANNOT_TELL });
  });
  output.note(`wrote ${file}`);
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    // One byte too many is enough for the reader to refuse it.
    return new Uint8Array((await readFile(file)).subarray(0, MAX_FILE_LENGTH + 1));
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a statement at ${file}: ${(cause as Error).message}`, { cause, exitCode: CANNOT_TELL });
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
