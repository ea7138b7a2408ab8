/**
 * The revealed input: a file with which whoever owns a device shows the input of one inference, so that others can replay it. Deterministic CBOR:
 * `["tag:assay.dev,2026:input#1", salt, window, front end]`.
 */
import { StatementError } from "assay/statement";
import { decode, encode, type CborValue } from "assay/statement/cbor";
import { SALT_LENGTH } from "assay/statement/input";
import { VerificationError } from "./verification-error.ts";

/** What the file begins with: format and version (RFC 4151). */
const FORMAT = "tag:assay.dev,2026:input#1";

/** Largest file that is read, in bytes: the longest window, and a description with room to spare. */
export const MAX_INPUT_FILE_LENGTH = 1 << 20;

/** Bytes of the longest window: 4096 values, what an app may have (`assay/app`). */
const LONGEST_WINDOW = 4 * 4096;

/** The input of one inference, and what the device made its features with. */
export interface RevealedInput {
  /** 32 bytes that the device has for this statement alone */
  readonly salt: Uint8Array;
  /** binary32 little endian, row-major `[sample][channel]`; 4 to 16,384 bytes */
  readonly window: Uint8Array;
  /** the front end's `description` */
  readonly frontEnd: string;
}

/**
 * The file of a revealed input.
 * @throws VerificationError `BAD_INPUT_FILE` for a salt, a window or a description that the format does not have
 */
export function encodeRevealedInput({ salt, window, frontEnd }: RevealedInput): Uint8Array {
  const file = translated(() => encode([FORMAT, salt, window, frontEnd]));
  parseRevealedInput(file);
  return file;
}

/**
 * The revealed input in a file. That it is the input of some statement is not checked: `replay` does.
 * @throws VerificationError `BAD_INPUT_FILE`
 */
export function parseRevealedInput(file: Uint8Array): RevealedInput {
  if (file.length > MAX_INPUT_FILE_LENGTH) throw bad(`at most ${MAX_INPUT_FILE_LENGTH} bytes`, `${file.length}`);
  const items: unknown = translated(() => decode(file));
  if (!Array.isArray(items) || items.length !== 4) throw bad("a CBOR array of 4 items", Array.isArray(items) ? `one of ${items.length}` : "another value");
  const [format, salt, window, frontEnd] = items as readonly CborValue[];
  if (format !== FORMAT) throw bad(`"${FORMAT}" as the first item`, "another");
  if (!(salt instanceof Uint8Array) || salt.length !== SALT_LENGTH) throw bad(`a salt of ${SALT_LENGTH} bytes`, sizeOf(salt));
  if (!(window instanceof Uint8Array) || window.length === 0 || window.length > LONGEST_WINDOW || window.length % 4 !== 0) {
    throw bad(`a window of 4 to ${LONGEST_WINDOW} bytes, 4 for each value`, sizeOf(window));
  }
  if (typeof frontEnd !== "string" || frontEnd === "") throw bad("the description of a front end as text", sizeOf(frontEnd));
  return { salt, window, frontEnd };
}

function translated<Value>(body: () => Value): Value {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    throw new VerificationError("BAD_INPUT_FILE", `revealed input: ${cause.message}`, { cause });
  }
}

function bad(expected: string, got: string): VerificationError {
  return new VerificationError("BAD_INPUT_FILE", `revealed input: expected ${expected}, got ${got}`);
}

function sizeOf(value: CborValue | undefined): string {
  return value instanceof Uint8Array ? `${value.length} bytes` : typeof value === "string" ? `text of ${value.length} characters` : "another kind of value";
}
