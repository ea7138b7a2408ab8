/**
 * Puts tree heads on the chain, one at a time: prepared → sent → confirmed. Each step is stored before it shows outside, so
 * that a restart at any point goes on where it was:
 *
 * - The signed transaction is stored before it is sent. Whether it went out or not, the same bytes can be sent again.
 * - A transaction that stays unmined is replaced at the same nonce for a higher fee: of all forms, one nonce takes only one.
 * - A head that a reorganisation takes away goes back to sent, and its receipts are withdrawn.
 * - The contract takes only heads that are larger than its last: it is asked before anything is signed.
 */
import type { Counters } from "./counters.ts";
import { GatewayError } from "./gateway-error.ts";
import type { LogContract } from "./log-contract.ts";
import type { MerkleLog } from "./log.ts";
import type { Logger } from "./logger.ts";
import type { AnchorPlace, AnchorRecord, Store } from "./store.ts";

export interface AnchorerOptions {
  readonly store: Store;
  readonly log: MerkleLog;
  readonly contract: LogContract;
  readonly counters: Counters;
  readonly logger: Logger;
  /** Blocks that must hold the head or stand on the one that does, ≥ 1. */
  readonly confirmations: number;
  /** A transaction that is in no block after so long is replaced. */
  readonly resendAfterMs: number;
}

/** What a step found: nothing to anchor; something under way; or a head that is on the chain now. */
export type AnchorProgress = "current" | "waiting" | "confirmed";

/** A log of one entry, the policy, is not anchored: RFC 9942's receipts begin with trees of two leaves. */
export const smallestAnchoredTree = 2;

export class Anchorer {
  private readonly options: AnchorerOptions;

  constructor(options: AnchorerOptions) {
    this.options = options;
  }

  /**
   * Does what can be done now, without waiting for blocks.
   *
   * @throws {GatewayError} `RPC_UNREACHABLE`, `ANCHOR_REFUSED`, `LOG_DIVERGED`, `STORE_FAILED`; the next step goes on from what is stored
   */
  async step(): Promise<AnchorProgress> {
    await this.recheck();
    const { store } = this.options;
    const pending = await store.pendingAnchor();
    if (pending === undefined) return this.begin();
    if (pending.state === "prepared") {
      // Nothing was signed for it, and the log may have grown: choose again.
      await store.removeAnchor(pending.size);
      return this.begin();
    }
    return this.follow(pending);
  }

  /**
   * Compares the chain's head with the log.
   *
   * @throws {GatewayError} `LOG_DIVERGED`
   */
  async compareHeads(): Promise<number> {
    const { log, contract } = this.options;
    const head = await contract.head();
    if (head.size === 0) return 0;
    const own = head.size <= log.size ? await log.rootAt(head.size) : undefined;
    if (own === undefined || Buffer.compare(own, head.root) !== 0) {
      throw new GatewayError("LOG_DIVERGED", `expected the head of size ${head.size} in ${contract.address} to be one of this store's log of ${log.size} entries, but it is not; use the store that made it, or deploy a new log contract`);
    }
    return head.size;
  }

  /** Anchors the log as it is now, if it has grown. */
  private async begin(): Promise<AnchorProgress> {
    const { store, log, contract } = this.options;
    const anchored = await this.compareHeads();
    // A reorganisation since the recheck: the next step begins with that. Anchoring now would take the record's place, whose receipts are still out.
    if (((await store.confirmedAnchor())?.size ?? 0) > anchored) return "waiting";
    const { size, root } = log.head;
    if (size <= anchored || size < smallestAnchoredTree) return this.adopt(anchored);
    const record: AnchorRecord = { size, root, state: "prepared", nonce: null, attempts: [], place: null };
    await store.putAnchor(record);
    const proof = anchored === 0 ? [] : await log.consistencyProof(anchored, size);
    const nonce = await contract.nextNonce("pending");
    await this.send({ ...record, state: "sent", nonce }, proof);
    return "waiting";
  }

  /** A head that is on the chain without this store knowing by which transaction (a store restored from an older copy) is taken over. */
  private async adopt(size: number): Promise<AnchorProgress> {
    const { store, log, contract, logger } = this.options;
    if (size === 0 || ((await store.confirmedAnchor())?.size ?? 0) >= size) return "current";
    const place = await contract.findAnchored(size);
    if (place === undefined || !(await this.isDeep(place))) return "waiting";
    await store.putAnchor({ size, root: await log.rootAt(size), state: "confirmed", nonce: null, attempts: [], place });
    logger.info({ size, transaction: place.transaction }, "a head found on the chain was taken over");
    return "confirmed";
  }

