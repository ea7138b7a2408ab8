/**
 * What a client keeps over its connections (§3.1.2.4): messages of QoS 1 that the broker has not acknowledged, and what was
 * subscribed for. Both are bounded.
 */
import { MqttError } from "assay/mqtt/mqtt-error";
import { encodePublish, encodeSubscribe, setDuplicate } from "assay/mqtt/packets";
/** Enough for a device (it needs two) and little enough that repeating them all after a reconnect fits in the output. */
export const MAX_SUBSCRIPTIONS = 16;
/** Messages in flight and subscriptions, with the packet identifiers they hold. */
export class Session {
    maxInflight;
    maxPacketBytes;
    inflight = [];
    subscriptions = [];
    lastPacketId = 0;
    constructor(maxInflight, maxPacketBytes) {
        this.maxInflight = maxInflight;
        this.maxPacketBytes = maxPacketBytes;
    }
    get inflightCount() {
        return this.inflight.length;
    }
    /** whether a message of QoS 1 has room */
    get hasRoom() {
        return this.inflight.length < this.maxInflight;
    }
    /**
     * Keeps a message of QoS 1 until its PUBACK.
     *
     * @param attempted whether the packet goes to a connection right away
     * @returns the packet to send
     * @throws MqttError `BAD_TOPIC`, `TOO_LARGE`
     */
    addMessage(topic, payload, retain, onAcknowledged, attempted) {
        const packetId = this.freePacketId();
        const packet = encodePublish(topic, payload, 1, retain, packetId, this.maxPacketBytes);
        this.inflight.push({ packetId, packet, onAcknowledged, attempted });
        return packet;
    }
    /**
     * All unacknowledged messages in the order in which they were published [MQTT-4.6.0-1], with their identifiers
     * [MQTT-4.4.0-1] and, if a connection had them before, DUP = 1 [MQTT-3.3.1-1]. A clean session must not reuse the state of the
     * last [MQTT-3.1.2-6]: there they are new messages, DUP = 0.
     */
    messagesToRepeat(cleanSession) {
        return this.inflight.map((message) => {
            setDuplicate(message.packet, message.attempted && !cleanSession);
            message.attempted = true;
            return message.packet;
        });
    }
    /**
     * PUBACK came. One for an identifier that is not in flight is ignored: it takes nothing away and names nothing.
     *
     * @returns what to call
     */
    acknowledge(packetId) {
        const at = this.inflight.findIndex((message) => message.packetId === packetId);
        return at < 0 ? undefined : this.inflight.splice(at, 1)[0].onAcknowledged;
    }
    /**
     * Remembers a subscription, or changes its QoS.
     *
     * @throws MqttError `BAD_TOPIC`, `TOO_MANY`
     */
    subscribe(filter, qos) {
        encodeSubscribe(1, filter, qos); // refuses a bad filter now, not in the middle of a reconnect
        const known = this.subscriptions.find((subscription) => subscription.filter === filter);
        if (known !== undefined) {
            known.qos = qos;
            known.settled = false;
            known.packetId = 0;
        }
        else if (this.subscriptions.length < MAX_SUBSCRIPTIONS) {
            this.subscriptions.push({ filter, qos, settled: false, packetId: 0 });
        }
        else {
            throw new MqttError("TOO_MANY", `expected at most ${MAX_SUBSCRIPTIONS} subscriptions, got one more`);
        }
    }
    /** A connection begins: what the last one had under way is void, and a broker without the session has no subscription. */
    beginConnection(sessionPresent) {
        for (const subscription of this.subscriptions) {
            subscription.packetId = 0;
            if (!sessionPresent)
                subscription.settled = false;
        }
    }
    /** A SUBSCRIBE for every subscription that the broker has not answered and that is not under way. */
    subscribesToSend() {
        const packets = [];
        for (const subscription of this.subscriptions) {
            if (subscription.settled || subscription.packetId !== 0)
                continue;
            subscription.packetId = this.freePacketId();
            packets.push(encodeSubscribe(subscription.packetId, subscription.filter, subscription.qos));
        }
        return packets;
    }
    /**
     * SUBACK came.
     *
     * @param granted one return code, since each SUBSCRIBE asks for one filter
     * @returns an error to close the connection with (`PROTOCOL`), or one to report (`SUBSCRIPTION_REFUSED`), or undefined
     */
    settle(packetId, granted) {
        const subscription = this.subscriptions.find((candidate) => candidate.packetId === packetId);
        // Superseded by a later subscribe() for the same filter.
        if (subscription === undefined)
            return undefined;
        const code = granted[0];
        if (granted.length !== 1)
            return new MqttError("PROTOCOL", `expected one return code in SUBACK [MQTT-3.8.4-5], got ${granted.length}`);
        if (code > subscription.qos && code !== 0x80) {
            return new MqttError("PROTOCOL", `expected at most QoS ${subscription.qos} to be granted, got ${code} (§3.8.4)`);
        }
        subscription.settled = true;
        subscription.packetId = 0;
        if (code !== 0x80)
            return undefined;
        return new MqttError("SUBSCRIPTION_REFUSED", `expected leave to subscribe to ${JSON.stringify(subscription.filter)}, got refused [MQTT-3.9.3-2]`);
    }
    /** An identifier that nothing in flight holds [MQTT-2.3.1-2]; ends because far fewer than 65,535 can be in flight. */
    freePacketId() {
        for (;;) {
            this.lastPacketId = (this.lastPacketId % 0xffff) + 1;
            const id = this.lastPacketId;
            if (!this.inflight.some((message) => message.packetId === id) && !this.subscriptions.some((subscription) => subscription.packetId === id))
                return id;
        }
    }
}
