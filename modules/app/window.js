/**
 * A sliding window over samples: the last `length` of them, given out every `hop` samples once it is full.
 */
export class SlidingWindow {
    /** the window's values, row-major `[sample][channel]`, oldest first; valid after `push` returned true, until the next `push` */
    values;
    channels;
    hop;
    length;
    filled = 0;
    toSkip = 0;
    constructor(options) {
        this.channels = options.channels;
        this.hop = options.hop;
        this.length = options.length;
        this.values = new Float32Array(options.length * options.channels);
    }
    /**
     * Adds a sample of `channels` values (rounded to binary32).
     * @returns whether a window is complete now: at sample `length`, then every `hop` samples
     */
    push(sample) {
        if (this.filled === this.length) {
            const dropped = Math.min(this.hop, this.length);
            this.values.copyWithin(0, dropped * this.channels);
            this.filled -= dropped;
            this.toSkip = this.hop - dropped;
        }
        if (this.toSkip > 0) {
            this.toSkip--;
            return false;
        }
        const start = this.filled * this.channels;
        for (let channel = 0; channel < this.channels; channel++)
            this.values[start + channel] = sample[channel];
        this.filled++;
        return this.filled === this.length;
    }
}
