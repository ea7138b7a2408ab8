import { equalBytes } from "assay/statement/bytes";
import type { Verified } from "./verify.ts";
import { VerificationError } from "./verification-error.ts";

/** The contract that anchors a log, as a verifier sees it. `chainLog` asks a node; a test or an archive may answer in its place. */
export interface AnchoredLog {
  /** EIP-155 chain id */
  readonly chainId: number;
  /** address of the trusted AttestationLog, 20 bytes */
  readonly contract: Uint8Array;
  /** The root (32 bytes) that the contract has accepted for a tree of `size` leaves; undefined if none. Rejects when it cannot tell. */
  rootAt(size: number): Promise<Uint8Array | undefined>;
  /** When (that block's timestamp in Unix seconds) and by which transaction (its hash, 32 bytes) it accepted that, looked for in block `block` only; undefined if it was not there. */
  acceptedIn(size: number, block: number): Promise<{ readonly time: number; readonly transaction: Uint8Array } | undefined>;
}

/**
 * Checks that the chain has the root that a receipt has proven, since the block and by the transaction that the receipt names. The contract is the caller's: that a
 * receipt names one proves nothing.
 * @param verified of `verify` with a receipt
 * @returns the same, its anchor confirmed
 * @throws VerificationError `NO_RECEIPT`, `WRONG_CONTRACT`, `NOT_ANCHORED`, `ROOT_MISMATCH`, `ANCHOR_MISPLACED`, `RPC_FAILED`
 */
export async function confirmAnchor<Claims extends Pick<Verified, "inclusion" | "anchor">>(verified: Claims, log: AnchoredLog): Promise<Claims & Required<Pick<Verified, "inclusion" | "anchor">>> {
  const { inclusion, anchor } = verified;
  if (inclusion === undefined || anchor === undefined) throw new VerificationError("NO_RECEIPT", "expected a verified receipt, got none");
  if (anchor.chainId !== log.chainId) throw new VerificationError("WRONG_CONTRACT", `expected an anchor on chain ${log.chainId}, got chain ${anchor.chainId}`);
  if (!equalBytes(anchor.contract, log.contract)) throw new VerificationError("WRONG_CONTRACT", `expected an anchor in ${toHex(log.contract)}, got ${toHex(anchor.contract)}`);
  const root = await ask(log.rootAt(inclusion.size), inclusion.size);
  if (root === undefined) throw new VerificationError("NOT_ANCHORED", `expected a root for ${inclusion.size} leaves on the chain, got none`);
  if (!equalBytes(root, inclusion.root)) throw new VerificationError("ROOT_MISMATCH", `expected the root ${toHex(root)} for ${inclusion.size} leaves, got ${toHex(inclusion.root)}`);
  const accepted = await ask(log.acceptedIn(inclusion.size, anchor.block), inclusion.size);
  if (accepted === undefined) throw new VerificationError("ANCHOR_MISPLACED", `expected the root for ${inclusion.size} leaves to be accepted in block ${anchor.block}, got none there`);
  if (accepted.time !== anchor.time) throw new VerificationError("ANCHOR_MISPLACED", `expected block ${anchor.block} at ${accepted.time}, got ${anchor.time} in the receipt`);
  if (!equalBytes(accepted.transaction, anchor.transaction)) throw new VerificationError("ANCHOR_MISPLACED", `expected the transaction ${toHex(accepted.transaction)}, got ${toHex(anchor.transaction)} in the receipt`);
  return { ...verified, inclusion, anchor: { ...anchor, confirmed: true } };
}

async function ask<Answer>(answer: Promise<Answer>, size: number): Promise<Answer> {
  try {
    return await answer;
  } catch (cause) {
    throw new VerificationError("RPC_FAILED", `expected the chain's root for ${size} leaves, got an error`, { cause });
  }
}

function toHex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
