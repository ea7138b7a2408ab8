/**
 * A device's identity in its store: the secret key, made once and changed only by rotation, and the count of its boots. Pure: the curve, the
 * hash, the store and the entropy come in as parameters.
 */
import { IdentityError } from "assay/identity/identity-error";
import { inputSalt } from "assay/identity/salt";
import { deleteRecord, readRecord, writeRecord, type KeyValueStore } from "assay/identity/stored-record";
import { equalBytes } from "assay/statement/bytes";
import { deviceId, thumbprint, type PublicKey, type Sha256 } from "assay/statement/cose-key";
import { proveRegistration, proveRotation, type Registration, type RegistryPlace } from "assay/statement/possession";
import type { Signer } from "assay/statement/signer";

export type { KeyValueStore } from "assay/identity/stored-record";

/** ECDSA over secp256k1. */
export interface Curve {
  /** The public key (65 bytes, 04 || x || y), or undefined if the 32 bytes are not a secret key (0, or the group's order and above). */
  publicKey(secret: Uint8Array): Uint8Array | undefined;
  /** The 64-byte signature r || s of a 32-byte digest: RFC 6979 nonce, low s. */
  sign(secret: Uint8Array, digest: Uint8Array): Uint8Array;
}

/** What a registry needs to take a new key of a device in. */
export interface RotationProof {
  readonly newKey: PublicKey;
  /** keys that the device has had so far */
  readonly keyCount: number;
  /** signatures of 64 bytes by the key in use and by the new one */
  readonly byCurrent: Uint8Array;
  readonly byNew: Uint8Array;
}

/** Who this device is. */
export interface Identity {
  /** base64url of the thumbprint of the device's first key; 43 characters, for life */
  readonly deviceId: string;
  /** thumbprint of the key in use, 32 bytes */
  readonly keyId: Uint8Array;
  readonly publicKey: PublicKey;
  readonly signer: Signer;
  /** keys that the device has had, this one included: 1 before the first rotation */
  readonly keyCount: number;
  /** boots counted so far; 0 before the first */
  readonly bootCount: number;
  /**
   * Counts a boot; durable before it returns.
   * @returns the new count
   * @throws IdentityError `STORE_FAILED`, `BAD_BOOT_COUNT`
   */
  countBoot(): number;
  /** The salt (32 bytes) of the statement at that place. */
  salt(bootCount: number, sequence: number): Uint8Array;
  /** The proof of possession that a registry takes this device in with: 64 bytes. */
  proveRegistration(registration: Registration): Uint8Array;
  /**
   * Makes the next key, durably, unless it is made already, and the proof for the registry. The key in use stays in use until `activate`: a device
   * whose registry never hears of the new key can still speak.
   * @throws IdentityError `BAD_ENTROPY`, `BAD_KEY`, `STORE_FAILED`
   */
  prepareRotation(place: RegistryPlace): RotationProof;
}

/** Where an identity comes from. */
export interface IdentitySource {
  readonly store: KeyValueStore;
  /** `n` bytes of the board's entropy */
  readonly entropy: (n: number) => Uint8Array;
  readonly curve: Curve;
  readonly sha256: Sha256;
}

const KEY = "key";
const NEXT_KEY = "next-key";
const BOOTS = "boots";
const VERSION = 2;
const SECRET_LENGTH = 32;
const DIGEST_LENGTH = 32;
/** Layout of a stored key: secret, thumbprint of the device's first key, count of its keys (big endian), secret of its salts. */
const FIRST_AT = SECRET_LENGTH;
const COUNT_AT = FIRST_AT + DIGEST_LENGTH;
const SALT_AT = COUNT_AT + 4;
const KEY_LENGTH = SALT_AT + SECRET_LENGTH;
const BOOTS_LENGTH = 4;
const BOOTS_LIMIT = 0xffffffff;
/** One draw in 2^128 is no secret key; a source that fails this often is broken. */
const DRAWS = 8;

interface Key {
  readonly secret: Uint8Array;
  readonly publicKey: PublicKey;
  readonly print: Uint8Array;
  /** thumbprint of the device's first key */
  readonly first: Uint8Array;
  readonly count: number;
  readonly saltSecret: Uint8Array;
}

/**
 * The identity in the store; a new one, durable before this returns, if there is none.
 * @throws IdentityError `BAD_KEY`, `BAD_BOOT_COUNT`, `BAD_ENTROPY`, `STORE_FAILED`. A damaged key is never replaced: that would be another device.
 */
export function loadIdentity(source: IdentitySource): Identity {
  const { store, sha256 } = source;
  const key = readKey(source, KEY) ?? makeKey(source);
  let bootCount = readBootCount(source);
  return {
    deviceId: deviceId(key.first),
    keyId: key.print,
    publicKey: key.publicKey,
    keyCount: key.count,
    signer: signerOf(key, source),
    get bootCount() {
      return bootCount;
    },
    countBoot() {
      if (bootCount === BOOTS_LIMIT) throw new IdentityError("BAD_BOOT_COUNT", `expected less than ${BOOTS_LIMIT} boots`);
      writeRecord(store, BOOTS, VERSION, bigEndian(bootCount + 1), sha256);
      return ++bootCount;
    },
    salt: (boot, sequence) => inputSalt(key.saltSecret, boot, sequence, sha256),
    proveRegistration: (registration) => proveRegistration(registration, signerOf(key, source), sha256),
    prepareRotation(place) {
      const next = readNextKey(source, key) ?? makeKey(source, key);
      const rotation = { ...place, device: key.first, newKey: next.publicKey, keyCount: key.count };
      return { newKey: next.publicKey, keyCount: key.count, byCurrent: proveRotation(rotation, signerOf(key, source), sha256), byNew: proveRotation(rotation, signerOf(next, source), sha256) };
    },
  };
}

