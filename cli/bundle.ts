/** `assay bundle`: puts everything that somebody needs to check a statement into one file. */
import { readFile, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { encodeBundle, type Bundle } from "../client/bundle.ts";
import { fromTransparent } from "../client/statement-file.ts";
import { formatTrustRoots } from "../client/trust-roots.ts";
import { exportStatement } from "../gateway/export.ts";
import { integer } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { createOutput } from "./output.ts";
import { readTrust } from "./trust-file.ts";

interface BundleOptions {
  readonly out: string;
  readonly data?: string;
  readonly device?: string;
  readonly sequence?: number;
  readonly bootCount?: number;
  readonly boot?: string;
  readonly previous?: string;
  readonly checkpoint?: string;
  readonly input?: string;
  readonly trust?: string;
  readonly json: boolean;
}

/** The command. */
export function bundleCommand(): Command {
  return new Command("bundle")
    .description("put a statement and all that proves it into one file, for assay verify without a network")
    .argument("[FILE]", "a statement with its receipt, as assay sim --save writes it; or none, with --data")
    .requiredOption("--out <FILE>", "where the bundle goes")
    .option("--data <DIR>", "take the statement, its receipt, boot, previous statement and checkpoint from a gateway's data folder")
    .option("--device <ID>", "with --data: the device")
    .option("--sequence <N>", "with --data: the statement's sequence number", integer(0, Number.MAX_SAFE_INTEGER))
    .option("--boot-count <N>", "with --data: the boot that it is from (default: the latest that has the number)", integer(1, Number.MAX_SAFE_INTEGER))
    .option("--boot <FILE>", "the statement of its boot")
    .option("--previous <FILE>", "the statement before it")
    .option("--checkpoint <FILE>", "a checkpoint of the log as a signed note, such as GET /checkpoint of the gateway gives it; without --data it has to be of the receipt's tree")
    .option("--input <FILE>", "its revealed input, as assay sim --reveal writes it: whoever has the bundle sees what the sensor saw")
    .option("--trust <FILE>", "trust roots to put in, for those who have none of their own")
    .option("--json", "one JSON object on stdout", false)
    .addHelpText("after", "\nexamples:\n  assay bundle out/k3JxQa7b…-1-12.cose --boot out/k3JxQa7b…-1-0.cose --trust trust.json --out 12.bundle\n  assay bundle --data data/gateway --device k3JxQa7b… --sequence 12 --out 12.bundle")
    .action(async (file: string | undefined, options: BundleOptions) => {
      const parts = { ...(await statementParts(file, options)), ...(await moreParts(options)) };
      const bundle = encodeBundle(parts);
      await writeFile(options.out, bundle);
      const output = createOutput(options.json);
      output.text(`${options.out}: ${bundle.length} bytes with ${Object.keys(parts).join(", ")}`);
      output.json({ file: options.out, bytes: bundle.length, parts: Object.keys(parts) });
    });
}

async function statementParts(file: string | undefined, options: BundleOptions): Promise<Bundle> {
  const { data, device, sequence, bootCount } = options;
  if (file !== undefined) {
    if (data !== undefined) throw new CliError("BAD_USAGE", "expected a file or --data, got both");
    const { statement, receipts } = fromTransparent(await read(file));
    return { statement, ...(receipts[0] && { receipt: receipts[0] }), ...(await part("checkpoint", options.checkpoint)) };
  }
  if (data === undefined || device === undefined || sequence === undefined) throw new CliError("BAD_USAGE", "expected a statement's file, or --data, --device and --sequence");
  const { statement, receipt, boot, previous, checkpoint } = await exportStatement(data, { device, sequence, bootCount }, options.checkpoint === undefined ? undefined : await read(options.checkpoint));
  return {
    statement,
    ...(receipt && { receipt }),
    ...(boot && { boot }),
    ...(previous && { previous }),
    ...(checkpoint && { checkpoint: checkpoint.note, consistency: checkpoint.consistency }),
  };
}

async function moreParts({ boot, previous, input, trust }: BundleOptions): Promise<Partial<Bundle>> {
  return {
    ...(boot === undefined ? {} : { boot: fromTransparent(await read(boot)).statement }),
    ...(previous === undefined ? {} : { previous: fromTransparent(await read(previous)).statement }),
    ...(await part("input", input)),
    ...(trust === undefined ? {} : { trust: formatTrustRoots(await readTrust(trust)) }),
  };
}

async function part(name: "input" | "checkpoint", file: string | undefined): Promise<Partial<Bundle>> {
  return file === undefined ? {} : { [name]: await read(file) };
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a file at ${file}: ${(cause as Error).message}`, { cause });
  }
}
