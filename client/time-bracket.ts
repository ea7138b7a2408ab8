import { startsWith } from "assay/statement/bytes";
import { VerificationError } from "./verification-error.ts";
import type { Verified } from "./verify.ts";

/** One side of a bracket. */
export interface TimeBound {
  /** number of the block */
  readonly block: number;
  /** that block's timestamp, Unix time in seconds, where it is known */
  readonly time?: number;
}

/**
 * Between which two blocks a statement was made: after the one whose hash it carries, which nobody could know before, and before the one that
 * anchors it. No clock of device or gateway is trusted; a block's timestamp is as true as the chain keeps it.
 */
export interface TimeBracket {
  /** the chain was asked, and it is so */
  readonly confirmed: boolean;
  /** undefined: the device knew of no block */
  readonly after?: TimeBound;
  /** undefined: there is no receipt */
  readonly before?: TimeBound;
}

/** Blocks of the chain that anchors a log. `chainLog` asks a node; a test or an archive may answer in its place. */
export interface BlockSource {
  /** A block of the chain as it is now; undefined if it has none of that number. Rejects when it cannot tell. */
  blockAt(number: number): Promise<{ /** 32 bytes */ readonly hash: Uint8Array; /** Unix time in seconds */ readonly time: number } | undefined>;
}

/**
 * Asks the chain for the blocks of a bracket.
 * @param verified of `verify`; its anchor has to be confirmed before (`confirmAnchor`) if it has one
 * @returns the same with the bracket confirmed, or as it was if there is none
 * @throws VerificationError `BEACON_MISMATCH` if the chain has another block, or none, of the number that the statement names; `RPC_FAILED`
 */
export async function confirmTime(verified: Verified, chain: BlockSource): Promise<Verified> {
  const { time, statement, anchor } = verified;
  if (time === undefined || (anchor !== undefined && !anchor.confirmed)) return verified;
  const beacon = statement.kind === "inference" ? statement.claims.beacon : null;
  if (beacon === null) return { ...verified, time: { ...time, confirmed: true } };
  let block: Awaited<ReturnType<BlockSource["blockAt"]>>;
  try {
    block = await chain.blockAt(beacon.number);
  } catch (cause) {
    throw new VerificationError("RPC_FAILED", `expected the chain's block ${beacon.number}, got an error`, { cause });
  }
  if (block === undefined || !startsWith(block.hash, beacon.hash)) {
    throw new VerificationError("BEACON_MISMATCH", `expected the hash of block ${beacon.number} of the chain in the statement, got another: it does not show that the statement was made after that block`);
  }
  return { ...verified, time: { ...time, confirmed: true, after: { block: beacon.number, time: block.time } } };
}
