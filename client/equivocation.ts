import { sha256 } from "@noble/hashes/sha2.js";
import type { Statement } from "assay/statement";
import { equalBytes } from "assay/statement/bytes";
import { thumbprint } from "assay/statement/cose-key";
import type { SignatureVerifier } from "./signature.ts";
import type { Trust } from "./trust.ts";
import { VerificationError } from "./verification-error.ts";
import { verify } from "./verify.ts";

/** One of the two statements of an equivocation. */
export interface EquivocalStatement {
  readonly statement: Statement;
  /** thumbprint of the key that has signed it, 32 bytes */
  readonly key: Uint8Array;
}

/** Proof that a device lies: it has said two things under one number. */
export interface Equivocation {
  /** device id */
  readonly device: string;
  readonly bootCount: number;
  readonly sequence: number;
  readonly a: EquivocalStatement;
  readonly b: EquivocalStatement;
  /** thumbprint of the key that has signed both, 32 bytes; undefined if each is signed by another key of the device: the registry's contract takes no such proof */
  readonly key: Uint8Array | undefined;
}

/**
 * Whether two statements are an equivocation: both signed by one device, under one boot count and sequence number, and what is signed differs. Keys that
 * are retired or revoked count too, and so do simulated devices: what was signed stays signed.
 *
 * Two copies of one statement with two signatures are none: whoever sees a signature can often make another, such as with a high s.
 *
 * @example
 * const { device, bootCount, sequence } = proveEquivocation(statementBytes, otherBytes, { devices: [{ id, keys: [{ publicKey }] }], logs: [] });
 *
 * @param a,b tagged COSE_Sign1, each with an empty unprotected header
 * @throws VerificationError `NO_EQUIVOCATION` if both are proven and both may stand; or that a statement is not proven, with the codes of statements, trust and keys
 */
export function proveEquivocation(a: Uint8Array, b: Uint8Array, trust: Trust, options: { readonly verifySignature?: SignatureVerifier } = {}): Equivocation {
  const bare: Trust = { devices: trust.devices.map(({ id, keys }) => ({ id, keys: keys.map(({ publicKey }) => ({ publicKey })) })), logs: [], allowSimulated: true };
  const [first, second] = [a, b].map((bytes): EquivocalStatement => {
    const { statement, registration } = verify(bytes, undefined, bare, options);
    return { statement, key: thumbprint(registration.key.publicKey, sha256) };
  }) as [EquivocalStatement, EquivocalStatement];
  const { issuer: device, bootCount, sequence } = first.statement;
  const other = second.statement;
  if (other.issuer !== device) throw none(`expected two statements of one device, got one of ${device} and one of ${other.issuer}`);
  if (other.bootCount !== bootCount || other.sequence !== sequence) {
    throw none(`expected two statements of one number, got statement ${sequence} of boot ${bootCount} and statement ${other.sequence} of boot ${other.bootCount}: different numbers, both may stand`);
  }
  if (equalBytes(first.statement.digest, other.digest)) throw none("expected two statements, got the same statement twice");
  if (equalBytes(first.statement.digestToVerify, other.digestToVerify)) throw none("expected two statements, got the same statement with another signature");
  return { device, bootCount, sequence, a: first, b: second, key: equalBytes(first.key, second.key) ? first.key : undefined };
}

function none(message: string): VerificationError {
  return new VerificationError("NO_EQUIVOCATION", message);
}
