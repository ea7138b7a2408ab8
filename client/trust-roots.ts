/** Trust roots as text, for files and bundles: JSON; keys are COSE_Keys (RFC 9052 §7) in hex, times Unix seconds. */
import * as v from "valibot";
import { encodePublicKey, type PublicKey } from "assay/statement/cose-key";
import { addressField, chainIdField, deviceIdField, publicKeyField } from "./checked-fields.ts";
import type { Trust, TrustedLog } from "./trust.ts";
import { VerificationError } from "./verification-error.ts";

/** Trust roots with the place where each log is anchored. */
export interface TrustRoots extends Trust {
  readonly logs: readonly (TrustedLog & { readonly chainId: number; readonly contract: `0x${string}` })[];
  readonly allowSimulated: boolean;
}

const time = v.pipe(v.number(), v.integer(), v.minValue(0));
const revoked = v.exactOptional(v.object({ since: time, reason: v.pipe(v.string(), v.maxLength(64)) }));
const key = v.object({ publicKey: publicKeyField, retired: v.exactOptional(time), revoked });
const deviceFields = v.object({ id: deviceIdField, keys: v.pipe(v.array(key), v.minLength(1, "expected one key at least")), revoked, simulator: v.optional(v.boolean(), false) });
const verifierKey = v.pipe(v.string(), v.maxLength(400));
const logFields = v.object({
  id: deviceIdField,
  publicKey: publicKeyField,
  chainId: chainIdField,
  contract: addressField,
  verifierKey: v.exactOptional(verifierKey),
  witnesses: v.exactOptional(v.array(verifierKey)),
  leastWitnesses: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});
const schema = v.object({ devices: v.array(deviceFields), logs: v.array(logFields), allowSimulated: v.optional(v.boolean(), false) });

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
