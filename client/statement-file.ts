/**
 * Files that hold a statement and its receipts: SCITT Transparent Statements (RFC 9943 §7), which is the statement with the receipts in its
 * unprotected header. A statement alone is a file as well.
 */
import { StatementError } from "assay/statement";
import type { CborValue } from "assay/statement/cbor";
import { encodeSign1, parseSign1, type Sign1 } from "assay/statement/sign1";
import { VerificationError } from "./verification-error.ts";

/** Header parameter `receipts` (RFC 9942 §2). */
const RECEIPTS_LABEL = 394;

/** Largest file that is read, in bytes: a statement and some receipts. */
export const MAX_FILE_LENGTH = 65536;

/**
 * The transparent statement, or the statement itself if there are no receipts.
 * @param statement with an empty unprotected header
 * @throws VerificationError `BAD_FILE`
 */
export function toTransparent(statement: Uint8Array, receipts: readonly Uint8Array[]): Uint8Array {
  const object = parseObject(statement);
  if (object.unprotected.size !== 0) throw new VerificationError("BAD_FILE", "expected a statement with an empty unprotected header, got parameters in it");
  if (receipts.length === 0) return statement.slice();
  return encode(object, new Map<CborValue, CborValue>([[RECEIPTS_LABEL, receipts]]));
}

/**
 * The statement (with an empty unprotected header, as it was signed and logged) and the receipts in a file. Neither is verified.
 * @throws VerificationError `BAD_FILE`
 */
export function fromTransparent(bytes: Uint8Array): { readonly statement: Uint8Array; readonly receipts: readonly Uint8Array[] } {
  if (bytes.length > MAX_FILE_LENGTH) throw new VerificationError("BAD_FILE", `expected at most ${MAX_FILE_LENGTH} bytes, got ${bytes.length}`);
  const object = parseObject(bytes);
  if (object.unprotected.size === 0) return { statement: bytes.slice(), receipts: [] };
  const receipts: unknown = object.unprotected.get(RECEIPTS_LABEL);
  if (object.unprotected.size !== 1 || !Array.isArray(receipts) || receipts.length === 0 || !receipts.every((receipt) => receipt instanceof Uint8Array)) throw new VerificationError("BAD_FILE", "expected receipts (394) only in the unprotected header, got otherwise");
  return { statement: encode(object, new Map()), receipts: receipts as readonly Uint8Array[] };
}

function parseObject(bytes: Uint8Array): Sign1 {
  try {
    return parseSign1(bytes);
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    throw new VerificationError("BAD_FILE", `expected a COSE_Sign1: ${cause.message}`, { cause });
  }
}

function encode(object: Sign1, unprotected: ReadonlyMap<CborValue, CborValue>): Uint8Array {
  return encodeSign1({ protectedHeader: object.protectedBytes, unprotected, payload: object.payload, signature: object.signature });
}
