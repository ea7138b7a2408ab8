/**
 * What is said on the topics that carry no COSE object: ack, beacon, state, and the envelope of a receipt. Deterministic CBOR.
 * Every `decode…` throws StatementError: `BAD_MESSAGE` (also for an empty payload), `TOO_LARGE`, and the codes of `decode`.
 */
import { readArray, readBytes, readUint, unexpected } from "assay/statement/claim";
import { decode, encode, type CborValue } from "assay/statement/cbor";
import type { Beacon } from "assay/statement/inference";
import { MAX_RECEIPT_LENGTH } from "assay/statement/receipt";
import { StatementError } from "assay/statement/statement-error";

const BLOCK_HASH_LENGTH = 32;
/** Bytes around the receipt in its message: array head, boot count, sequence, byte string head. */
const ENVELOPE_LIMIT = 24;
/** An ack, a beacon and a state all fit into this. */
const SMALL_LIMIT = 64;

/** Whether a device is connected. */
export type DeviceState = "online" | "offline";

/** "Every statement up to and with this sequence number is stored." */
export function encodeAck(sequence: number): Uint8Array {
  return encode(sequence);
}

/** The sequence number of an ack. */
export function decodeAck(bytes: Uint8Array): number {
  return readUint(content(bytes, SMALL_LIMIT), "ack", "BAD_MESSAGE");
}

/** The newest block: number and whole hash (32 bytes). */
export function encodeBeacon(beacon: Beacon): Uint8Array {
  return encode([beacon.number, beacon.hash]);
}

/** The block of a beacon, with its whole hash (32 bytes). */
export function decodeBeacon(bytes: Uint8Array): Beacon {
  const [number, hash] = readArray(content(bytes, SMALL_LIMIT), 2, "beacon", "BAD_MESSAGE");
  return { number: readUint(number, "block number", "BAD_MESSAGE"), hash: readBytes(hash, BLOCK_HASH_LENGTH, "block hash", "BAD_MESSAGE") };
}

/** A device's state. */
export function encodeState(state: DeviceState): Uint8Array {
  return encode(state);
}

/** A device's state. It is not signed: anybody who may publish can claim it. */
export function decodeState(bytes: Uint8Array): DeviceState {
  const state = content(bytes, SMALL_LIMIT);
  if (state !== "online" && state !== "offline") throw unexpected("state", "online or offline", state, "BAD_MESSAGE");
  return state;
}

/** A receipt, and the place of the statement that it is for: sequence numbers begin anew when a device has lost its history. */
export interface ReceiptMessage {
  readonly bootCount: number;
  readonly sequence: number;
  /** not parsed yet */
  readonly receipt: Uint8Array;
}

/** The message that brings a receipt. */
export function encodeReceiptMessage(message: ReceiptMessage): Uint8Array {
  return encode([message.bootCount, message.sequence, message.receipt]);
}

/** A receipt that is not parsed yet, and the place of the statement that it is said to be for. */
export function decodeReceiptMessage(bytes: Uint8Array): ReceiptMessage {
  const [bootCount, sequence, receipt] = readArray(content(bytes, MAX_RECEIPT_LENGTH + ENVELOPE_LIMIT), 3, "receipt message", "BAD_MESSAGE");
  if (!(receipt instanceof Uint8Array)) throw unexpected("receipt", "a byte string", receipt, "BAD_MESSAGE");
  return { bootCount: readUint(bootCount, "boot count", "BAD_MESSAGE"), sequence: readUint(sequence, "sequence", "BAD_MESSAGE"), receipt };
}

function content(bytes: Uint8Array, limit: number): CborValue {
  if (bytes.length === 0) throw new StatementError("BAD_MESSAGE", "expected a message, got no bytes");
  if (bytes.length > limit) throw new StatementError("TOO_LARGE", `expected at most ${limit} bytes, got ${bytes.length}`);
  return decode(bytes);
}
