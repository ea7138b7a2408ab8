/** Packets on their way to a socket that says how many bytes it takes (ECMA-419 `onWritable`). */
export class Output {
    queue = [];
    /** how much of the first packet is gone */
    sent = 0;
    budget = 0;
    queuedBytes = 0;
    /** bytes that wait */
    get bytes() {
        return this.queuedBytes;
    }
    /** packets that wait, a begun one included */
    get packets() {
        return this.queue.length;
    }
    push(packet) {
        this.queue.push(packet);
        this.queuedBytes += packet.length;
    }
    /** The socket now takes `bytes` without waiting: this replaces what it said before. */
    offer(bytes) {
        this.budget = bytes;
    }
    /**
     * Writes what fits in the budget, a packet in pieces if need be.
     *
     * @returns whether anything was written
     */
    flush(write) {
        let wrote = false;
        while (this.budget > 0) {
            const packet = this.queue[0];
            if (packet === undefined)
                break;
            const end = Math.min(packet.length, this.sent + this.budget);
            const piece = this.sent === 0 && end === packet.length ? packet : packet.subarray(this.sent, end);
            // Counted before the call: a socket that fails may call back and clear this queue.
            this.budget -= piece.length;
            this.queuedBytes -= piece.length;
            this.sent = end;
            if (end === packet.length) {
                this.queue.shift();
                this.sent = 0;
            }
            write(piece);
            wrote = true;
        }
        return wrote;
    }
    /** Forgets everything: a new connection begins with nothing to send and no budget. */
    clear() {
        this.queue = [];
        this.sent = this.budget = this.queuedBytes = 0;
    }
}
