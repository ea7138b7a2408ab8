/** COSE_Sign1 (RFC 9052 §4.2), tagged, over the strict CBOR of this room. */
import { decode, encode, Tag, type CborMap, type CborValue } from "assay/statement/cbor";
import { unexpected } from "assay/statement/claim";
import type { Sha256 } from "assay/statement/cose-key";
import type { Signer } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";

/** CBOR tag of COSE_Sign1. */
export const SIGN1_TAG = 18;
/** Header labels (RFC 9052 §3.1). */
export const ALGORITHM_LABEL = 1;
export const CRITICAL_LABEL = 2;
export const KEY_ID_LABEL = 4;

const SIGNATURE_CONTEXT = "Signature1";
const NO_BYTES = new Uint8Array(0);
const NO_HEADER: CborMap = new Map();

/** A parsed COSE_Sign1. What its header parameters mean is for the formats above to check. */
export interface Sign1 {
  /** as received: they are part of what is signed */
  readonly protectedBytes: Uint8Array;
  readonly protectedHeader: CborMap;
  readonly unprotected: CborMap;
  /** null when the payload is detached */
  readonly payload: Uint8Array | null;
  readonly signature: Uint8Array;
}

/** The parts of a COSE_Sign1 to encode. */
export interface Sign1Parts {
  /** the map, or its encoding */
  readonly protectedHeader: CborMap | Uint8Array;
  /** default {} */
  readonly unprotected?: CborMap;
  /** null: detached */
  readonly payload: Uint8Array | null;
  readonly signature: Uint8Array;
}

/** The protected header as a byte string: an empty one has no bytes (RFC 9052 §3). */
export function encodeProtected(header: CborMap): Uint8Array {
  return header.size === 0 ? NO_BYTES : encode(header);
}

/** The tagged COSE_Sign1. */
export function encodeSign1(parts: Sign1Parts): Uint8Array {
  const header = parts.protectedHeader;
  return encode(new Tag(SIGN1_TAG, [header instanceof Uint8Array ? header : encodeProtected(header), parts.unprotected ?? NO_HEADER, parts.payload, parts.signature]));
}

/**
 * The Sig_structure (RFC 9052 §4.4) whose SHA-256 is signed.
 * @param protectedBytes the protected header as received
 * @param payload what is signed, attached or not
 */
export function signatureInput(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  const empty = protectedBytes.length === 1 && protectedBytes[0] === 0xa0;
  return encode([SIGNATURE_CONTEXT, empty ? NO_BYTES : protectedBytes, NO_BYTES, payload]);
}

/**
 * Makes and signs a COSE_Sign1.
 * @param parts `detached` is signed but not carried; else `payload` is both
 */
export function sign1(
  parts: { readonly protectedHeader: CborMap; readonly unprotected?: CborMap } & ({ readonly payload: Uint8Array } | { readonly detached: Uint8Array }),
  signer: Signer,
  sha256: Sha256,
): Uint8Array {
  const protectedHeader = encodeProtected(parts.protectedHeader);
  const signed = "payload" in parts ? parts.payload : parts.detached;
  const signature = signer.sign(sha256(signatureInput(protectedHeader, signed)));
  return encodeSign1({ protectedHeader, unprotected: parts.unprotected ?? NO_HEADER, payload: "payload" in parts ? signed : null, signature });
}

/**
 * Parses a tagged COSE_Sign1 in deterministic encoding, protected header included.
 * @throws StatementError `NOT_SIGN1`; `BAD_HEADER` if a label stands in both headers, or if there is a `crit`, since none is understood; the codes of `decode`
 */
export function parseSign1(bytes: Uint8Array): Sign1 {
  const object = decode(bytes);
  if (!(object instanceof Tag) || object.tag !== SIGN1_TAG) throw new StatementError("NOT_SIGN1", "expected tag 18");
  const parts = object.value;
  if (!Array.isArray(parts) || parts.length !== 4) throw new StatementError("NOT_SIGN1", "expected an array of 4 in tag 18");
  const [protectedBytes, unprotected, payload, signature] = parts as CborValue[];
  if (!(protectedBytes instanceof Uint8Array)) throw new StatementError("NOT_SIGN1", "expected a byte string as protected header");
  if (!(unprotected instanceof Map)) throw new StatementError("NOT_SIGN1", "expected a map as unprotected header");
  if (payload !== null && !(payload instanceof Uint8Array)) throw new StatementError("NOT_SIGN1", "expected a byte string or null as payload");
  if (!(signature instanceof Uint8Array)) throw new StatementError("NOT_SIGN1", "expected a byte string as signature");
  const header = protectedBytes.length === 0 ? NO_HEADER : decode(protectedBytes);
  if (!(header instanceof Map)) throw new StatementError("NOT_SIGN1", "expected a map in the protected header");
  const protectedHeader: CborMap = header;
  for (const label of (unprotected as CborMap).keys()) if (protectedHeader.has(label)) throw unexpected("label", "to be in one header", label, "BAD_HEADER");
  if (protectedHeader.has(CRITICAL_LABEL) || (unprotected as CborMap).has(CRITICAL_LABEL)) throw new StatementError("BAD_HEADER", "expected no critical header parameters");
  return { protectedBytes, protectedHeader, unprotected: unprotected as CborMap, payload, signature };
}
