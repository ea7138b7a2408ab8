/**
 * When to ping and when to give a broker up (§3.1.2.10, §3.12). Pure: times come in, in milliseconds of one monotonic clock.
 *
 * It pings when for most of the keep-alive time nothing was sent, as MQTT asks, or nothing was received: a client that only sends
 * would otherwise learn of a dead connection no sooner than TCP gives up, after a quarter of an hour.
 */
export class KeepAlive {
    idleMs;
    /** from PINGREQ to PINGRESP */
    timeoutMs;
    sentAt = 0;
    receivedAt = 0;
    pingedAt;
    partialAt = 0;
    /**
     * @param keepAliveMs > 0; PINGREQ has to be there within that time [MQTT-3.1.2-23], so it goes out after three quarters of it
     * @param responseTimeoutMs > 0; capped at `keepAliveMs`, since meanwhile no other PINGREQ goes out
     */
    constructor(keepAliveMs, responseTimeoutMs) {
        this.idleMs = keepAliveMs * 0.75;
        this.timeoutMs = Math.min(responseTimeoutMs, keepAliveMs);
    }
    /** The broker accepted the connection. */
    start(now) {
        this.sentAt = this.receivedAt = this.partialAt = now;
        this.pingedAt = undefined;
    }
    sent(now) {
        this.sentAt = now;
    }
    /** @param partial whether these bytes continue a packet that had begun: PINGRESP stands behind it, however long it is */
    received(now, partial) {
        this.receivedAt = now;
        if (partial)
            this.partialAt = now;
    }
    /** PINGREQ goes out. */
    pinged(now) {
        this.pingedAt = now;
    }
    /** PINGRESP came. */
    answered() {
        this.pingedAt = undefined;
    }
    /**
     * What is due.
     *
     * @returns `ping`, or `dead` (no PINGRESP in time), or the milliseconds until something may be due, > 0
     */
    check(now) {
        if (this.pingedAt === undefined) {
            const left = Math.min(this.sentAt, this.receivedAt) + this.idleMs - now;
            return left > 0 ? left : "ping";
        }
        const left = Math.max(this.pingedAt, this.partialAt) + this.timeoutMs - now;
        return left > 0 ? left : "dead";
    }
}