  /** Signs, stores, sends: in this order. */
  private async send(record: AnchorRecord, proof: readonly Uint8Array[]): Promise<void> {
    const { store, contract, counters, logger } = this.options;
    const attempt = await contract.sign(record, proof, record.nonce as number, record.attempts.at(-1));
    await store.putAnchor({ ...record, attempts: [...record.attempts, attempt] });
    await contract.broadcast(attempt.raw);
    counters.transactions++;
    logger.info({ size: record.size, transaction: attempt.hash, nonce: record.nonce, attempt: record.attempts.length + 1 }, "anchor sent");
  }

  /** Looks what became of a transaction that was sent. */
  private async follow(anchor: AnchorRecord): Promise<AnchorProgress> {
    const { store, log, contract, counters, logger } = this.options;
    const nonce = anchor.nonce as number;
    // The nonce first: asked the other way round, a block that comes in between would make a mined transaction look foreign.
    const nonceUsed = (await contract.nextNonce("latest")) > nonce;
    for (const attempt of anchor.attempts.toReversed()) {
      const mined = await contract.mined(attempt.hash);
      if (mined === undefined) continue;
      if (!mined.reverted) return this.settle(anchor, mined);
      logger.warn({ code: "ANCHOR_REFUSED", size: anchor.size, transaction: attempt.hash }, "an anchor was reverted; beginning again from the chain's head");
      await store.removeAnchor(anchor.size);
      return "waiting";
    }
    const last = anchor.attempts.at(-1);
    if (nonceUsed || last === undefined) {
      const place = (await contract.has(anchor)) ? await contract.findAnchored(anchor.size) : undefined;
      if (place !== undefined) return this.settle(anchor, place);
      logger.warn({ size: anchor.size, nonce }, "the nonce of an anchor was used by another transaction of the account; beginning again");
      await store.removeAnchor(anchor.size);
      return "waiting";
    }
    if (Date.now() - last.sentAt >= this.options.resendAfterMs) {
      logger.warn({ size: anchor.size, transaction: last.hash, nonce }, "an anchor is stuck; replacing it for a higher fee");
      counters.retries++;
      const anchored = await this.compareHeads();
      if (anchored >= anchor.size) return "waiting";
      await this.send(anchor, anchored === 0 ? [] : await log.consistencyProof(anchored, anchor.size));
    } else if (!(await contract.knows(last.hash))) {
      logger.warn({ size: anchor.size, transaction: last.hash, nonce }, "the chain does not have an anchor that was sent; sending it again");
      counters.retries++;
      await contract.broadcast(last.raw);
    }
    return "waiting";
  }

  private async settle(anchor: AnchorRecord, place: AnchorPlace): Promise<AnchorProgress> {
    const { store, contract, counters, logger } = this.options;
    if (!(await this.isDeep(place)) || !(await contract.has(anchor))) return "waiting";
    const { blockNumber, blockHash, blockTime, transaction } = place;
    await store.putAnchor({ ...anchor, state: "confirmed", place: { blockNumber, blockHash, blockTime, transaction } });
    counters.anchors++;
    logger.info({ size: anchor.size, block: Number(blockNumber), transaction }, "anchor confirmed");
    return "confirmed";
  }

  private async isDeep(place: AnchorPlace): Promise<boolean> {
    return (await this.options.contract.blockNumber()) - place.blockNumber + 1n >= BigInt(this.options.confirmations);
  }

  /**
   * Looks whether the newest confirmed head is still where it was, and if not, the one before it, and so on: a
   * reorganisation that takes one away takes all later ones away.
   */
  private async recheck(): Promise<void> {
    const { store, contract, counters, logger } = this.options;
    for (;;) {
      const anchor = await store.confirmedAnchor();
      if (anchor?.place == null) return;
      if ((await contract.blockHash(anchor.place.blockNumber)) === anchor.place.blockHash) return;
      logger.warn({ size: anchor.size, block: Number(anchor.place.blockNumber), transaction: anchor.place.transaction }, "a reorganisation took an anchor off the chain; its receipts are withdrawn");
      counters.reorganisations++;
      // Receipts first: after a crash in between, the head is still confirmed, and is found missing once more.
      await store.removeReceipts(anchor.size);
      const attempts = anchor.attempts.map((attempt, i, all) => (i === all.length - 1 ? { ...attempt, sentAt: Date.now() } : attempt));
      await store.putAnchor({ ...anchor, state: attempts.length === 0 ? "prepared" : "sent", attempts, place: null });
    }
  }
}
