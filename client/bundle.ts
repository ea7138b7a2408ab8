/**
 * A bundle: everything that somebody needs to check one statement, in one file, without a network. Deterministic CBOR:
 * `["tag:assay.dev,2026:bundle#1", { … }]`, the parts by name (docs/receipt.cddl).
 */
import { StatementError } from "assay/statement";
import { decode, encode, type CborValue } from "assay/statement/cbor";
import { confirmCheckpoint } from "./checkpoint.ts";
import type { Trust } from "./trust.ts";
import { VerificationError } from "./verification-error.ts";
import { verify, type Verified, type VerifyOptions } from "./verify.ts";

const FORMAT = "tag:assay.dev,2026:bundle#1";
/** Largest bundle that is read, in bytes: the largest revealed input, and trust roots with room to spare. */
export const MAX_BUNDLE_LENGTH = 4 << 20;
/** A tree of 2^53 leaves has consistency proofs of at most 54 hashes. */
const MOST_HASHES = 64;

/** What is in a bundle. None of it is trusted; the trust roots are there for those who have no others, and say so (`assay verify --trust-bundle`). */
export interface Bundle {
  /** the statement with an empty unprotected header */
  readonly statement: Uint8Array;
  readonly receipt?: Uint8Array;
  /** the statement of its boot */
  readonly boot?: Uint8Array;
  /** the statement before it */
  readonly previous?: Uint8Array;
  /** a checkpoint of the log in note form (C2SP) */
  readonly checkpoint?: Uint8Array;
  /** consistency proof between the receipt's tree and the checkpoint's */
  readonly consistency?: readonly Uint8Array[];
  /** a revealed input, as `encodeRevealedInput` makes it */
  readonly input?: Uint8Array;
  /** trust roots as text, as `formatTrustRoots` makes it */
  readonly trust?: string;
}

/** The parts that are byte strings, in the order of their encodings. */
const BYTE_PARTS = ["boot", "input", "receipt", "previous", "statement", "checkpoint"] as const;

/**
 * The bundle as a file.
 * @throws VerificationError `BAD_BUNDLE` for what the format does not have
 */
export function encodeBundle(bundle: Bundle): Uint8Array {
  const parts = new Map<CborValue, CborValue>();
  for (const name of BYTE_PARTS) if (bundle[name] !== undefined) parts.set(name, bundle[name]);
  if (bundle.consistency !== undefined) parts.set("consistency", bundle.consistency);
  if (bundle.trust !== undefined) parts.set("trust", bundle.trust);
  const file = translated(() => encode([FORMAT, parts]));
  parseBundle(file);
  return file;
}

/** Whether a file begins as bundles do: an array, where statements have a tag. */
export function looksLikeBundle(file: Uint8Array): boolean {
  return file[0] === 0x82;
}

/**
 * The bundle in a file; what is in it is not checked.
 * @throws VerificationError `BAD_BUNDLE`
 */
export function parseBundle(file: Uint8Array): Bundle {
  if (file.length > MAX_BUNDLE_LENGTH) throw bad(`at most ${MAX_BUNDLE_LENGTH} bytes, got ${file.length}`);
  const items: unknown = translated(() => decode(file));
  if (!Array.isArray(items) || items.length !== 2 || items[0] !== FORMAT || !(items[1] instanceof Map)) throw bad(`an array of "${FORMAT}" and a map, got otherwise`);
  const parts = items[1] as ReadonlyMap<CborValue, CborValue>;
  const bytes: Partial<Record<(typeof BYTE_PARTS)[number], Uint8Array>> = {};
  let known = 0;
  for (const name of BYTE_PARTS) {
    const value = parts.get(name);
    if (value === undefined) continue;
    if (!(value instanceof Uint8Array)) throw bad(`bytes as ${name}, got another value`);
    bytes[name] = value;
    known++;
  }
  const trust = parts.get("trust");
  if (trust !== undefined && typeof trust !== "string") throw bad("text as trust, got another value");
  const consistency = parts.get("consistency");
  if (consistency !== undefined && !(Array.isArray(consistency) && consistency.length <= MOST_HASHES && consistency.every((hash) => hash instanceof Uint8Array))) throw bad(`at most ${MOST_HASHES} hashes as consistency, got otherwise`);
  if (parts.size !== known + (trust === undefined ? 0 : 1) + (consistency === undefined ? 0 : 1)) throw bad("parts that are known, got others");
  const { statement } = bytes;
  if (statement === undefined) throw bad("a statement, got none");
  return { ...bytes, statement, ...(trust === undefined ? {} : { trust: trust as string }), ...(consistency === undefined ? {} : { consistency: consistency as readonly Uint8Array[] }) };
}

/**
 * Verifies all that a bundle has, but for its input, which `replay` takes. Touches no network.
 * @param trust the verifier's own, never the bundle's unasked
 * @throws VerificationError as `verify` and `confirmCheckpoint`
 */
export function verifyBundle(bundle: Bundle, trust: Trust, options: Pick<VerifyOptions, "verifySignature"> = {}): Verified {
  const verified = verify(bundle.statement, bundle.receipt, trust, { ...options, boot: bundle.boot, previous: bundle.previous });
  if (bundle.checkpoint === undefined) return verified;
  return confirmCheckpoint(verified, { note: bundle.checkpoint, ...(bundle.consistency && { consistency: bundle.consistency }) });
}

function translated<Value>(body: () => Value): Value {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    throw new VerificationError("BAD_BUNDLE", `bundle: ${cause.message}`, { cause });
  }
}

function bad(expected: string): VerificationError {
  return new VerificationError("BAD_BUNDLE", `bundle: expected ${expected}`);
}
