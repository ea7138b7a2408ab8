/** What an inference statement says: an EAT claims set (RFC 9711) with as few keys as there may be, for size. The layout is in docs/statement.cddl. */
import { readArray, readBytes, readMap, readText, readUint, unexpected } from "assay/statement/claim";
import { Float, type CborMap, type CborValue } from "assay/statement/cbor";
import { BOOT_COUNT, CHAIN, readPlace, type Place } from "assay/statement/place";

/** `iat` (RFC 8392 §3.1.6; RFC 9711 §4.3.1: an integer). */
const ISSUED_AT = 6;
/** `eat_nonce` (RFC 9711 §4.1): the beacon's block hash, since a public one shows freshness to everybody. */
const NONCE = 10;
/** Bytes of a block hash that a statement carries: the least that a nonce may have, and half a statement's size budget saved. */
export const BEACON_HASH_LENGTH = 8;
const DIGEST_LENGTH = 32;
/** Longest label, in characters. */
const LABEL_LIMIT = 64;
/** Largest output tensor of a result, in bytes. */
const OUTPUT_LIMIT = 1024;

/** A recent block: a statement that names it was made after it. */
export interface Beacon {
  /** block number */
  readonly number: number;
  /** block hash, 32 bytes; in a parsed statement its first 8 bytes */
  readonly hash: Uint8Array;
}

/** One result of the model. */
export interface InferenceResult {
  /** output tensor, int8 as bytes, row-major; 1 to 1024 bytes */
  readonly output: Uint8Array;
  /** what the app makes of it, 1 to 64 characters */
  readonly label: string;
  /** how sure it is; finite, rounded to binary32 in the statement */
  readonly score: number;
}

/** What came out of the model, and where in the device's chain that stands. */
export interface InferenceClaims extends Place {
  readonly kind: "inference";
  /** commitment to the input window: SHA-256(salt || window), as `commitInput` makes it */
  readonly input: Uint8Array;
  /** one or more */
  readonly results: readonly InferenceResult[];
  /** newest block that the device knew of */
  readonly beacon: Beacon | null;
  /** Unix time in seconds, if the device knows it; nobody relies on it */
  readonly time: number | null;
}

/** The claims as a value to encode, in deterministic order. */
export function inferencePayload(claims: InferenceClaims): CborMap {
  const { time, beacon } = claims;
  const payload = new Map<CborValue, CborValue>();
  if (time !== null) payload.set(ISSUED_AT, time);
  if (beacon !== null) payload.set(NONCE, beacon.hash.slice(0, BEACON_HASH_LENGTH));
  return payload.set(BOOT_COUNT, claims.bootCount).set(CHAIN, [
    claims.sequence,
    claims.previous,
    claims.input,
    // A score of -0 is 0: it has no encoding of its own.
    claims.results.map(({ output, label, score }) => [output, label, new Float(Math.fround(score) + 0)]),
    beacon === null ? null : beacon.number,
  ]);
}

/**
 * The claims in a decoded payload. Claims that are not known are ignored (RFC 9711 §4, RFC 8392 §3).
 * @throws StatementError `BAD_CLAIMS`
 */
export function readInference(payload: CborValue): InferenceClaims {
  const claims = readMap(payload, "inference");
  const { place, rest } = readPlace(claims, 3, false);
  const [input, results, block] = rest;
  const list = readArray(results, undefined, "results");
  if (list.length === 0) throw unexpected("results", "one or more", results);
  const time = claims.get(ISSUED_AT);
  return {
    kind: "inference",
    ...place,
    input: readBytes(input, DIGEST_LENGTH, "input"),
    results: list.map(readResult),
    beacon: readBeacon(block, claims.get(NONCE)),
    time: time === undefined ? null : readUint(time, "iat"),
  };
}

function readResult(result: CborValue): InferenceResult {
  const [output, label, score] = readArray(result, 3, "result");
  if (!(output instanceof Uint8Array) || output.length === 0 || output.length > OUTPUT_LIMIT) throw unexpected("output", `1 to ${OUTPUT_LIMIT} bytes`, output);
  if (!(score instanceof Float) || !Number.isFinite(score.value) || Math.fround(score.value) !== score.value) throw unexpected("score", "a finite binary32 float", score);
  return { output, label: readText(label, LABEL_LIMIT, "label"), score: score.value };
}

/** A block number and the hash that fits it: both or neither. */
function readBeacon(block: CborValue | undefined, hash: CborValue | undefined): Beacon | null {
  if (block === null) {
    if (hash !== undefined) throw unexpected("eat_nonce", "none without a block number", hash);
    return null;
  }
  return { number: readUint(block, "block number"), hash: readBytes(hash, BEACON_HASH_LENGTH, "eat_nonce") };
}
