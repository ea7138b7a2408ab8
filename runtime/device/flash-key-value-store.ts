/**
 * A key-value store on flash, for boards that have no other. The partition has two halves, of which one holds records one after the other, the
 * newest of a key counting. When that is full, what counts goes to the other, which then takes over. A half counts only with its header, which is written last, and a record only with its
 * checksum: a power cut at any instant leaves the old value or the new one.
 *
 * Half: "KVS1", generation (u32), CRC-32 of these 8 bytes; then records. Record: length of the key (u8), 0, length of the value (u16; 0xFFFF: deleted), key (ASCII), value, zeros up to a
 * multiple of 4, CRC-32 of all that. Little endian.
 */
import type { Flash } from "embedded:storage/flash";
import type { KeyValueStore } from "embedded:storage/key-value";
import { crc32 } from "assay/outbox/crc32";

const MAGIC = [0x4b, 0x56, 0x53, 0x31];
const HEADER_LENGTH = 12;
const RECORD_HEADER_LENGTH = 4;
const CRC_LENGTH = 4;
const DELETED = 0xffff;
/** Values are keys and counters, as in an ESP32's NVS. */
const LONGEST_VALUE = 4000;
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** Why a store refused something. */
export type KeyValueErrorCode =
  /** a key that is no name, or a value that is too long */
  | "EINVAL"
  /** what counts does not fit into a half */
  | "ENOSPC"
  /** the flash does not keep what is written, or there is too little of it */
  | "EIO";

