/** What devices report on their data line, read back from a file: from a console, or from the journal, whose lines begin with time and name. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as v from "valibot";
import { addressField, bytesField, chainIdField, deviceIdField, publicKeyField } from "../client/checked-fields.ts";
import { CliError } from "./cli-error.ts";

const SIGNATURE_LENGTH = 64;

const identity = v.object({
  event: v.literal("identity"),
  device: deviceIdField,
  publicKey: publicKeyField,
  simulator: v.boolean(),
  registration: v.exactOptional(v.object({ chainId: chainIdField, registry: addressField, owner: addressField, proof: bytesField(SIGNATURE_LENGTH) })),
});

const rotation = v.object({
  event: v.literal("rotation"),
  device: deviceIdField,
  chainId: chainIdField,
  registry: addressField,
  newKey: publicKeyField,
  keyCount: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(0xffff_ffff)),
  byCurrent: bytesField(SIGNATURE_LENGTH),
  byNew: bytesField(SIGNATURE_LENGTH),
});

const schemas = { identity, rotation } as const;
type Kind = keyof typeof schemas;

/** A device's word on who it is. Checked for form only. */
export type IdentityReport = v.InferOutput<typeof identity>;

/** A device's next key with its proofs. Checked for form only. */
export type RotationReport = v.InferOutput<typeof rotation>;

/** Longest part of a line that is quoted. */
const QUOTED = 60;

/**
 * The events of one kind, in their order; all other lines are passed over.
 * @param file `-` is stdin
 * @throws CliError `BAD_FILE`, naming file, line, field, and what was expected
 */
export async function readReports<K extends Kind>(file: string, kind: K): Promise<v.InferOutput<(typeof schemas)[K]>[]> {
  const reports: v.InferOutput<(typeof schemas)[K]>[] = [];
  const name = file === "-" ? "stdin" : file;
  const start = `{"event":"${kind}"`;
  const input = file === "-" ? process.stdin : createReadStream(file);
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      number++;
      const at = line.indexOf(start);
      if (at >= 0) reports.push(readReport(line.slice(at), kind, `${name}:${number}`));
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError("BAD_FILE", `expected the lines that a device reports in ${name}: ${(cause as Error).message}`, { cause });
  }
  return reports;
}

function readReport<K extends Kind>(text: string, kind: K, place: string): v.InferOutput<(typeof schemas)[K]> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CliError("BAD_FILE", `${place}: expected a whole line of JSON, got ${JSON.stringify(text.slice(0, QUOTED))}…`, { cause });
  }
  const result = v.safeParse<(typeof schemas)[K]>(schemas[kind], json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new CliError("BAD_FILE", `${place}: ${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`);
}
