/** Trust roots as text, for files and bundles: JSON; keys are COSE_Keys (RFC 9052 §7) in hex, times Unix seconds. */
import * as v from "valibot";
import { decodePublicKey, encodePublicKey, isDeviceId, type PublicKey } from "assay/statement/cose-key";
import type { Trust, TrustedLog } from "./trust.ts";
import { VerificationError } from "./verification-error.ts";

/** Trust roots with the place where each log is anchored. */
export interface TrustRoots extends Trust {
  readonly logs: readonly (TrustedLog & { readonly chainId: number; readonly contract: `0x${string}` })[];
  readonly allowSimulated: boolean;
}

const id = v.pipe(v.string(), v.check(isDeviceId, "expected the base64url of 32 bytes, 43 characters"));
const publicKey = v.pipe(
  v.string(),
  v.regex(/^a40102200[18]215820[0-9a-f]{64}225820[0-9a-f]{64}$/, "expected the COSE_Key of a public key, 150 lower-case hexadecimal digits"),
  v.transform((digits) => decodePublicKey(bytesOf(digits))),
);
const time = v.pipe(v.number(), v.integer(), v.minValue(0));
const revoked = v.exactOptional(v.object({ since: time, reason: v.pipe(v.string(), v.maxLength(64)) }));
const key = v.object({ publicKey, retired: v.exactOptional(time), revoked });
const device = v.object({ id, keys: v.pipe(v.array(key), v.minLength(1, "expected one key at least")), revoked, simulator: v.optional(v.boolean(), false) });
const verifierKey = v.pipe(v.string(), v.maxLength(400));
const log = v.object({
  id,
  publicKey,
  chainId: v.pipe(v.number(), v.integer(), v.minValue(1)),
  contract: v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{40}$/, "expected 0x and 40 hexadecimal digits"), v.transform((text) => text as `0x${string}`)),
  verifierKey: v.exactOptional(verifierKey),
  witnesses: v.exactOptional(v.array(verifierKey)),
  leastWitnesses: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});
const schema = v.object({ devices: v.array(device), logs: v.array(log), allowSimulated: v.optional(v.boolean(), false) });

/**
 * Reads trust roots.
 * @throws VerificationError `BAD_TRUST`, naming the field and what was expected
 */
export function parseTrustRoots(text: string): TrustRoots {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new VerificationError("BAD_TRUST", `expected JSON: ${(cause as Error).message}`, { cause });
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new VerificationError("BAD_TRUST", `${v.getDotPath(issue) ?? "the whole"}: ${issue.message}`);
}

/** Trust roots as text, to be read by `parseTrustRoots`. */
export function formatTrustRoots(trust: TrustRoots): string {
  const json = {
    devices: trust.devices.map(({ keys, ...rest }) => ({ ...rest, simulator: rest.simulator ?? false, keys: keys.map((entry) => ({ ...entry, publicKey: hexOf(entry.publicKey) })) })),
    logs: trust.logs.map((entry) => ({ ...entry, publicKey: hexOf(entry.publicKey) })),
    allowSimulated: trust.allowSimulated,
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function hexOf(publicKey: PublicKey): string {
  return Array.from(encodePublicKey(publicKey), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
