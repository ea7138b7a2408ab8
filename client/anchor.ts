import type { Anchor } from "assay/statement/anchor";
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
}

/**
 * Checks that the chain has the root that a receipt has proven. The contract is the caller's: that a receipt names one proves nothing.
 * @param verified of `verify` with a receipt
 * @returns the anchor, now confirmed
 * @throws VerificationError `NO_RECEIPT`, `WRONG_CONTRACT`, `NOT_ANCHORED`, `ROOT_MISMATCH`, `RPC_FAILED`
 */
export async function checkAnchor(verified: Pick<Verified, "inclusion" | "anchor">, log: AnchoredLog): Promise<Anchor> {
  const { inclusion, anchor } = verified;
  if (inclusion === undefined || anchor === undefined) throw new VerificationError("NO_RECEIPT", "expected a verified receipt, got none");
  if (anchor.chainId !== log.chainId) throw new VerificationError("WRONG_CONTRACT", `expected an anchor on chain ${log.chainId}, got chain ${anchor.chainId}`);
  if (!equalBytes(anchor.contract, log.contract)) throw new VerificationError("WRONG_CONTRACT", `expected an anchor in ${toHex(log.contract)}, got ${toHex(anchor.contract)}`);
  let root: Uint8Array | undefined;
  try {
    root = await log.rootAt(inclusion.size);
  } catch (cause) {
    throw new VerificationError("RPC_FAILED", `expected the chain's root for ${inclusion.size} leaves, got an error`, { cause });
  }
  if (root === undefined) throw new VerificationError("NOT_ANCHORED", `expected a root for ${inclusion.size} leaves on the chain, got none`);
  if (!equalBytes(root, inclusion.root)) throw new VerificationError("ROOT_MISMATCH", `expected the root ${toHex(root)} for ${inclusion.size} leaves, got ${toHex(inclusion.root)}`);
  return anchor;
}

function toHex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
