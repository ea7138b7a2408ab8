/**
 * What is said on the topics that carry no COSE object: ack, beacon, state, and the envelope of a receipt. Deterministic CBOR.
 * Every `decode…` throws StatementError: `BAD_MESSAGE` (also for an empty payload), `TOO_LARGE`, and the codes of `decode`.
 */
import { readArray, readBytes, readUint, unexpected } from "assay/statement/claim";
import { decode, encode } from "assay/statement/cbor";
import { MAX_RECEIPT_LENGTH } from "assay/statement/receipt";
import { StatementError } from "assay/statement/statement-error";
const BLOCK_HASH_LENGTH = 32;
/** Bytes around the receipt in its message: array head, sequence, byte string head. */
const ENVELOPE_LIMIT = 16;
/** An ack, a beacon and a state all fit into this. */
const SMALL_LIMIT = 64;
/** "Every statement up to and with this sequence number is stored." */
export function encodeAck(sequence) {
    return encode(sequence);
}
/** The sequence number of an ack. */
export function decodeAck(bytes) {
    return readUint(content(bytes, SMALL_LIMIT), "ack", "BAD_MESSAGE");
}
/** The newest block: number and whole hash (32 bytes). */
export function encodeBeacon(beacon) {
    return encode([beacon.number, beacon.hash]);
}
/** The block of a beacon, with its whole hash (32 bytes). */
export function decodeBeacon(bytes) {
    const [number, hash] = readArray(content(bytes, SMALL_LIMIT), 2, "beacon", "BAD_MESSAGE");
    return { number: readUint(number, "block number", "BAD_MESSAGE"), hash: readBytes(hash, BLOCK_HASH_LENGTH, "block hash", "BAD_MESSAGE") };
}
/** A device's state. */
export function encodeState(state) {
    return encode(state);
}
/** A device's state. It is not signed: anybody who may publish can claim it. */
export function decodeState(bytes) {
    const state = content(bytes, SMALL_LIMIT);
    if (state !== "online" && state !== "offline")
        throw unexpected("state", "online or offline", state, "BAD_MESSAGE");
    return state;
}
/** A receipt, and the sequence number of the statement that it is for. */
export function encodeReceiptMessage(message) {
    return encode([message.sequence, message.receipt]);
}
/** A receipt that is not parsed yet, and the sequence number of the statement that it is said to be for. */
export function decodeReceiptMessage(bytes) {
    const [sequence, receipt] = readArray(content(bytes, MAX_RECEIPT_LENGTH + ENVELOPE_LIMIT), 2, "receipt message", "BAD_MESSAGE");
    if (!(receipt instanceof Uint8Array))
        throw unexpected("receipt", "a byte string", receipt, "BAD_MESSAGE");
    return { sequence: readUint(sequence, "sequence", "BAD_MESSAGE"), receipt };
}
function content(bytes, limit) {
    if (bytes.length === 0)
        throw new StatementError("BAD_MESSAGE", "expected a message, got no bytes");
    if (bytes.length > limit)
        throw new StatementError("TOO_LARGE", `expected at most ${limit} bytes, got ${bytes.length}`);
    return decode(bytes);
}
