/** What the gateway did since it was started, counted. */
import { rejectionCodes } from "./rejection.ts";
import type { RejectionCode } from "./rejection.ts";

/** Counts since the start. Every message that came in is, once handled, in exactly one of stored, redelivered and rejected. */
export interface Counters {
  /** Messages taken from the broker. */
  received: number;
  /** Statements added to the log. */
  stored: number;
  /** Statements that are in the log already, byte for byte: acknowledged again, and nothing else. */
  redelivered: number;
  /** Messages refused. */
  rejected: number;
  /** Messages refused, by code. */
  rejectedBy: Record<RejectionCode, number>;
  /** Acknowledgements taken by the broker. */
  acks: number;
  /** Transactions sent to the chain, those that replace others included. */
  transactions: number;
  /** Tree heads confirmed on the chain. */
  anchors: number;
  /** Confirmed heads that a reorganisation took off the chain. */
  reorganisations: number;
  /** Receipts taken by the broker. */
  receipts: number;
  /** Beacons taken by the broker. */
  beacons: number;
  /** Attempts that failed for a reason outside and were made again: store, chain, broker. */
  retries: number;
}

/** All zero. */
export function newCounters(): Counters {
  const rejectedBy = Object.fromEntries(rejectionCodes.map((code) => [code, 0])) as Record<RejectionCode, number>;
  return { received: 0, stored: 0, redelivered: 0, rejected: 0, rejectedBy, acks: 0, transactions: 0, anchors: 0, reorganisations: 0, receipts: 0, beacons: 0, retries: 0 };
}
