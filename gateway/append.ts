/**
 * Third stage: judge by the chain rule, store and append to the log, in one transaction for all messages that are waiting; only
 * then acknowledge. While the store fails, the stage tries again and the stages before it fill up and wait: nothing is
 * acknowledged that is not stored, and nothing is dropped.
 */
import type { Statement } from "assay/statement";
import { leafHash } from "assay/statement/merkle";
import type { Acks } from "./acks.ts";
import { Backoff, pause } from "./backoff.ts";
import type { BoundedQueue } from "./bounded-queue.ts";
import type { ChainHeads } from "./chain-rule.ts";
import type { Counters } from "./counters.ts";
import { reasonOf } from "./gateway-error.ts";
import type { Incoming } from "./ingest.ts";
import { sha256 } from "./log.ts";
import type { MerkleLog } from "./log.ts";
import type { Logger } from "./logger.ts";
import type { Rejection } from "./rejection.ts";
import type { LogEntry, Store } from "./store.ts";
import { rejectionOf } from "./verify.ts";
import type { Verified } from "./verify.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** A statement so far ahead of its chain may have overtaken those before it; one further ahead has lost them. */
const overtakingLimit = 1_024;

/** So many messages go into one transaction at most: the cost of an fsync is spread, and other work gets its turn. */
const batchLimit = 512;

export interface AppendOptions {
  readonly incoming: BoundedQueue<Verified>;
  readonly store: Store;
  readonly log: MerkleLog;
  readonly heads: ChainHeads;
  readonly room: WaitingRoom;
  readonly acks: Acks;
  readonly counters: Counters;
  readonly logger: Logger;
  /** Ends the waiting for a store that fails; what is not stored then stays with broker and device. */
  readonly signal: AbortSignal;
}

interface Outcome {
  readonly messages: readonly Incoming[];
  readonly stored: number;
  readonly redelivered: number;
  readonly rejections: readonly Rejection[];
  /** The last sequence number that is stored, for each device that sent something good. */
  readonly acks: ReadonlyMap<string, number>;
}

/** Runs the stage until its queue is closed and empty, or the signal ends it. */
export async function runAppend(options: AppendOptions): Promise<void> {
  const backoff = new Backoff({ firstMs: 100, longestMs: 10_000 });
  for (;;) {
    const batch = await options.incoming.takeBatch(batchLimit);
    if (batch.length === 0) return;
    let outcome: Outcome | undefined;
    while (outcome === undefined) {
      try {
        outcome = await append(batch, options);
        backoff.reset();
      } catch (error) {
        options.counters.retries++;
        const waitMs = backoff.next();
        options.logger.error({ code: "STORE_FAILED", reason: reasonOf(error), messages: batch.length, retryMs: Math.round(waitMs) }, "statements could not be stored; trying again");
        await pause(waitMs, options.signal);
        if (options.signal.aborted) return;
      }
    }
    report(outcome, options);
  }
}

/** Stores a batch. Changes nothing in memory before the transaction is done, so that it can be tried again. */
async function append(batch: readonly Verified[], { store, log, heads, room }: AppendOptions): Promise<Outcome> {
  const judge = heads.batch();
  const visit = room.visit();
  const messages: Incoming[] = [];
  const accepted: { statement: Statement; message: Incoming }[] = [];
  const rejections: Rejection[] = [];
  const senders = new Set<string>();
  let redelivered = 0;
  for (const arrived of batch) {
    // A statement that extends its chain calls the one that waited for it, and so on.
    const line = [arrived];
    for (let verified = line.shift(); verified !== undefined; verified = line.shift()) {
      const { message, outcome } = verified;
      if ("rejection" in outcome) {
        messages.push(message);
        rejections.push(outcome.rejection);
        continue;
      }
      const { statement, keyIndex } = outcome;
      const { issuer, sequence } = statement;
      const verdict = await judge.judge(statement, keyIndex);
      if (typeof verdict === "object" && verdict.code === "GAP" && verified.waited !== true) {
        const next = ((await judge.headOf(issuer))?.sequence ?? -1) + 1;
        if (sequence - next <= overtakingLimit && visit.seat(issuer, sequence, verified)) continue;
      }
      messages.push(message);
      if (typeof verdict === "object") {
        rejections.push(rejectionOf(message, verdict));
        continue;
      }
      senders.add(issuer);
      if (verdict === "redelivered") {
        redelivered++;
      } else {
        accepted.push({ statement, message });
        line.push(...visit.call(issuer, sequence + 1));
      }
    }
  }

  const growth = log.prepare(accepted.map(({ statement }) => leafHash(statement.bytes, sha256)));
  const entries = accepted.map(
    ({ statement, message }, i): LogEntry => ({ leaf: growth.from + i, kind: statement.kind, issuer: statement.issuer, bootCount: statement.bootCount, sequence: statement.sequence, bytes: statement.bytes, receivedAt: message.receivedAt }),
  );
  const acks = new Map<string, number>();
  for (const device of senders) {
    const head = await judge.headOf(device);
    if (head !== undefined) acks.set(device, head.sequence);
  }
  if (entries.length > 0 || rejections.length > 0) await store.commit({ entries, tiles: growth.tiles, heads: judge.heads, rejections });
  log.commit(growth);
  heads.take(judge.heads);
  room.commit(visit);
  return { messages, stored: entries.length, redelivered, rejections, acks };
}

function report(outcome: Outcome, { acks, counters, logger }: AppendOptions): void {
  counters.stored += outcome.stored;
  counters.redelivered += outcome.redelivered;
  counters.rejected += outcome.rejections.length;
  for (const { code, reason, topic, length } of outcome.rejections) {
    counters.rejectedBy[code]++;
    logger.warn({ code, reason, topic, length }, "message rejected");
  }
  for (const [device, sequence] of outcome.acks) acks.send(device, sequence);
  for (const message of outcome.messages) message.settle();
}
