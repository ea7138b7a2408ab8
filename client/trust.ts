import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, startsWith } from "assay/statement/bytes";
import { deviceId, thumbprint, type PublicKey } from "assay/statement/cose-key";
import { curveOf, type Algorithm } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";
import { VerificationError } from "./verification-error.ts";

/** That a key, or a device, does not count any more. */
export interface Revocation {
  /** Unix time in seconds: what was anchored before counts, what was not does not */
  readonly since: number;
  /** such as "key-compromise" */
  readonly reason: string;
}

/** A key of a device. */
export interface TrustedKey {
  readonly publicKey: PublicKey;
  /** Unix time in seconds of the rotation that replaced it; undefined: the key in use */
  readonly retired?: number;
  readonly revoked?: Revocation;
}

/** A device whose statements count. */
export interface TrustedDevice {
  /** device id, 43 characters: the issuer of its statements; thumbprint of its first key */
  readonly id: string;
  /** all its keys, from the first to the one in use */
  readonly keys: readonly TrustedKey[];
  /** the device as a whole does not count any more, such as after an equivocation */
  readonly revoked?: Revocation;
  /** true for a simulated device; its boot statements say so too */
  readonly simulator?: boolean;
}

/** A log whose receipts count. */
export interface TrustedLog {
  /** made as device ids are: the issuer of its receipts */
  readonly id: string;
  readonly publicKey: PublicKey;
  /** key of its checkpoints in note form, as text `name+hash+base64` (C2SP signed-note) */
  readonly verifierKey?: string;
  /** such keys of the witnesses whose cosignatures count, and how many of them a checkpoint needs; default none, 0 */
  readonly witnesses?: readonly string[];
  readonly leastWitnesses?: number;
}

/** Everything that a verifier takes for granted. Where it comes from is the caller's decision. */
export interface Trust {
  readonly devices: readonly TrustedDevice[];
  readonly logs: readonly TrustedLog[];
  /** whether statements of simulated devices count; default false */
  readonly allowSimulated?: boolean;
}

/** Who signs, as a header names him. */
interface NamedKey {
  readonly issuer: string;
  readonly keyId: Uint8Array;
  readonly algorithm: Algorithm;
}

/**
 * The device that a header names, and the key of it that it names.
 * @returns undefined if the list does not have the device
 * @throws VerificationError `BAD_TRUST`, `KEY_MISMATCH`, `BAD_ALGORITHM`
 */
export function findDevice(devices: readonly TrustedDevice[], named: NamedKey): { readonly device: TrustedDevice; readonly key: TrustedKey } | undefined {
  const device = devices.find(({ id }) => id === named.issuer);
  if (device === undefined) return undefined;
  const [first] = device.keys;
  if (first === undefined) throw new VerificationError("BAD_TRUST", `expected a key of ${device.id} in the trust list, got none`);
  expectId(device.id, first.publicKey);
  const key = device.keys.find(({ publicKey }) => startsWith(printOf(device.id, publicKey), named.keyId));
  if (key === undefined) throw new VerificationError("KEY_MISMATCH", `expected a trusted key of ${device.id}, got the id of another key`);
  expectAlgorithm(named, key.publicKey);
  return { device, key };
}

/**
 * The log that a header names.
 * @returns undefined if the list does not have it
 * @throws VerificationError `BAD_TRUST`, `KEY_MISMATCH`, `BAD_ALGORITHM`
 */
export function findLog<Log extends TrustedLog>(logs: readonly Log[], named: NamedKey): Log | undefined {
  const log = logs.find(({ id }) => id === named.issuer);
  if (log === undefined) return undefined;
  const print = expectId(log.id, log.publicKey);
  if (!equalBytes(named.keyId, print)) throw new VerificationError("KEY_MISMATCH", `expected the trusted key of ${log.id}, got the id of another key`);
  expectAlgorithm(named, log.publicKey);
  return log;
}

/** An algorithm goes with one curve only: a verifier that let the header choose could be made to read one key as another's (RFC 9864 §1). */
function expectAlgorithm({ issuer, algorithm }: NamedKey, { curve }: PublicKey): void {
  if (curveOf(algorithm) !== curve) throw new VerificationError("BAD_ALGORITHM", `expected an algorithm for ${curve}, the curve of ${issuer}, got ${algorithm}`);
}

/** An id is the thumbprint of the first key: a list that has another key under it is damaged, or was tampered with. */
function expectId(id: string, firstKey: PublicKey): Uint8Array {
  const print = printOf(id, firstKey);
  if (deviceId(print) !== id) throw new VerificationError("BAD_TRUST", `expected the first key of ${id} in the trust list, got that of ${deviceId(print)}`);
  return print;
}

function printOf(id: string, key: PublicKey): Uint8Array {
  try {
    return thumbprint(key, sha256);
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    throw new VerificationError("BAD_TRUST", `trust list, ${id}: ${cause.message}`, { cause });
  }
}