/** An error of the store, with a code as those of files have. */
export class KeyValueError extends Error {
  override readonly name = "KeyValueError";
  readonly code: KeyValueErrorCode;
  constructor(code: KeyValueErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A store on a partition of at least two erase blocks. Keys are 1 to 64 characters of A–Z, a–z, 0–9, "_", "-" and "."; values up to 4,000 bytes. */
export class FlashKeyValueStore implements KeyValueStore {
  private readonly flash: Flash;
  private readonly halfLength: number;
  private readonly blocksOfHalf: number;
  private half = 0;
  private generation = 0;
  /** where the next record goes, within the half */
  private end = 0;
  /** what counts, read from flash when asked for: offset and length of each value */
  private readonly values = new Map<string, { readonly offset: number; readonly length: number }>();

  /** @throws KeyValueError `EIO` */
  constructor(partition: Flash) {
    const { blocks, blockLength, eraseValue } = partition.status();
    this.flash = partition;
    this.blocksOfHalf = Math.floor(blocks / 2);
    this.halfLength = this.blocksOfHalf * blockLength;
    if (this.blocksOfHalf < 1 || eraseValue !== 0xff) throw new KeyValueError("EIO", `key-value: expected flash of at least 2 blocks that are erased to 255, got ${blocks} and ${eraseValue}`);
    const generations = [this.generationOf(0), this.generationOf(1)] as const;
    if (generations[0] === undefined && generations[1] === undefined) this.moveTo(0, []);
    else {
      this.half = (generations[1] ?? -1) > (generations[0] ?? -1) ? 1 : 0;
      this.generation = generations[this.half]!;
      this.mount();
    }
  }

  close(): void {
    this.flash.close();
  }

  read(key: string): ArrayBuffer | undefined {
    const place = this.values.get(checkKey(key));
    return place && this.flash.read(place.length, this.start + place.offset);
  }

  /** Durable when it returns. @throws KeyValueError `EINVAL`, `ENOSPC`, `EIO` */
  write(key: string, value: ArrayBuffer | Uint8Array): void {
    const bytes = value instanceof Uint8Array ? value : new Uint8Array(value);
    if (bytes.length > LONGEST_VALUE) throw new KeyValueError("EINVAL", `key-value: expected a value of at most ${LONGEST_VALUE} bytes, got ${bytes.length}`);
    this.append(checkKey(key), bytes);
  }

  /** Nothing happens if there is no such key. @throws KeyValueError `EINVAL`, `ENOSPC`, `EIO` */
  delete(key: string): void {
    if (this.values.has(checkKey(key))) this.append(key, undefined);
  }

  private get start(): number {
    return this.half * this.halfLength;
  }

  private append(key: string, value: Uint8Array | undefined): void {
    const record = encodeRecord(key, value);
    // Beyond the end may be what a power cut left of a record.
    if (this.end + record.length > this.halfLength || !this.isErased(this.end, record.length)) {
      const kept = [...this.values.keys()].filter((name) => name !== key).map((name) => encodeRecord(name, new Uint8Array(this.read(name)!)));
      const records = value === undefined ? kept : [...kept, record];
      const length = records.reduce((sum, bytes) => sum + bytes.length, HEADER_LENGTH);
      if (length > this.halfLength) throw new KeyValueError("ENOSPC", `key-value: expected values that fit into ${this.halfLength} bytes, got ${length}`);
      this.moveTo(1 - this.half, records);
      return;
    }
    this.program(record, this.start + this.end);
    this.take(key, value?.length, this.end);
    this.end += record.length;
  }

  /** Starts a half with these records. */
  private moveTo(half: number, records: readonly Uint8Array[]): void {
    const start = half * this.halfLength;
    this.flash.eraseBlock(half * this.blocksOfHalf, (half + 1) * this.blocksOfHalf);
    let offset = HEADER_LENGTH;
    for (const record of records) {
      this.program(record, start + offset);
      offset += record.length;
    }
    const header = new Uint8Array(HEADER_LENGTH);
    const view = new DataView(header.buffer);
    header.set(MAGIC);
    view.setUint32(4, (this.generation + 1) >>> 0, true);
    view.setUint32(8, crc32(header.subarray(0, 8)), true);
    this.program(header, start);
    this.half = half;
    this.generation++;
    this.mount();
  }

  /** Reads the records of the half in use, up to the first that is none. */
  private mount(): void {
    this.values.clear();
    this.end = HEADER_LENGTH;
    while (this.end + RECORD_HEADER_LENGTH + CRC_LENGTH <= this.halfLength) {
      const header = new DataView(this.flash.read(RECORD_HEADER_LENGTH, this.start + this.end));
      const [keyLength, valueLength] = [header.getUint8(0), header.getUint16(2, true)];
      const length = recordLength(keyLength, valueLength === DELETED ? 0 : valueLength);
      if (keyLength === 0 || keyLength > 64 || header.getUint8(1) !== 0 || this.end + length > this.halfLength) return;
      const record = new Uint8Array(this.flash.read(length, this.start + this.end));
      if (crc32(record.subarray(0, length - CRC_LENGTH)) !== new DataView(record.buffer).getUint32(length - CRC_LENGTH, true)) return;
      const key = String.fromCharCode(...record.subarray(RECORD_HEADER_LENGTH, RECORD_HEADER_LENGTH + keyLength));
      this.take(key, valueLength === DELETED ? undefined : valueLength, this.end);
      this.end += length;
    }
  }

  private take(key: string, length: number | undefined, record: number): void {
    if (length === undefined) this.values.delete(key);
    else this.values.set(key, { offset: record + RECORD_HEADER_LENGTH + key.length, length });
  }

  private generationOf(half: number): number | undefined {
    const header = new Uint8Array(this.flash.read(HEADER_LENGTH, half * this.halfLength));
    const view = new DataView(header.buffer);
    const isHeader = MAGIC.every((byte, i) => header[i] === byte) && view.getUint32(8, true) === crc32(header.subarray(0, 8));
    return isHeader ? view.getUint32(4, true) : undefined;
  }

  private isErased(offset: number, length: number): boolean {
    return new Uint8Array(this.flash.read(length, this.start + offset)).every((byte) => byte === 0xff);
  }

  private program(bytes: Uint8Array, offset: number): void {
    this.flash.write(bytes, offset);
    const kept = new Uint8Array(this.flash.read(bytes.length, offset));
    if (!kept.every((byte, i) => byte === bytes[i])) throw new KeyValueError("EIO", `key-value: expected ${bytes.length} bytes at ${offset} of flash to read back as written, got others`);
  }
}

function checkKey(key: string): string {
  if (!KEY.test(key)) throw new KeyValueError("EINVAL", 'key-value: expected a key of 1 to 64 letters, digits, "_", "-" and ".", not beginning with ".", got another');
  return key;
}

function recordLength(keyLength: number, valueLength: number): number {
  return ((RECORD_HEADER_LENGTH + keyLength + valueLength + 3) & ~3) + CRC_LENGTH;
}

/** @param value undefined: the key is deleted */
function encodeRecord(key: string, value: Uint8Array | undefined): Uint8Array {
  const record = new Uint8Array(recordLength(key.length, value?.length ?? 0));
  const view = new DataView(record.buffer);
  record[0] = key.length;
  view.setUint16(2, value?.length ?? DELETED, true);
  for (let i = 0; i < key.length; i++) record[RECORD_HEADER_LENGTH + i] = key.charCodeAt(i);
  if (value !== undefined) record.set(value, RECORD_HEADER_LENGTH + key.length);
  view.setUint32(record.length - CRC_LENGTH, crc32(record.subarray(0, record.length - CRC_LENGTH)), true);
  return record;
}
