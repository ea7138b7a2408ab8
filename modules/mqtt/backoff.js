/**
 * Exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015): each pause is
 * evenly distributed from 0 to a ceiling that doubles with every failure. So a fleet that lost its broker at one instant comes
 * back spread out.
 */
export class Backoff {
    bounds;
    random;
    failures = 0;
    /** @param random evenly distributed in [0, 1) */
    constructor(bounds, random) {
        this.bounds = bounds;
        this.random = random;
    }
    /**
     * The pause before the next attempt, milliseconds.
     *
     * @param connectedMs how long the connection that ended had held, 0 if none came about. Only one that held longer than the
     *   present ceiling starts the series anew: a broker that accepts and then drops (another client with the same id, say
     *   [MQTT-3.1.4-2]) must not be hammered.
     */
    next(connectedMs) {
        const ceiling = this.ceiling();
        if (connectedMs > ceiling)
            this.failures = 0;
        const pause = this.random() * this.ceiling();
        if (this.ceiling() < this.bounds.maxMs)
            this.failures++;
        return pause;
    }
    ceiling() {
        return Math.min(this.bounds.maxMs, this.bounds.minMs * 2 ** this.failures);
    }
}