/**
 * Changes over to the next key, which a rotation has prepared and the registry has taken in. One write does it, so that a power cut leaves the one
 * key or the other. Doing it again changes nothing.
 * @param print thumbprint of the new key, 32 bytes
 * @throws IdentityError `NO_SUCH_KEY` if that is neither the next key nor the one in use
 */
export function activateKey(source: IdentitySource, print: Uint8Array): void {
  const { store, sha256 } = source;
  const key = readKey(source, KEY);
  if (key !== undefined && equalBytes(key.print, print)) return;
  const next = key && readNextKey(source, key);
  if (next === undefined || !equalBytes(next.print, print)) throw new IdentityError("NO_SUCH_KEY", "expected the thumbprint of the key that a rotation has prepared, got another");
  writeKey(store, KEY, next, sha256);
  deleteRecord(store, NEXT_KEY);
}

function signerOf({ publicKey, secret }: Key, { curve }: IdentitySource): Signer {
  return { publicKey, sign: (digest) => curve.sign(secret, digest) };
}

/** Makes the device's first key, or the one after `before`. */
function makeKey({ store, entropy, curve, sha256 }: IdentitySource, before?: Key): Key {
  for (let draw = 0; draw < DRAWS; draw++) {
    const secret = drawSecret(entropy);
    const point = curve.publicKey(secret);
    if (point === undefined) continue;
    const publicKey: PublicKey = { curve: "secp256k1", point };
    const print = thumbprint(publicKey, sha256);
    const key: Key = { secret, publicKey, print, first: before?.first ?? print, count: (before?.count ?? 0) + 1, saltSecret: before?.saltSecret ?? drawSecret(entropy) };
    // The count before the key: a key without one has lost it, and a device that began to count anew would say two things under one number.
    if (before === undefined) writeRecord(store, BOOTS, VERSION, bigEndian(0), sha256);
    writeKey(store, before === undefined ? KEY : NEXT_KEY, key, sha256);
    return key;
  }
  throw new IdentityError("BAD_ENTROPY", `expected a secret key from the entropy source, got none in ${DRAWS} draws`);
}

function drawSecret(entropy: (n: number) => Uint8Array): Uint8Array {
  let secret: Uint8Array;
  try {
    secret = entropy(SECRET_LENGTH);
  } catch (cause) {
    throw new IdentityError("BAD_ENTROPY", `expected ${SECRET_LENGTH} bytes of entropy, got an error`, { cause });
  }
  if (secret.length !== SECRET_LENGTH) throw new IdentityError("BAD_ENTROPY", `expected ${SECRET_LENGTH} bytes of entropy, got ${secret.length}`);
  if (secret.every((byte) => byte === secret[0])) throw new IdentityError("BAD_ENTROPY", "expected entropy, got one byte over and over");
  return secret;
}

function writeKey(store: KeyValueStore, name: string, key: Key, sha256: Sha256): void {
  const content = new Uint8Array(KEY_LENGTH);
  content.set(key.secret);
  content.set(key.first, FIRST_AT);
  content.set(bigEndian(key.count), COUNT_AT);
  content.set(key.saltSecret, SALT_AT);
  writeRecord(store, name, VERSION, content, sha256);
  content.fill(0);
}

function readKey({ store, curve, sha256 }: IdentitySource, name: string): Key | undefined {
  const content = readRecord(store, name, VERSION, KEY_LENGTH, "BAD_KEY", sha256);
  if (content === undefined) return undefined;
  const secret = content.slice(0, SECRET_LENGTH);
  const point = curve.publicKey(secret);
  if (point === undefined) throw new IdentityError("BAD_KEY", "expected a stored key from 1 to n - 1");
  const publicKey: PublicKey = { curve: "secp256k1", point };
  const key = { secret, publicKey, print: thumbprint(publicKey, sha256), first: content.slice(FIRST_AT, COUNT_AT), count: fromBigEndian(content, COUNT_AT), saltSecret: content.slice(SALT_AT) };
  content.fill(0);
  return key;
}

/** The key that a rotation has prepared; one that is left over from before the last activation is none. */
function readNextKey(source: IdentitySource, key: Key): Key | undefined {
  const next = readKey(source, NEXT_KEY);
  return next !== undefined && next.count === key.count + 1 ? next : undefined;
}

function readBootCount({ store, sha256 }: IdentitySource): number {
  const content = readRecord(store, BOOTS, VERSION, BOOTS_LENGTH, "BAD_BOOT_COUNT", sha256);
  if (content === undefined) throw new IdentityError("BAD_BOOT_COUNT", "expected a boot count beside the key, got none");
  return fromBigEndian(content, 0);
}

function bigEndian(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function fromBigEndian(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
