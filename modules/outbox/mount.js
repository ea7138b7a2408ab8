import { ACK, DATA, decodeNext, OPEN, OPEN_LENGTH, recordLength, START } from "assay/outbox/record";
/** @throws OutboxError `FLASH` */
export function mount(reader) {
    const { blocks } = reader;
    const found = {
        generations: new Uint32Array(blocks),
        ends: new Uint32Array(blocks),
        counts: new Uint16Array(blocks),
        firsts: new Float64Array(blocks),
        lasts: new Float64Array(blocks),
        current: -1,
        floor: 0,
        next: undefined,
        head: undefined,
        superseded: false,
        recovered: { formatted: true, tornRecords: 0, badBlocks: 0, missing: 0 },
    };
    for (let block = 0; block < blocks; block++) {
        found.ends[block] = reader.end(block);
        const first = reader.find(block, 0, found.ends[block]);
        if (first === undefined)
            continue;
        found.generations[block] = first.header.generation;
        if (found.current < 0 || first.header.generation > found.generations[found.current])
            found.current = block;
    }
    const badBlock = (block) => found.generations[block] === 0 && !reader.blank(block);
    if (found.current < 0) {
        let badBlocks = 0;
        for (let block = 0; block < blocks; block++)
            if (badBlock(block))
                badBlocks++;
        found.recovered = { formatted: true, tornRecords: 0, badBlocks, missing: 0 };
        return found;
    }
    // The block that was being reused: nothing in it counts, whatever state its erasure was cut off in.
    const given = reader.marked(found.current) ? (found.current + 1) % blocks : -1;
    if (given >= 0)
        found.generations[given] = 0;
    const history = new History();
    let tornRecords = 0;
    let badBlocks = 0;
    for (const block of byGeneration(found.generations))
        tornRecords += scan(reader, found, block, history);
    for (let block = 0; block < blocks; block++)
        if (block !== given && badBlock(block))
            badBlocks++;
    let missing = 0;
    if (history.began) {
        found.floor = Math.max(history.floor, given < 0 && history.floor >= 0 ? 0 : history.first);
        // An acknowledgement of a record that is not to be found proves that it existed.
        if (found.floor > history.next)
            history.lose(found.floor);
        found.next = history.next;
        found.head = history.head;
        found.superseded = history.superseded;
        missing = Math.max(0, found.next - found.floor - readable(reader, found));
    }
    found.recovered = { formatted: false, tornRecords, badBlocks, missing };
    return found;
}
/** Blocks that count, oldest first. */
function byGeneration(generations) {
    const order = [];
    generations.forEach((generation, block) => {
        if (generation > 0)
            order.push(block);
    });
    return order.sort((a, b) => generations[a] - generations[b]);
}
/** What the records tell, read in the order in which they were written. */
class History {
    /** whether there ever was a statement */
    began = false;
    /** everything before it was acknowledged; -1 if no record says */
    floor = -1;
    /** the smallest sequence that the oldest block may hold */
    first = -1;
    next = 0;
    head;
    superseded = false;
    /** A record proves that everything before `next` had been written. */
    lose(next) {
        this.next = next;
        this.head = undefined;
    }
}
/** Reads all records of a block into the table and the history; returns the number of torn stretches. */
function scan(reader, found, block, history) {
    const end = found.ends[block];
    let torn = 0;
    let at = 0;
    for (;;) {
        const place = reader.find(block, at, end);
        if (place === undefined)
            break;
        const { header, payload, offset } = place;
        const within = offset - block * reader.blockLength;
        if (within > at)
            torn++;
        at = within + recordLength(header.length);
        if (header.generation !== found.generations[block])
            continue;
        if (header.kind === DATA) {
            if (history.began && header.sequence < history.next)
                history.superseded = true;
            history.began = true;
            if (history.first < 0)
                history.first = header.sequence;
            history.next = header.sequence + 1;
            history.head = offset;
            note(found, block, header.sequence);
            continue;
        }
        history.floor = Math.max(history.floor, header.sequence);
        const next = header.kind === ACK ? header.sequence : decodeNext(payload);
        if (next === undefined)
            continue;
        if (header.kind !== START)
            history.began = true;
        if (header.kind === OPEN || header.kind === START) {
            if (history.first < 0)
                history.first = next;
        }
        if (next > history.next)
            history.lose(next);
    }
    if (at < end)
        torn++;
    found.ends[block] = Math.max(at, end);
    return torn;
}
/** Enters a DATA record into a block's row. */
export function note(found, block, sequence) {
    const none = found.counts[block] === 0;
    found.firsts[block] = none ? sequence : Math.min(found.firsts[block], sequence);
    found.lasts[block] = none ? sequence : Math.max(found.lasts[block], sequence);
    found.counts[block]++;
}
/** How many pending statements have a record. */
function readable(reader, found) {
    let sum = 0;
    for (let block = 0; block < reader.blocks; block++) {
        const first = found.firsts[block];
        const last = found.lasts[block];
        if (found.counts[block] === 0 || last < found.floor)
            continue;
        if (found.counts[block] === last - first + 1) {
            sum += last - Math.max(first, found.floor) + 1;
            continue;
        }
        for (let at = 0;;) {
            const place = reader.find(block, at, found.ends[block]);
            if (place === undefined)
                break;
            at = place.offset - block * reader.blockLength + recordLength(place.header.length);
            if (place.header.kind === DATA && place.header.sequence >= found.floor)
                sum++;
        }
    }
    return sum;
}
/** Payload bytes that fit one record: a block less what opens it, the mark and a header. */
export function maxPayload(reader) {
    return reader.recordSpace - OPEN_LENGTH - recordLength(0);
}
