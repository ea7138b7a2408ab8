import { equalBytes } from "assay/statement/bytes";
import { isDeviceId, keyId as keyIdOf, PUBLIC_KEY_LENGTH, thumbprint } from "assay/statement/cose-key";
import { sha256 } from "@noble/hashes/sha2.js";
import { VerificationError } from "./verification-error.ts";

/** A device whose statements count. */
export interface TrustedDevice {
  /** device id, 43 characters: the issuer of its statements */
  readonly id: string;
  /** key in use, 65 bytes, 04 || x || y */
  readonly publicKey: Uint8Array;
  /** true for a simulated device; its boot statements say so too */
  readonly simulator?: boolean;
}

/** A log whose receipts count. */
export interface TrustedLog {
  /** made as device ids are: the issuer of its receipts */
  readonly id: string;
  /** 65 bytes, 04 || x || y */
  readonly publicKey: Uint8Array;
}

/** Everything that a verifier takes for granted. Where it comes from is the caller's decision. */
export interface Trust {
  readonly devices: readonly TrustedDevice[];
  readonly logs: readonly TrustedLog[];
  /** whether statements of simulated devices count; default false */
  readonly allowSimulated?: boolean;
}

/**
 * The key that `id` has in a trust list, provided that it is the key that `keyId` names.
 * @returns undefined if the list does not have `id`
 * @throws VerificationError `BAD_TRUST`, `KEY_MISMATCH`
 */
export function findKey<Entry extends { readonly id: string; readonly publicKey: Uint8Array }>(entries: readonly Entry[], id: string, keyId: Uint8Array): Entry | undefined {
  const entry = entries.find((candidate) => candidate.id === id);
  if (entry === undefined) return undefined;
  if (!isDeviceId(entry.id)) throw new VerificationError("BAD_TRUST", `expected an id of 43 base64url characters in the trust list, got "${entry.id}"`);
  if (entry.publicKey.length !== PUBLIC_KEY_LENGTH || entry.publicKey[0] !== 4) throw new VerificationError("BAD_TRUST", `expected a public key of 65 bytes that begins with 04 for ${id}, got ${entry.publicKey.length} bytes`);
  const trusted = thumbprint(entry.publicKey, sha256);
  if (!equalBytes(keyId, keyIdOf(trusted))) throw new VerificationError("KEY_MISMATCH", `expected the trusted key of ${id}, got the id of another key`);
  return entry;
}
