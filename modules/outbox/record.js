/**
 * What the outbox writes on flash. Pure.
 *
 * Each erase block holds records one after the other, and in its last 4 bytes the mark (see block.ts). A record, little endian:
 *
 *     0  magic 0xA5 0x0B
 *     2  kind u8, 1 to 4; 1 byte 0
 *     4  generation u32: of the block; one more for every block that is opened, so it orders the blocks
 *     8  sequence u64
 *    16  length u16 of the payload; 2 bytes 0
 *    20  CRC-32 of the record's byte offset on the flash (u32), of bytes 0–19 and of the payload
 *    24  payload, then 0xFF up to a multiple of 4
 *
 * The whole record is one write. One that was torn at any byte does not have its CRC. The offset in the CRC keeps a payload that contains
 * the image of a record from being taken for one.
 */
import { crc32 } from "assay/outbox/crc32";
export const HEADER_LENGTH = 24;
const MAGIC_0 = 0xa5;
const MAGIC_1 = 0x0b;
/** A statement. `sequence` is its own. */
export const DATA = 1;
/** Everything before `sequence` is acknowledged. No payload. */
export const ACK = 2;
/** First in a block: everything before `sequence` is acknowledged; the payload (u64) is the sequence of the next DATA. */
export const OPEN = 3;
/** As OPEN, in an outbox that never held a statement. */
export const START = 4;
/** Bytes of OPEN and START. */
export const OPEN_LENGTH = HEADER_LENGTH + 8;
/** Bytes that a record with such a payload takes on flash: a multiple of 4, the coarsest write alignment supported. */
export function recordLength(payloadLength) {
    return (HEADER_LENGTH + payloadLength + 3) & ~3;
}
/**
 * A record as it is written.
 *
 * @param offset where it goes, bytes from the start of the flash
 */
export function encodeRecord(kind, generation, sequence, payload, offset) {
    const record = new Uint8Array(recordLength(payload.length)).fill(0xff);
    const view = new DataView(record.buffer);
    record[0] = MAGIC_0;
    record[1] = MAGIC_1;
    record[2] = kind;
    record[3] = 0;
    view.setUint32(4, generation, true);
    setUint64(view, 8, sequence);
    view.setUint16(16, payload.length, true);
    view.setUint16(18, 0, true);
    record.set(payload, HEADER_LENGTH);
    view.setUint32(20, recordCrc(record, payload, offset), true);
    return record;
}
/** A header if these bytes may be one; its CRC is still to be checked. */
export function parseHeader(bytes) {
    const kind = bytes[2];
    if (bytes[0] !== MAGIC_0 || bytes[1] !== MAGIC_1 || kind < DATA || kind > START)
        return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_LENGTH);
    const sequence = getUint64(view, 8);
    const length = view.getUint16(16, true);
    if (sequence === undefined || length !== (kind === ACK ? 0 : kind === DATA ? length : 8))
        return undefined;
    return { kind: kind, generation: view.getUint32(4, true), sequence, length, crc: view.getUint32(20, true) };
}
/** The CRC that a record at `offset` has to have. */
export function recordCrc(header, payload, offset) {
    const place = Uint8Array.of(offset & 0xff, (offset >>> 8) & 0xff, (offset >>> 16) & 0xff, offset >>> 24);
    return crc32(payload, crc32(header.subarray(0, 20), crc32(place)));
}
/** The payload of OPEN and START. */
export function encodeNext(next) {
    const payload = new Uint8Array(8);
    setUint64(new DataView(payload.buffer), 0, next);
    return payload;
}
/** The sequence in the payload of OPEN and START, or undefined if it is beyond 2^53 − 1. */
export function decodeNext(payload) {
    return getUint64(new DataView(payload.buffer, payload.byteOffset, 8), 0);
}
function setUint64(view, at, value) {
    view.setUint32(at, value % 0x1_0000_0000, true);
    view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}
function getUint64(view, at) {
    const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
    return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}
