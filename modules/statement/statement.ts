/**
 * Signed statements: what a device says about itself (boot) and about its results (inference).
 *
 * A statement is a COSE_Sign1 (RFC 9052) that RFC 9943 calls a Signed Statement, in deterministic CBOR. Its statements form one chain
 * over a device's life (`assay/statement/chain`). Exact bytes: docs/statement.cddl.
 */
import { bootPayload, CONFIRMATION, isBoot, readBoot, type BootClaims } from "assay/statement/boot";
import { decode, encode } from "assay/statement/cbor";
import { KEY_ID_LENGTH, SHORT_KEY_ID_LENGTH, type Sha256 } from "assay/statement/cose-key";
import { headerMap, readHeader, type SignerHeader } from "assay/statement/header";
import { inferencePayload, readInference, type InferenceClaims } from "assay/statement/inference";
import { parseSign1, sign1, signatureInput, type Sign1 } from "assay/statement/sign1";
import type { Algorithm, Signer } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";

export { StatementError };
export type { StatementErrorCode } from "assay/statement/statement-error";
export type { BootClaims } from "assay/statement/boot";
export type { Beacon, InferenceClaims, InferenceResult } from "assay/statement/inference";
export type { SignerHeader } from "assay/statement/header";
export type { Place } from "assay/statement/place";

/** Largest statement, in bytes. One result of a three-class model takes at most 256. */
export const MAX_STATEMENT_LENGTH = 4096;

interface Parsed<Claims extends BootClaims | InferenceClaims> extends SignerHeader {
  readonly kind: Claims["kind"];
  readonly sequence: number;
  readonly bootCount: number;
  /** first 16 bytes of the digest of the statement before; null for sequence 0 and after a loss of history */
  readonly previous: Uint8Array | null;
  readonly algorithm: Algorithm;
  readonly claims: Claims;
  /** r || s, 64 bytes, not verified yet */
  readonly signature: Uint8Array;
  /** SHA-256 of the Sig_structure: what `signature` has to sign */
  readonly digestToVerify: Uint8Array;
  /** SHA-256 of the whole statement: what the next one links to */
  readonly digest: Uint8Array;
  /** the statement as it came */
  readonly bytes: Uint8Array;
}

/** A parsed boot statement. */
export interface BootStatement extends Parsed<BootClaims> {}
/** A parsed inference statement. */
export interface InferenceStatement extends Parsed<InferenceClaims> {}
/** A parsed statement. Its form is right; whether its signature is has still to be verified. */
export type Statement = BootStatement | InferenceStatement;

/**
 * Makes and signs a statement.
 * @returns the tagged COSE_Sign1 with an empty unprotected header
 * @throws StatementError `BAD_CLAIMS`, `BAD_HEADER`, `BAD_KEY`, `NOT_ENCODABLE` for values that the format has no room for; `TOO_LARGE`
 */
export function encodeStatement(claims: BootClaims | InferenceClaims, header: SignerHeader, signer: Signer, sha256: Sha256): Uint8Array {
  const payload = claims.kind === "boot" ? bootPayload(claims, header.subject) : inferencePayload(claims);
  // What would be refused elsewhere is not made in the first place.
  if (claims.kind === "boot") readBoot(payload, header.subject);
  else readInference(payload);
  const named = claims.kind === "boot" ? header : { ...header, keyId: header.keyId.slice(0, SHORT_KEY_ID_LENGTH) };
  const bytes = sign1({ protectedHeader: headerMap(named, signer), payload: encode(payload) }, signer, sha256);
  if (bytes.length > MAX_STATEMENT_LENGTH) throw tooLarge(bytes.length);
  return bytes;
}

/**
 * Parses a statement and checks its form, not its signature.
 * @throws StatementError with every code but `NOT_ENCODABLE`, `BAD_RECEIPT` and `BAD_MESSAGE`
 */
export function parseStatement(bytes: Uint8Array, sha256: Sha256): Statement {
  const { object, payload } = parseEnvelope(bytes);
  const content = decode(payload);
  const boot = isBoot(content);
  const header = readHeader(object, undefined, boot ? KEY_ID_LENGTH : SHORT_KEY_ID_LENGTH);
  const claims = boot ? readBoot(content, header.subject) : readInference(content);
  const { sequence, bootCount, previous } = claims;
  const { algorithm, issuer, subject, keyId } = header;
  const own = new Uint8Array(bytes.length);
  own.set(bytes);
  const common = { algorithm, issuer, subject, keyId, sequence, bootCount, previous, signature: object.signature, digestToVerify: sha256(signatureInput(object.protectedBytes, payload)), digest: sha256(own), bytes: own };
  return claims.kind === "boot" ? { kind: "boot", claims, ...common } : { kind: "inference", claims, ...common };
}

/**
 * The kind of a statement that was made here and needs no checks: cheap enough for a device to ask before it publishes.
 * @throws StatementError as `parseSign1`
 */
export function statementKind(bytes: Uint8Array): Statement["kind"] {
  // The first key of a boot's claims is `cnf`, and no inference has that one.
  return parseEnvelope(bytes).payload[1] === CONFIRMATION ? "boot" : "inference";
}

function parseEnvelope(bytes: Uint8Array): { object: Sign1; payload: Uint8Array } {
  if (bytes.length > MAX_STATEMENT_LENGTH) throw tooLarge(bytes.length);
  const object = parseSign1(bytes);
  if (object.unprotected.size !== 0) throw new StatementError("BAD_HEADER", `expected an empty unprotected header, got ${object.unprotected.size} parameters`);
  if (object.payload === null) throw new StatementError("BAD_CLAIMS", "expected a payload, got none");
  return { object, payload: object.payload };
}

function tooLarge(length: number): StatementError {
  return new StatementError("TOO_LARGE", `expected a statement of at most ${MAX_STATEMENT_LENGTH} bytes, got ${length}`);
}
