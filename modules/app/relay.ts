import type { MqttClient } from "assay/mqtt";
import { OutboxError, type Outbox } from "assay/outbox";
import { decodeAck, decodeBeacon } from "assay/statement/messages";
import { StatementError, statementKind, type Beacon } from "assay/statement";
import { ackTopic, beaconTopic, bootTopic, statementTopic } from "assay/statement/topics";

/**
 * Carries stored statements to the gateway: publishes what the outbox holds in order, and drops it from there only when the gateway says
 * that it has stored it (`ack`). An ack that does not come makes it publish again from the oldest; the gateway tells repetitions by their bytes.
 */
export class Relay {
  /** the newest block that the gateway announced, or null */
  beacon: Beacon | null = null;
  /** incoming messages that made no sense */
  ignored = 0;
  private readonly device: string;
  private readonly outbox: Outbox;
  private readonly mqtt: MqttClient;
  private readonly onProgress: (sequence: number) => void;
  private next: number | undefined;

  constructor(options: {
    readonly device: string;
    readonly outbox: Outbox;
    readonly mqtt: MqttClient;
    /** called after an ack made the outbox shorter, with the sequence number up to which the gateway has everything */
    readonly onProgress: (sequence: number) => void;
  }) {
    this.device = options.device;
    this.outbox = options.outbox;
    this.mqtt = options.mqtt;
    this.onProgress = options.onProgress;
  }

  /** Starts again from the oldest statement that is not acked. */
  restart(): void {
    this.next = undefined;
    this.pump();
  }

  /** Publishes what is stored and not yet published, as far as the client takes it. */
  pump(): void {
    const head = this.outbox.head;
    const oldest = this.outbox.oldest;
    if (head === undefined || oldest === undefined) return;
    if (this.next === undefined || this.next < oldest) this.next = oldest;
    while (this.next <= head.sequence && this.mqtt.hasRoom) {
      const statement = this.outbox.read(this.next);
      if (statement !== undefined) {
        const boot = statementKind(statement) === "boot";
        const topic = boot ? bootTopic(this.device) : statementTopic(this.device);
        if (!this.mqtt.publish(topic, statement, { qos: 1, retain: boot, onAcknowledged: () => this.pump() })) return;
      }
      this.next++;
    }
  }

  /** Takes a message from the network; what makes no sense is counted and otherwise ignored. */
  receive(topic: string, payload: Uint8Array): void {
    try {
      if (topic === ackTopic(this.device)) this.acknowledge(decodeAck(payload));
      else if (topic === beaconTopic) this.beacon = decodeBeacon(payload);
      else this.ignored++;
    } catch (error) {
      const hostile = error instanceof StatementError || (error instanceof OutboxError && error.code === "BAD_ACK");
      if (!hostile) throw error;
      this.ignored++;
      console.warn(`ignored a message on ${topic}: ${error.message}`);
    }
  }

  private acknowledge(sequence: number): void {
    this.outbox.ack(sequence);
    this.onProgress(sequence);
    this.pump();
  }
}
