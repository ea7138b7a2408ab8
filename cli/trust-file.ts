/**
 * Trust roots as a file: which devices and which logs a person believes. JSON; keys are COSE_Keys (RFC 9052 §7) in hex, times Unix seconds.
 */
import { readFile, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { encodePublicKey, type PublicKey } from "assay/statement/cose-key";
import type { Trust, TrustedLog } from "../client/trust.ts";
import { addressField, chainIdField, deviceIdField, publicKeyField } from "./checked-fields.ts";
import { CliError } from "./cli-error.ts";

/** Trust roots with the place where each log is anchored. */
export interface TrustRoots extends Trust {
  readonly logs: readonly (TrustedLog & { readonly chainId: number; readonly contract: `0x${string}` })[];
  readonly allowSimulated: boolean;
}

const time = v.pipe(v.number(), v.integer(), v.minValue(0));
const revoked = v.exactOptional(v.object({ since: time, reason: v.pipe(v.string(), v.maxLength(64)) }));
const key = v.object({ publicKey: publicKeyField, retired: v.exactOptional(time), revoked });
const schema = v.object({
  devices: v.array(v.object({ id: deviceIdField, keys: v.pipe(v.array(key), v.minLength(1, "expected one key at least")), revoked, simulator: v.optional(v.boolean(), false) })),
  logs: v.array(v.object({ id: deviceIdField, publicKey: publicKeyField, chainId: chainIdField, contract: addressField })),
  allowSimulated: v.optional(v.boolean(), false),
});

/**
 * Reads a trust file.
 * @throws CliError `BAD_FILE`, naming the field and what was expected
 */
export async function readTrust(file: string): Promise<TrustRoots> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a trust file at ${file}: ${(cause as Error).message}`, { cause, exitCode: 2 });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new CliError("BAD_FILE", `${file}: expected JSON: ${(cause as Error).message}`, { cause, exitCode: 2 });
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new CliError("BAD_FILE", `${file}: ${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`, { exitCode: 2 });
}

/** Writes a trust file. It holds no secrets, but whoever can change it decides what is believed: readable and writable by its owner. */
export async function writeTrust(file: string, trust: TrustRoots): Promise<void> {
  const hex = (publicKey: PublicKey): string => Buffer.from(encodePublicKey(publicKey)).toString("hex");
  const json = {
    devices: trust.devices.map(({ keys, ...device }) => ({ ...device, simulator: device.simulator ?? false, keys: keys.map((entry) => ({ ...entry, publicKey: hex(entry.publicKey) })) })),
    logs: trust.logs.map((log) => ({ ...log, publicKey: hex(log.publicKey) })),
    allowSimulated: trust.allowSimulated,
  };
  await writeFile(file, `${JSON.stringify(json, null, 2)}\n`, { mode: 0o600 });
}
