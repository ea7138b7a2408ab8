/**
 * Signed notes (C2SP signed-note): text that ends in a newline, a blank line, and a line for each signature,
 * `— <key name> <base64(key id || signature)>`. The same in Node and in browsers.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { NoteError } from "./note-error.ts";
import { ED25519_COSIGNATURE, isKeyName, NOTE_KEY_ID_LENGTH } from "./note-key.ts";
import type { NoteKey } from "./note-key.ts";

/** Largest note that is read, in bytes: room for 16 post-quantum signatures, which the format asks for, and more. */
export const MAX_NOTE_LENGTH = 128 * 1024;
/** Most signatures that are read; the format asks for at least 16. */
export const MAX_NOTE_SIGNATURES = 64;

/** A signature line, not verified. */
export interface NoteSignature {
  /** of the key that is said to have signed */
  readonly name: string;
  /** 4 bytes */
  readonly keyId: Uint8Array;
  /** what the key's type makes of the text: 64 bytes for Ed25519, 8 bytes of time and 64 for a cosignature */
  readonly signature: Uint8Array;
}

/** A note whose signatures are not verified. */
export interface SignedNote {
  /** ends in a newline; to be ignored until a trusted signature is verified */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature that a trusted key has made. */
export interface VerifiedSignature {
  readonly key: NoteKey;
  /** Unix time in seconds of a cosignature; null for a signature without a time */
  readonly time: number | null;
  readonly line: NoteSignature;
}

/**
 * Parses a note; says nothing about its signatures.
 * @throws NoteError `TOO_LARGE`, `BAD_NOTE`
 */
export function parseSignedNote(bytes: Uint8Array): SignedNote {
  if (bytes.length > MAX_NOTE_LENGTH) throw new NoteError("TOO_LARGE", `expected a note of at most ${MAX_NOTE_LENGTH} bytes, got ${bytes.length}`);
  let note: string;
  try {
    note = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new NoteError("BAD_NOTE", "expected a note in UTF-8", { cause });
  }
  expectNoControl(note);
  // The text may have blank lines of its own: the last one is the border.
  const border = note.lastIndexOf("\n\n");
  if (border < 0) throw new NoteError("BAD_NOTE", "expected a blank line between text and signatures, got none");
  return { text: note.slice(0, border + 1), signatures: parseSignatureLines(note.slice(border + 2)) };
}

/**
 * Parses one or more signature lines, each with its newline.
 * @throws NoteError `TOO_LARGE`, `BAD_NOTE`
 */
export function parseSignatureLines(text: string): NoteSignature[] {
  if (!text.endsWith("\n")) throw new NoteError("BAD_NOTE", "expected signature lines that end in a newline");
  const lines = text.slice(0, -1).split("\n", MAX_NOTE_SIGNATURES + 1);
  if (lines.length > MAX_NOTE_SIGNATURES) throw new NoteError("TOO_LARGE", `expected at most ${MAX_NOTE_SIGNATURES} signatures, got more`);
  return lines.map((line) => {
    const [dash, name = "", base64 = "", ...more] = line.split(" ", 4);
    const bytes = decodeBase64(base64);
    if (dash !== "—" || !isKeyName(name) || more.length > 0 || bytes === undefined || bytes.length <= NOTE_KEY_ID_LENGTH) throw new NoteError("BAD_NOTE", `expected a signature line as "— name base64", got ${JSON.stringify(line.slice(0, 80))}`);
    return { name, keyId: bytes.slice(0, NOTE_KEY_ID_LENGTH), signature: bytes.slice(NOTE_KEY_ID_LENGTH) };
  });
}

/** A signature line with its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const bytes = new Uint8Array(keyId.length + signature.length);
  bytes.set(keyId);
  bytes.set(signature, keyId.length);
  return `— ${name} ${encodeBase64(bytes)}\n`;
}

/**
 * The bytes of a note.
 * @throws NoteError `BAD_NOTE` for a text that a note cannot have, or without signatures
 */
export function formatSignedNote({ text, signatures }: SignedNote): Uint8Array {
  if (!text.endsWith("\n")) throw new NoteError("BAD_NOTE", "expected a text that ends in a newline");
  expectNoControl(text);
  if (signatures.length === 0) throw new NoteError("BAD_NOTE", "expected at least one signature");
  return new TextEncoder().encode(`${text}\n${signatures.map(formatSignatureLine).join("")}`);
}

/**
 * Verifies the signatures that are by one of `keys`; all others are ignored, also if only name or key id is that of a known key.
 * @returns at least one, at most one for each key, in the order of the note
 * @throws NoteError `BAD_KEY` (two keys that cannot be told apart), `BAD_SIGNATURE`, `UNSIGNED`
 */
export function verifyNote({ text, signatures }: SignedNote, keys: readonly NoteKey[]): VerifiedSignature[] {
  const known = new Map(keys.map((key) => [handle(key), key]));
  if (known.size < keys.length) throw new NoteError("BAD_KEY", "expected keys that differ in name or key id");
  const verified = new Map<NoteKey, VerifiedSignature>();
  for (const line of signatures) {
    const key = known.get(handle(line));
    if (key === undefined) continue;
    const time = verifyLine(text, line, key);
    if (time === undefined) throw new NoteError("BAD_SIGNATURE", `expected a signature by ${key.name} of this text, got one of something else or by somebody else`);
    if (!verified.has(key)) verified.set(key, { key, time, line });
  }
  if (verified.size === 0) throw new NoteError("UNSIGNED", `expected a signature by ${keys.map(({ name }) => name).join(" or ") || "a trusted key"}, got none`);
  return [...verified.values()];
}

/** The time of a good signature, null if its type has none; undefined for a bad one. */
function verifyLine(text: string, { signature }: NoteSignature, { type, publicKey }: NoteKey): number | null | undefined {
  if (type !== ED25519_COSIGNATURE) return isSigned(text, signature, publicKey) ? null : undefined;
  if (signature.length !== 8 + 64) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return isSigned(`cosignature/v1\ntime ${time}\n${text}`, signature.subarray(8), publicKey) ? Number(time) : undefined;
}

/** Ed25519 as RFC 8032 §5.1.7 has it, without the leniency of ZIP 215. */
function isSigned(message: string, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  try {
    return ed25519.verify(signature, new TextEncoder().encode(message), publicKey, { zip215: false });
  } catch {
    // A public key that is no point of the curve.
    return false;
  }
}

/** @throws NoteError `BAD_NOTE` */
function expectNoControl(note: string): void {
  for (let i = 0; i < note.length; i++) {
    const unit = note.charCodeAt(i);
    if (unit < 0x20 && unit !== 0x0a) throw new NoteError("BAD_NOTE", `expected no control characters but newlines, got U+${unit.toString(16).padStart(4, "0")}`);
  }
}

function handle({ name, keyId }: { readonly name: string; readonly keyId: Uint8Array }): string {
  return `${name}+${keyId.join(".")}`;
}
