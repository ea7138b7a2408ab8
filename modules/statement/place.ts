/**
 * Where a statement stands in its device's life. Both kinds have it under the same two claims, so that whoever looks for an equivocation (the
 * contract, for one) has to read nothing else.
 */
import { readArray, readBytes, readUint, unexpected } from "assay/statement/claim";
import type { CborMap, CborValue } from "assay/statement/cbor";

/** `bootcount` (RFC 9711 §4.2.12). */
export const BOOT_COUNT = 267;
/** Private-use claim (IANA CWT registry: below -65536): an array that begins with sequence number and link. */
export const CHAIN = -70001;
/** Bytes of the link to the statement before. */
export const PREVIOUS_LENGTH = 16;

/** A place in a device's chain. */
export interface Place {
  /** statements of this device before this one, since its first, or since it lost its history */
  readonly sequence: number;
  /** boots of this device so far, from 1 */
  readonly bootCount: number;
  /** first 16 bytes of the digest of the statement before; null if there is none, or none that the device knows */
  readonly previous: Uint8Array | null;
}

/**
 * The place in a claims set, and what the array has after it.
 * @param more items after the first two
 * @param historyLost whether the link has to be absent
 * @throws StatementError `BAD_CLAIMS`, also when there is a link at sequence 0 or none after it
 */
export function readPlace(claims: CborMap, more: number, historyLost: boolean): { readonly place: Place; readonly rest: readonly CborValue[] } {
  const [number, previous, ...rest] = readArray(claims.get(CHAIN), 2 + more, "chain");
  const sequence = readUint(number, "sequence");
  const bootCount = readUint(claims.get(BOOT_COUNT), "bootcount");
  if (bootCount === 0) throw unexpected("bootcount", "1 or more", 0);
  const unlinked = sequence === 0 || historyLost;
  if (unlinked && previous !== null) throw unexpected("previous", historyLost ? "null after a loss of history" : "null at sequence 0", previous);
  return { place: { sequence, bootCount, previous: unlinked ? null : readBytes(previous, PREVIOUS_LENGTH, "previous") }, rest };
}
