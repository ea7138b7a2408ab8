/**
 * ESP-IDF's non-volatile storage, version 2, on flash: pages of 4096 bytes, each a header of 32, a bitmap of 32 and 126 entries of 32.
 * Source: ESP-IDF, "Non-Volatile Storage Library", section "Internals"; types from esp-idf-nvs-partition-gen.
 */
import { crc32 } from "node:zlib";

export const [PAGE_BYTES, ENTRY_BYTES, ENTRIES, FIRST_ENTRY] = [4096, 32, 126, 64];

/** Page states: each clears one more bit than the one before. */
export const [PAGE_BLANK, PAGE_ACTIVE, PAGE_FULL] = [0xffffffff, 0xfffffffe, 0xfffffffc];

/** The version byte counts down from 0xFF. */
export const VERSION_2 = 0xfe;

/** Types of entries. A blob is data chunks and an index that counts them. */
export const NVS_TYPES = { u8: 0x01, i8: 0x11, u16: 0x02, i16: 0x12, u32: 0x04, i32: 0x14, u64: 0x08, i64: 0x18, string: 0x21, blobData: 0x42, blobIndex: 0x48 } as const;

export const NO_CHUNK = 0xff;

/** Chunk numbers have a bit for which of two versions of a blob they are. */
export const MOST_CHUNKS = 0x7f;

/** The whole numbers that can be stored, with bytes and sign. */
export const INTEGERS = { u8: [1, false], i8: [1, true], u16: [2, false], i16: [2, true], u32: [4, false], i32: [4, true], u64: [8, false], i64: [8, true] } as const satisfies Readonly<Record<string, readonly [bytes: number, signed: boolean]>>;

/** A type of whole number. */
export type NvsInteger = keyof typeof INTEGERS;

/** One value. Namespace and key are 1 to 15 printable ASCII characters. */
export type NvsEntry = { readonly namespace: string; readonly key: string } & (
  | { readonly type: NvsInteger; readonly value: bigint }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "blob"; readonly value: Uint8Array }
);

/** The CRC-32 that NVS uses: that of zlib, begun with all ones. */
export function nvsCrc(...parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => crc32(part, sum), 0xffffffff);
}

/** The CRC-32 of an entry: all of it but the CRC itself. */
export function entryCrc(entry: Uint8Array): number {
  return nvsCrc(entry.subarray(0, 4), entry.subarray(8, ENTRY_BYTES));
}
