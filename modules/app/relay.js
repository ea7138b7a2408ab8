import { OutboxError } from "assay/outbox";
import { decodeAck, decodeBeacon } from "assay/statement/messages";
import { StatementError, statementKind } from "assay/statement";
import { ackTopic, beaconTopic, bootTopic, statementTopic } from "assay/statement/topics";
/**
 * Carries stored statements to the gateway: publishes what the outbox holds in order, and drops it from there only when the gateway says
 * that it has stored it (`ack`). An ack that does not come makes it publish again from the oldest; the gateway tells repetitions by their bytes.
 */
export class Relay {
    /** the newest block that the gateway announced, or null */
    beacon = null;
    /** incoming messages that made no sense */
    ignored = 0;
    device;
    outbox;
    mqtt;
    onProgress;
    next;
    constructor(options) {
        this.device = options.device;
        this.outbox = options.outbox;
        this.mqtt = options.mqtt;
        this.onProgress = options.onProgress;
    }
    /** Starts again from the oldest statement that is not acked. */
    restart() {
        this.next = undefined;
        this.pump();
    }
    /** Publishes what is stored and not yet published, as far as the client takes it. */
    pump() {
        const head = this.outbox.head;
        const oldest = this.outbox.oldest;
        if (head === undefined || oldest === undefined)
            return;
        if (this.next === undefined || this.next < oldest)
            this.next = oldest;
        while (this.next <= head.sequence && this.mqtt.hasRoom) {
            const statement = this.outbox.read(this.next);
            if (statement !== undefined) {
                const boot = statementKind(statement) === "boot";
                const topic = boot ? bootTopic(this.device) : statementTopic(this.device);
                if (!this.mqtt.publish(topic, statement, { qos: 1, retain: boot, onAcknowledged: () => this.pump() }))
                    return;
            }
            this.next++;
        }
    }
    /** Takes a message from the network; what makes no sense is counted and otherwise ignored. */
    receive(topic, payload) {
        try {
            if (topic === ackTopic(this.device))
                this.acknowledge(decodeAck(payload));
            else if (topic === beaconTopic)
                this.beacon = decodeBeacon(payload);
            else
                this.ignored++;
        }
        catch (error) {
            const hostile = error instanceof StatementError || (error instanceof OutboxError && error.code === "BAD_ACK");
            if (!hostile)
                throw error;
            this.ignored++;
            console.warn(`ignored a message on ${topic}: ${error.message}`);
        }
    }
    acknowledge(sequence) {
        this.outbox.ack(sequence);
        this.onProgress(sequence);
        this.pump();
    }
}
