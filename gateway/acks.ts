/** Acknowledgements to devices: cumulative, so only the newest of each device counts, and a slow broker costs no memory. */
import { encodeAck } from "assay/statement/messages";
import { ackTopic } from "assay/statement/topics";
import type { Publisher } from "./broker.ts";
import type { Counters } from "./counters.ts";
import { reasonOf } from "./gateway-error.ts";
import type { Logger } from "./logger.ts";

/** So many acknowledgements are under way at a time. */
const inFlightLimit = 256;

export class Acks {
  private readonly publisher: Publisher;
  private readonly counters: Counters;
  private readonly logger: Logger;
  /** What each device is to be told; a device has at most one message under way, so that an older ack never overtakes. */
  private readonly due = new Map<string, number>();
  private readonly inFlight = new Set<string>();
  private idle: (() => void)[] = [];

  constructor(publisher: Publisher, counters: Counters, logger: Logger) {
    this.publisher = publisher;
    this.counters = counters;
    this.logger = logger;
  }

  /** Says that everything of a device up to and with `sequence` is stored. */
  send(device: string, sequence: number): void {
    this.due.set(device, Math.max(sequence, this.due.get(device) ?? 0));
    this.next();
  }

  /** Resolves when the broker has all that was to be said. */
  async drained(): Promise<void> {
    while (this.due.size > 0 || this.inFlight.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private next(): void {
    for (const [device, sequence] of this.due) {
      if (this.inFlight.size >= inFlightLimit) return;
      if (this.inFlight.has(device)) continue;
      this.due.delete(device);
      this.inFlight.add(device);
      void this.publish(device, sequence);
    }
  }

  private async publish(device: string, sequence: number): Promise<void> {
    try {
      await this.publisher.publish(ackTopic(device), encodeAck(sequence));
      this.counters.acks++;
    } catch (error) {
      // The device sends again what it saw no ack for, and is acknowledged then.
      this.logger.debug({ device, sequence, reason: reasonOf(error) }, "an ack was not sent");
    }
    this.inFlight.delete(device);
    this.next();
    if (this.due.size === 0 && this.inFlight.size === 0) {
      const waiting = this.idle;
      this.idle = [];
      for (const resolve of waiting) resolve();
    }
  }
}
