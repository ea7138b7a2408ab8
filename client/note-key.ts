/** Keys of signed notes (C2SP signed-note): their ids, and the text form that people exchange, `name+hash+base64`. */
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { NoteError } from "./note-error.ts";

/** Type byte of plain Ed25519 signatures of the text: what a log signs with. */
export const ED25519 = 0x01;
/** Type byte of Ed25519 cosignatures with a time (C2SP tlog-cosignature, version 1): what a witness signs with. */
export const ED25519_COSIGNATURE = 0x04;

export type NoteKeyType = typeof ED25519 | typeof ED25519_COSIGNATURE;

/** Bytes of a key id. */
export const NOTE_KEY_ID_LENGTH = 4;
/** Longest name that is read, in UTF-16 units. */
const MAX_NAME_LENGTH = 256;
/** Name, 8 digits, 44 characters of base64 and two plus signs. */
const MAX_VERIFIER_KEY_LENGTH = MAX_NAME_LENGTH + 8 + 44 + 2;

/** A public key that verifies signatures of notes. */
export interface NoteKey {
  /** says whose it is; no spaces, no plus */
  readonly name: string;
  readonly type: NoteKeyType;
  /** Ed25519, 32 bytes (RFC 8032) */
  readonly publicKey: Uint8Array;
  /** 4 bytes; name and key id together say by which key a signature is */
  readonly keyId: Uint8Array;
}

/** Whether a key may be called so: not empty, no Unicode spaces, no plus, no control characters. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_NAME_LENGTH && !/[\p{White_Space}\p{Cc}+]/u.test(name);
}

/**
 * A key of that name and type; its id is the beginning of SHA-256(name || LF || type || public key).
 * @throws NoteError `BAD_KEY`
 */
export function noteKey(name: string, type: NoteKeyType, publicKey: Uint8Array): NoteKey {
  if (!isKeyName(name)) throw new NoteError("BAD_KEY", `expected a key name of 1 to ${MAX_NAME_LENGTH} characters without spaces and plus, got ${JSON.stringify(name.slice(0, 80))}`);
  if (publicKey.length !== 32) throw new NoteError("BAD_KEY", `expected an Ed25519 public key of 32 bytes, got ${publicKey.length}`);
  const encodedName = new TextEncoder().encode(`${name}\n`);
  const keyId = sha256(Uint8Array.of(...encodedName, type, ...publicKey)).slice(0, NOTE_KEY_ID_LENGTH);
  return { name, type, publicKey, keyId };
}

/** The key as text, `name+hash+base64(type || public key)`. */
export function formatVerifierKey({ name, type, publicKey, keyId }: NoteKey): string {
  return `${name}+${hex(keyId)}+${encodeBase64(Uint8Array.of(type, ...publicKey))}`;
}

/**
 * Reads a key from its text form.
 * @throws NoteError `BAD_KEY` also for types other than 01 and 04, and for a hash that is not the key's
 */
export function parseVerifierKey(text: string): NoteKey {
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  if (text.length > MAX_VERIFIER_KEY_LENGTH || first < 0 || second < 0) throw new NoteError("BAD_KEY", `expected a verifier key as name+hash+base64, got ${JSON.stringify(text.slice(0, 80))}`);
  const bytes = decodeBase64(text.slice(second + 1));
  const type = bytes?.[0];
  if (bytes === undefined || (type !== ED25519 && type !== ED25519_COSIGNATURE)) throw new NoteError("BAD_KEY", `expected a verifier key of type 01 or 04 in base64, got ${type === undefined ? "no base64" : `type ${hex(Uint8Array.of(type))}`}`);
  const key = noteKey(text.slice(0, first), type, bytes.slice(1));
  if (text.slice(first + 1, second) !== hex(key.keyId)) throw new NoteError("BAD_KEY", `expected ${hex(key.keyId)} as the hash of this verifier key, got ${JSON.stringify(text.slice(first + 1, second))}`);
  return key;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
