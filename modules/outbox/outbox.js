import { BlockReader, MARK_LENGTH } from "assay/outbox/block";
import { maxPayload, mount, note } from "assay/outbox/mount";
import { OutboxError } from "assay/outbox/outbox-error";
import { ACK, DATA, encodeNext, encodeRecord, HEADER_LENGTH, OPEN, OPEN_LENGTH, recordLength, START } from "assay/outbox/record";
export { OutboxError } from "assay/outbox/outbox-error";
/** Statements between their signature and the gateway's acknowledgement. */
export class Outbox {
    /** What was found besides good records when the flash was mounted. */
    recovered;
    /** Longest record, bytes. */
    maxRecordBytes;
    /**
     * Bytes for records on the whole flash. A record takes 24 bytes more than its own, rounded up to 4, and none crosses the end of a
     * block; a block counts as full until all its records are acknowledged.
     */
    capacity;
    reader;
    ackInterval;
    table;
    /** `table.floor` as flash has it */
    recordedFloor;
    /** where the record after the one read last is looked for */
    cursor = { sequence: -1, block: 0, at: 0 };
    /**
     * Mounts the flash: reads it once, and erases it if it holds something else.
     *
     * @throws OutboxError `BAD_FLASH`, `BAD_OPTION`, `FLASH`
     */
    constructor(options) {
        const { ackInterval = 16 } = options;
        if (!Number.isInteger(ackInterval) || ackInterval < 1)
            throw new OutboxError("BAD_OPTION", `expected ackInterval to be an integer ≥ 1, got ${ackInterval}`);
        this.ackInterval = ackInterval;
        this.reader = new BlockReader(options.flash);
        this.maxRecordBytes = maxPayload(this.reader);
        this.capacity = this.reader.blocks * (this.reader.recordSpace - OPEN_LENGTH);
        this.table = mount(this.reader);
        this.recovered = this.table.recovered;
        this.recordedFloor = this.table.floor;
        if (this.recovered.badBlocks > 0 && this.recovered.formatted) {
            for (let block = 0; block < this.reader.blocks; block++)
                if (!this.reader.blank(block))
                    this.erase(block);
        }
    }
    /** The newest record, or undefined in an outbox that never held one. */
    get head() {
        const { next } = this.table;
        if (next === undefined)
            return undefined;
        const readHead = () => this.readHead(next - 1);
        return {
            sequence: next - 1,
            get bytes() {
                return readHead();
            },
        };
    }
    /** Records that are not acknowledged. */
    get pending() {
        return this.table.next === undefined ? 0 : this.table.next - this.table.floor;
    }
    /** Sequence of the oldest record that is not acknowledged, or undefined if there is none. */
    get oldest() {
        return this.pending === 0 ? undefined : this.table.floor;
    }
    /** Whether `append` has room for a record of so many bytes. To be asked before a statement is made: what is signed has to be stored. */
    fits(byteLength) {
        if (!(byteLength >= 1 && byteLength <= this.maxRecordBytes))
            return false;
        const { current, next } = this.table;
        return next === undefined || this.fitsCurrent(recordLength(byteLength)) || this.nextBlock(current) !== undefined;
    }
    /**
     * Stores a record; it is durable when this returns. In an outbox that never held one, any sequence may be the first.
     *
     * @param sequence the head's + 1
     * @param bytes 1 to `maxRecordBytes`
     * @throws OutboxError `BAD_SEQUENCE`, `BAD_LENGTH`, `FULL`, `FLASH`; nothing that was stored before is lost
     */
    append(sequence, bytes) {
        const { table } = this;
        const right = table.next === undefined ? Number.isSafeInteger(sequence) && sequence >= 0 && sequence < Number.MAX_SAFE_INTEGER : sequence === table.next;
        if (!right)
            throw new OutboxError("BAD_SEQUENCE", `expected sequence ${table.next ?? "0 or more"}, got ${sequence}`);
        if (bytes.length < 1 || bytes.length > this.maxRecordBytes) {
            throw new OutboxError("BAD_LENGTH", `expected a record of 1 to ${this.maxRecordBytes} bytes, got ${bytes.length}`);
        }
        if (table.next === undefined)
            this.openFirst(sequence);
        else if (!this.fitsCurrent(recordLength(bytes.length)))
            this.openNext(table.next);
        const offset = this.write(DATA, sequence, bytes);
        note(table, table.current, sequence);
        table.next = sequence + 1;
        table.head = offset;
    }
    /** A pending record's bytes; undefined if it is acknowledged, was never stored, or is lost by damage. @throws OutboxError `FLASH` */
    read(sequence) {
        const { table, reader } = this;
        if (table.next === undefined || !Number.isInteger(sequence) || sequence < table.floor || sequence >= table.next)
            return undefined;
        for (let back = 0; back < reader.blocks; back++) {
            const block = (table.current - back + reader.blocks) % reader.blocks;
            if (table.counts[block] === 0 || sequence < table.firsts[block] || sequence > table.lasts[block])
                continue;
            const bytes = this.readFrom(block, sequence);
            if (bytes !== undefined)
                return bytes;
        }
        return undefined;
    }
    /**
     * Takes the acknowledgement of everything up to `sequence`, inclusive. One that is no news changes nothing.
     *
     * @param sequence from the network: not trusted
     * @throws OutboxError `BAD_ACK` beyond the head, negative or no integer: nothing is changed; `FLASH` if it could not be recorded
     */
    ack(sequence) {
        const { table } = this;
        if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence >= (table.next ?? 0)) {
            throw new OutboxError("BAD_ACK", `expected an acknowledgement of ${table.next === undefined ? "nothing" : `0 to ${table.next - 1}`}, got ${sequence}`);
        }
        if (sequence < table.floor)
            return;
        table.floor = sequence + 1;
        if (table.floor - this.recordedFloor >= this.ackInterval)
            this.flush();
    }
    /** Records acknowledgements on flash now, if there is room: before a planned stop. @throws OutboxError `FLASH` */
    flush() {
        const { table } = this;
        if (table.floor === this.recordedFloor || !this.fitsCurrent(HEADER_LENGTH))
            return;
        this.write(ACK, table.floor, new Uint8Array(0));
        this.recordedFloor = table.floor;
    }
    fitsCurrent(length) {
        const { current, ends } = this.table;
        return current >= 0 && ends[current] + length <= this.reader.recordSpace;
    }
    /** The block that may be opened, or undefined if that would lose something pending, or the head. */
    nextBlock(current) {
        const { counts, lasts, floor } = this.table;
        // Filled by torn writes alone: it can be had again, and the next block must not, because it may hold the head.
        if (counts[current] === 0)
            return current;
        const block = (current + 1) % this.reader.blocks;
        return counts[block] > 0 && lasts[block] >= floor ? undefined : block;
    }
    openFirst(sequence) {
        const { table } = this;
        const block = Math.max(0, table.current);
        this.openBlock(block, Math.max(1, table.generations[block]), START, sequence, sequence);
        table.floor = this.recordedFloor = sequence;
    }
    openNext(next) {
        const { table, reader } = this;
        const { current } = table;
        const block = this.nextBlock(current);
        if (block === undefined) {
            throw new OutboxError("FULL", `expected room for another record, got ${this.pending} pending records from sequence ${table.floor} on`);
        }
        if (block !== current && !reader.marked(current)) {
            this.program(new Uint8Array(MARK_LENGTH), (current + 1) * reader.blockLength - MARK_LENGTH);
        }
        this.openBlock(block, table.generations[current] + (block === current ? 0 : 1), OPEN, table.floor, next);
        this.recordedFloor = table.floor;
    }
    /** Erases a block and writes its first record; only then it is the current one, so that a failure is made good by another attempt. */
    openBlock(block, generation, kind, floor, next) {
        const { table, reader } = this;
        table.counts[block] = 0;
        this.erase(block);
        const offset = block * reader.blockLength;
        this.program(encodeRecord(kind, generation, floor, encodeNext(next), offset), offset);
        table.generations[block] = generation;
        table.ends[block] = OPEN_LENGTH;
        table.current = block;
        this.cursor = { sequence: -1, block, at: 0 };
    }
    /** Writes a record at the end of the current block; returns its offset on the flash. */
    write(kind, sequence, payload) {
        const { table, reader } = this;
        const { current } = table;
        const start = current * reader.blockLength;
        const end = table.ends[current];
        const record = encodeRecord(kind, table.generations[current], sequence, payload, start + end);
        // Until it is known how much was written, nothing else may be written there.
        table.ends[current] = reader.recordSpace;
        try {
            this.program(record, start + end);
        }
        catch (error) {
            table.superseded = true; // it may be valid all the same, and its sequence comes again
            table.ends[current] = Math.max(end, reader.end(current));
            throw error;
        }
        table.ends[current] = end + record.length;
        return start + end;
    }
    readFrom(block, sequence) {
        const { table, reader, cursor } = this;
        let bytes;
        let at = cursor.sequence === sequence && cursor.block === block ? cursor.at : 0;
        while (bytes === undefined || table.superseded) {
            const place = reader.find(block, at, table.ends[block]);
            if (place === undefined)
                break;
            at = place.offset - block * reader.blockLength + recordLength(place.header.length);
            if (place.header.kind !== DATA || place.header.sequence !== sequence)
                continue;
            bytes = place.payload;
            this.cursor = { sequence: sequence + 1, block, at };
        }
        return bytes;
    }
    readHead(sequence) {
        const { head } = this.table;
        const { reader } = this;
        if (head !== undefined) {
            const block = Math.floor(head / reader.blockLength);
            const at = head - block * reader.blockLength;
            const place = reader.find(block, at, at + 1);
            if (place?.header.sequence === sequence)
                return place.payload;
        }
        throw new OutboxError("HEAD_LOST", `expected the record of sequence ${sequence} on flash, got damage`);
    }
    erase(block) {
        try {
            this.reader.flash.eraseBlock(block);
        }
        catch (cause) {
            throw new OutboxError("FLASH", `expected to erase block ${block}, got ${String(cause)}`, { cause });
        }
    }
    /** Writes and reads back: worn flash takes a write and does not keep it. */
    program(bytes, offset) {
        try {
            this.reader.flash.write(bytes, offset);
        }
        catch (cause) {
            throw new OutboxError("FLASH", `expected to write ${bytes.length} bytes at ${offset}, got ${String(cause)}`, { cause });
        }
        const written = this.reader.read(bytes.length, offset);
        if (written.some((byte, i) => byte !== bytes[i]))
            throw new OutboxError("FLASH", `expected ${bytes.length} bytes at ${offset} to read back as written, got others`);
    }
}
