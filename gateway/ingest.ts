/** First stage: messages from the broker into the queue of the verifier, no more than it can hold. */
import { topicFilter } from "assay/statement/topics";
import type { BoundedQueue } from "./bounded-queue.ts";
import type { BrokerMessage } from "./broker.ts";
import type { Counters } from "./counters.ts";
import { KEPT_BYTES } from "./rejection.ts";

/** A message on its way through the stages. */
export interface Incoming {
  readonly topic: string;
  /** The message; of one longer than {@link KEPT_BYTES} only so much. */
  readonly payload: Uint8Array;
  /** Length of the whole message. */
  readonly length: number;
  /** Unix time in milliseconds. */
  readonly receivedAt: number;
  /** Tells the broker that the message was stored or rejected. */
  readonly settle: () => void;
}

/** The topics that devices publish statements on (QoS 1). */
export const ingestTopics: readonly string[] = [topicFilter("boot"), topicFilter("statement")];

/** What a message weighs in the queue, in bytes: its payload and about what the objects around it take. */
export function weightOf(message: Incoming): number {
  return message.payload.length + 512;
}

/**
 * Takes messages in. A long one is cut at once, so that what waits in memory is bounded by the queue and not by who sends.
 * MQTT 3.1.1 cannot announce a size limit: the broker's own should be set.
 *
 * @returns the broker's message handler, which resolves when there is room for another message
 */
export function ingest(queue: BoundedQueue<Incoming>, counters: Counters): (message: BrokerMessage) => Promise<void> {
  return ({ topic, payload, settle }) => {
    counters.received++;
    // Copied: the bytes are a view of the socket's buffer, which would live as long as they do.
    const kept = new Uint8Array(payload.subarray(0, KEPT_BYTES));
    return queue.push({ topic, payload: kept, length: payload.length, receivedAt: Date.now(), settle });
  };
}
