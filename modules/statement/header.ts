/**
 * The protected header that all signed objects share: {1: alg, 4: kid, 15: {1: iss, 2: sub}} (RFC 9052 §3.1, RFC 9597 §2; required by
 * RFC 9943 §6). Receipts add to it.
 */
import { readBytes, readMap, readText, unexpected } from "assay/statement/claim";
import type { CborMap, CborValue } from "assay/statement/cbor";
import { isDeviceId, KEY_ID_LENGTH } from "assay/statement/cose-key";
import { ALGORITHM_LABEL, KEY_ID_LABEL, type Sign1 } from "assay/statement/sign1";
import { algorithmOf, curveOf, SIGNATURE_LENGTH, type Algorithm, type Signer } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";

/** CWT Claims in a header (RFC 9597 §2). */
const CLAIMS_LABEL = 15;
/** CWT claims (RFC 8392 §3.1). */
const ISSUER = 1;
const SUBJECT = 2;
/** Longest subject, in characters. */
const SUBJECT_LIMIT = 64;

/** Who signs, about what, with which key. */
export interface SignerHeader {
  /** the device's (or gateway's) id, 43 characters */
  readonly issuer: string;
  /** the app's name, or "assay-log" for what the log says; 1 to 64 characters */
  readonly subject: string;
  /** thumbprint (RFC 9679) of the key in use, 32 bytes; of an inference that was parsed, its first 4 */
  readonly keyId: Uint8Array;
}

/** A parsed header, with the claims and parameters that a format adds. */
export interface ParsedHeader extends SignerHeader {
  readonly algorithm: Algorithm;
  readonly claims: CborMap;
}

/**
 * The protected header as a map.
 * @param signer its key decides the algorithm
 * @param claims further CWT claims, with labels that sort after 2
 * @param parameters further header parameters, with labels that sort after 15
 */
export function headerMap(header: SignerHeader, signer: Signer, claims: readonly (readonly [number, CborValue])[] = [], parameters: readonly (readonly [number, CborValue])[] = []): CborMap {
  return new Map<CborValue, CborValue>([
    [ALGORITHM_LABEL, algorithmOf(signer.publicKey.curve)],
    [KEY_ID_LABEL, header.keyId],
    [CLAIMS_LABEL, new Map<CborValue, CborValue>([[ISSUER, header.issuer], [SUBJECT, header.subject], ...claims])],
    ...parameters,
  ]);
}

/**
 * Checks the algorithm, the signature's length and the shared header of a parsed COSE_Sign1.
 * @param extra how many claims and header parameters a format adds; it checks those itself
 * @param keyIdLength bytes that the key id has to have
 * @throws StatementError `BAD_ALGORITHM`, `BAD_SIGNATURE_LENGTH`, `BAD_HEADER`
 */
export function readHeader(object: Sign1, extra: { readonly claims: number; readonly parameters: number } = { claims: 0, parameters: 0 }, keyIdLength: number = KEY_ID_LENGTH): ParsedHeader {
  const { protectedHeader, signature } = object;
  const algorithm = protectedHeader.get(ALGORITHM_LABEL);
  if (curveOf(algorithm) === undefined) throw unexpected("algorithm", "-47 (ES256K), -9 (ESP256) or -7 (ES256)", algorithm, "BAD_ALGORITHM");
  if (signature.length !== SIGNATURE_LENGTH) throw new StatementError("BAD_SIGNATURE_LENGTH", `expected a signature of ${SIGNATURE_LENGTH} bytes, got ${signature.length}`);
  const keyId = readBytes(protectedHeader.get(KEY_ID_LABEL), keyIdLength, "key id", "BAD_HEADER");
  const claims = readMap(protectedHeader.get(CLAIMS_LABEL), "CWT claims", "BAD_HEADER");
  const issuer = readText(claims.get(ISSUER), 64, "issuer", "BAD_HEADER");
  if (!isDeviceId(issuer)) throw new StatementError("BAD_HEADER", "issuer: expected the base64url of 32 bytes");
  const subject = readText(claims.get(SUBJECT), SUBJECT_LIMIT, "subject", "BAD_HEADER");
  if (protectedHeader.size !== 3 + extra.parameters) throw new StatementError("BAD_HEADER", `expected ${3 + extra.parameters} protected header parameters, got ${protectedHeader.size}`);
  if (claims.size !== 2 + extra.claims) throw new StatementError("BAD_HEADER", `expected ${2 + extra.claims} CWT claims in the header, got ${claims.size}`);
  return { algorithm: algorithm as Algorithm, issuer, subject, keyId, claims };
}
