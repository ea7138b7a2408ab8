/** Records in a device's key-value store that tell their own damage: a version, the content, and the first bytes of a digest of both. */
import { IdentityError, type IdentityErrorCode } from "assay/identity/identity-error";
import { equalBytes } from "assay/statement/bytes";
import type { Sha256 } from "assay/statement/cose-key";

/** The part of ECMA-419's key-value storage that an identity needs. A write that returned is durable and never half done. */
export interface KeyValueStore {
  read(key: string): ArrayBuffer | undefined;
  write(key: string, value: Uint8Array): void;
  delete(key: string): void;
}

const CHECK_LENGTH = 8;

/** The content of the record under `key`; undefined if there is none. @throws IdentityError with `code` for one that this code has not written; `STORE_FAILED` */
export function readRecord(store: KeyValueStore, key: string, version: number, length: number, code: IdentityErrorCode, sha256: Sha256): Uint8Array | undefined {
  const record = readStore(store, key);
  if (record === undefined) return undefined;
  const expected = 1 + length + CHECK_LENGTH;
  if (record.length !== expected) throw new IdentityError(code, `expected ${expected} bytes stored as "${key}", got ${record.length}`);
  if (record[0] !== version) throw new IdentityError(code, `expected version ${version} of "${key}", got ${record[0]}`);
  const check = sha256(record.slice(0, 1 + length)).subarray(0, CHECK_LENGTH);
  if (!equalBytes(record.subarray(1 + length), check)) throw new IdentityError(code, `expected "${key}" to fit its check, got a damaged record`);
  return record.slice(1, 1 + length);
}

/** Writes a record and reads it back: a worn-out flash shows before anybody relies on the value. @throws IdentityError `STORE_FAILED` */
export function writeRecord(store: KeyValueStore, key: string, version: number, content: Uint8Array, sha256: Sha256): void {
  const record = new Uint8Array(1 + content.length + CHECK_LENGTH);
  record[0] = version;
  record.set(content, 1);
  record.set(sha256(record.slice(0, 1 + content.length)).subarray(0, CHECK_LENGTH), 1 + content.length);
  try {
    store.write(key, record);
  } catch (cause) {
    throw new IdentityError("STORE_FAILED", `expected to write "${key}", got an error`, { cause });
  }
  const kept = readStore(store, key);
  if (kept === undefined || !equalBytes(kept, record)) throw new IdentityError("STORE_FAILED", `expected the store to keep "${key}"`);
  record.fill(0);
}

/** Removes a record, if it is there. @throws IdentityError `STORE_FAILED` */
export function deleteRecord(store: KeyValueStore, key: string): void {
  try {
    store.delete(key);
  } catch (cause) {
    throw new IdentityError("STORE_FAILED", `expected to delete "${key}", got an error`, { cause });
  }
}

function readStore(store: KeyValueStore, key: string): Uint8Array | undefined {
  let value: ArrayBuffer | undefined;
  try {
    value = store.read(key);
  } catch (cause) {
    throw new IdentityError("STORE_FAILED", `expected to read "${key}", got an error`, { cause });
  }
  return value === undefined ? undefined : new Uint8Array(value);
}
