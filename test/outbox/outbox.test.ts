import test from "ava";
import { Outbox, OutboxError, type OutboxErrorCode } from "assay/outbox";
import { ACK, DATA, encodeRecord } from "assay/outbox/record";
import type { ExecutionContext } from "ava";
import { seeded, SimulatedFlash } from "./simulated-flash.ts";

const flashOf = (blocks = 4, blockLength = 512, writeAlign = 4) => new SimulatedFlash({ blocks, blockLength, writeAlign, random: seeded(1) });

/** A record whose bytes say its sequence. */
const record = (sequence: number, length = 100) => new Uint8Array(length).fill(sequence & 0xff);

function throwsCode(t: ExecutionContext, code: OutboxErrorCode, action: () => unknown, message?: RegExp): OutboxError | undefined {
  const error = t.throws(action, { instanceOf: OutboxError });
  t.is(error?.code, code);
  if (message !== undefined) t.regex(error?.message ?? "", message);
  return error;
}

/** Appends until FULL; returns the number of records stored. */
function fill(outbox: Outbox, length = 100): number {
  let stored = 0;
  for (let sequence = (outbox.head?.sequence ?? -1) + 1; outbox.fits(length); sequence++, stored++) outbox.append(sequence, record(sequence, length));
  return stored;
}

test("a new outbox is empty and says that the flash was new", (t) => {
  const outbox = new Outbox({ flash: flashOf() });
  t.deepEqual(outbox.recovered, { formatted: true, tornRecords: 0, badBlocks: 0, missing: 0 });
  t.is(outbox.head, undefined);
  t.is(outbox.oldest, undefined);
  t.is(outbox.pending, 0);
  t.is(outbox.read(0), undefined);
});

test("what was appended is read back, before and after a restart", (t) => {
  const flash = flashOf();
  const first = new Outbox({ flash });
  for (let i = 0; i < 7; i++) first.append(i, record(i, 20 + i));
  for (const outbox of [first, new Outbox({ flash })]) {
    t.is(outbox.pending, 7);
    t.is(outbox.oldest, 0);
    t.is(outbox.head?.sequence, 6);
    t.deepEqual(outbox.head?.bytes, record(6, 26));
    for (const i of [0, 1, 2, 6, 3, 5, 4]) t.deepEqual(outbox.read(i), record(i, 20 + i));
    t.is(outbox.read(7), undefined);
    t.is(outbox.read(-1), undefined);
    t.is(outbox.read(0.5), undefined);
  }
  t.deepEqual(new Outbox({ flash }).recovered, { formatted: false, tornRecords: 0, badBlocks: 0, missing: 0 });
});

test("ack is cumulative and inclusive, and an old one changes nothing", (t) => {
  const outbox = new Outbox({ flash: flashOf() });
  for (let i = 0; i < 5; i++) outbox.append(i, record(i));
  outbox.ack(2);
  t.is(outbox.pending, 2);
  t.is(outbox.oldest, 3);
  t.is(outbox.read(2), undefined);
  t.deepEqual(outbox.read(3), record(3));
  outbox.ack(2);
  outbox.ack(0);
  t.is(outbox.oldest, 3);
  outbox.ack(4);
  t.is(outbox.oldest, undefined);
  t.deepEqual(outbox.head?.bytes, record(4), "the head survives its acknowledgement");
});

test("an acknowledgement of what was never stored is refused and harms nothing", (t) => {
  const outbox = new Outbox({ flash: flashOf() });
  throwsCode(t, "BAD_ACK", () => outbox.ack(0), /expected an acknowledgement of nothing, got 0/);
  for (let i = 0; i < 3; i++) outbox.append(i, record(i));
  for (const sequence of [3, 4, 2 ** 32, 2 ** 53, Infinity, NaN, -1, 1.5, -0.5]) throwsCode(t, "BAD_ACK", () => outbox.ack(sequence));
  t.is(outbox.oldest, 0);
  t.is(outbox.pending, 3);
});

test("a sequence that does not follow the head, and a record of no length or too long, are refused", (t) => {
  const outbox = new Outbox({ flash: flashOf() });
  throwsCode(t, "BAD_SEQUENCE", () => outbox.append(-1, record(0)));
  throwsCode(t, "BAD_SEQUENCE", () => outbox.append(0.5, record(0)));
  throwsCode(t, "BAD_SEQUENCE", () => outbox.append(2 ** 53 - 1, record(0)));
  outbox.append(0, record(0));
  throwsCode(t, "BAD_SEQUENCE", () => outbox.append(0, record(0)), /expected sequence 1, got 0/);
  throwsCode(t, "BAD_SEQUENCE", () => outbox.append(2, record(0)));
  throwsCode(t, "BAD_LENGTH", () => outbox.append(1, new Uint8Array(0)));
  throwsCode(t, "BAD_LENGTH", () => outbox.append(1, new Uint8Array(outbox.maxRecordBytes + 1)));
  t.false(outbox.fits(0));
  t.false(outbox.fits(outbox.maxRecordBytes + 1));
  outbox.append(1, new Uint8Array(outbox.maxRecordBytes));
  t.deepEqual(outbox.read(1), new Uint8Array(outbox.maxRecordBytes));
});

test("a chain that began elsewhere goes on: the first sequence of an empty outbox is free, up to 2^53 − 2", (t) => {
  for (const start of [1, 70_000, 2 ** 33 + 5, 2 ** 53 - 3]) {
    const flash = flashOf();
    const outbox = new Outbox({ flash });
    outbox.append(start, record(1));
    outbox.append(start + 1, record(2));
    outbox.ack(start);
    outbox.flush();
    const again = new Outbox({ flash });
    t.is(again.oldest, start + 1);
    t.is(again.head?.sequence, start + 1);
    t.is(again.recovered.missing, 0);
  }
});

test("a record of 2 KB fits a block of 4 KB", (t) => {
  const outbox = new Outbox({ flash: flashOf(2, 4096) });
  t.true(outbox.maxRecordBytes >= 4000);
  outbox.append(0, record(7, 2048));
  t.deepEqual(outbox.read(0), record(7, 2048));
});

test("a full outbox says FULL, loses nothing, and goes on when the oldest block is acknowledged", (t) => {
  const flash = flashOf();
  const outbox = new Outbox({ flash });
  const stored = fill(outbox);
  t.true(stored * (100 + 24) > outbox.capacity * 0.7);
  for (let attempt = 0; attempt < 3; attempt++) throwsCode(t, "FULL", () => outbox.append(stored, record(stored)), /got \d+ pending records/);
  for (const box of [outbox, new Outbox({ flash })]) {
    for (let i = 0; i < stored; i++) t.deepEqual(box.read(i), record(i));
    t.is(box.pending, stored);
  }
  outbox.ack(0);
  t.false(outbox.fits(100), "one acknowledged record does not free a block of several");
  outbox.ack(3);
  t.true(outbox.fits(100));
  outbox.append(stored, record(stored));
  t.deepEqual(outbox.read(4), record(4));
  t.deepEqual(outbox.read(stored), record(stored));
});

test("acknowledgements are on flash after ackInterval of them, or after flush", (t) => {
  const flash = flashOf(8);
  const outbox = new Outbox({ flash, ackInterval: 4 });
  for (let i = 0; i < 12; i++) outbox.append(i, record(i, 40));
  outbox.ack(8); // the blocks opened so far know of none
  t.is(new Outbox({ flash }).oldest, 9);
  outbox.ack(9);
  t.is(new Outbox({ flash }).oldest, 9, "sent again, not lost");
  outbox.flush();
  t.is(new Outbox({ flash }).oldest, 10);
  const worked = flash.worked;
  outbox.flush();
  t.is(flash.worked, worked, "nothing new, nothing written");
});

test("flash that holds something else is erased, and recovered says so", (t) => {
  const flash = flashOf();
  const random = seeded(3);
  for (let i = 0; i < 1024; i++) flash.bytes[i] = Math.floor(random() * 256);
  const outbox = new Outbox({ flash });
  t.deepEqual(outbox.recovered, { formatted: true, tornRecords: 0, badBlocks: 2, missing: 0 });
  t.true(flash.bytes.every((byte) => byte === 0xff));
  t.deepEqual([...flash.erasures], [1, 1, 0, 0], "blank blocks are not worn");
  outbox.append(0, record(0));
  t.false(new Outbox({ flash }).recovered.formatted);
});

test("any garbage on flash mounts to an outbox that works", (t) => {
  const random = seeded(11);
  for (let round = 0; round < 200; round++) {
    const flash = flashOf();
    const fullness = random();
    flash.bytes.forEach((_, i) => {
      if (random() < fullness) flash.bytes[i] = random() < 0.2 ? 0xa5 : random() < 0.2 ? 0x0b : Math.floor(random() * 256);
    });
    const outbox = new Outbox({ flash });
    outbox.append(0, record(round));
    t.deepEqual(new Outbox({ flash }).head?.bytes, record(round));
  }
});

test("damage in the middle costs the records it hits and no others", (t) => {
  const random = seeded(5);
  for (let round = 0; round < 300; round++) {
    const flash = flashOf();
    const outbox = new Outbox({ flash });
    const stored = fill(outbox, 60);
    // A few bytes anywhere but in the newest record; real decay changes bits both ways.
    const headAt = (() => {
      const needle = Buffer.from(record(stored - 1, 60));
      return Buffer.from(flash.bytes).indexOf(needle) - 24;
    })();
    const hit = Math.floor(random() * (headAt - 8));
    const length = 1 + Math.floor(random() * 8);
    for (let i = 0; i < length; i++) flash.bytes[hit + i]! ^= 1 + Math.floor(random() * 255);
    const after = new Outbox({ flash });
    t.is(after.head?.sequence, stored - 1);
    t.deepEqual(after.head?.bytes, record(stored - 1, 60));
    t.is(after.oldest, 0);
    const lost: number[] = [];
    for (let i = 0; i < stored; i++) {
      const bytes = after.read(i);
      if (bytes === undefined) lost.push(i);
      else t.deepEqual(bytes, record(i, 60));
    }
    t.is(after.recovered.missing, lost.length);
    t.true(lost.length <= 2, `${lost.length} records lost to ${length} bytes`);
    after.ack(stored - 1);
    after.append(stored, record(stored));
    t.deepEqual(after.read(stored), record(stored));
  }
});

test("a newest record that is damaged but known to have existed is not forgotten: the chain does not fork", (t) => {
  const flash = flashOf();
  const outbox = new Outbox({ flash });
  for (let i = 0; i < 3; i++) outbox.append(i, record(i));
  outbox.ack(2);
  outbox.flush();
  const at = Buffer.from(flash.bytes).indexOf(Buffer.from(record(2)));
  flash.bytes[at + 50] = 0;
  const after = new Outbox({ flash });
  t.is(after.head?.sequence, 2);
  throwsCode(t, "HEAD_LOST", () => after.head?.bytes, /sequence 2/);
  throwsCode(t, "BAD_SEQUENCE", () => after.append(2, record(9)));
  after.append(3, record(3));
  t.deepEqual(new Outbox({ flash }).head?.bytes, record(3));
});

test("records that contradict each other are believed in the order in which they were written", (t) => {
  const flash = flashOf();
  const outbox = new Outbox({ flash });
  outbox.append(0, record(0, 40));
  let at = 32 + 64;
  for (const [kind, sequence, payload] of [
    [DATA, 1, record(1, 40)],
    [DATA, 1, record(11, 40)],
    [ACK, 2, new Uint8Array(0)],
    [DATA, 0, record(10, 40)],
  ] as const) {
    const bytes = encodeRecord(kind, 1, sequence, payload, at);
    flash.write(bytes, at);
    at += bytes.length;
  }
  const after = new Outbox({ flash });
  t.is(after.head?.sequence, 1, "sequence 1 was acknowledged, so it existed");
  t.is(after.pending, 0);
  throwsCode(t, "HEAD_LOST", () => after.head?.bytes);
  throwsCode(t, "BAD_SEQUENCE", () => after.append(1, record(1)));
  after.append(2, record(2));
  t.deepEqual(after.read(2), record(2));
});

test("decay of the head under a running outbox is noticed when it is read", (t) => {
  const flash = flashOf();
  const outbox = new Outbox({ flash });
  outbox.append(0, record(0));
  flash.bytes[60]! ^= 1;
  throwsCode(t, "HEAD_LOST", () => outbox.head?.bytes);
  t.is(outbox.read(0), undefined);
});

test("a record within a record is not taken for one", (t) => {
  const source = flashOf();
  const other = new Outbox({ flash: source });
  other.append(0, record(1, 40));
  other.append(1, record(2, 40));
  const image = source.bytes.slice(32, 32 + 128); // two whole records
  const flash = flashOf();
  const outbox = new Outbox({ flash });
  outbox.append(0, image);
  flash.bytes[32 + 21]! ^= 1; // the outer record's CRC
  const after = new Outbox({ flash });
  t.is(after.head, undefined);
  t.is(after.pending, 0);
});

test("flash that fails to write or to erase is an error of code FLASH with its cause, and the next attempt goes on", (t) => {
  const flash = flashOf();
  const outbox = new Outbox({ flash });
  outbox.append(0, record(0, 40));
  const write = flash.write.bind(flash);
  const broken = new Error("worn out");
  let failing = true;
  flash.write = (buffer, offset) => {
    const bytes = new Uint8Array(buffer as Uint8Array);
    if (!failing) return write(bytes, offset);
    write(bytes.slice(0, 36), offset);
    throw broken;
  };
  const error = throwsCode(t, "FLASH", () => outbox.append(1, record(1, 40)), /worn out/);
  t.is(error?.cause, broken);
  t.is(outbox.head?.sequence, 0);
  failing = false;
  outbox.append(1, record(1, 40));
  t.deepEqual(outbox.read(1), record(1, 40));

  // A write that fails after all bytes are there: the caller appends again, and what it appends then counts.
  flash.write = (buffer, offset) => {
    write(buffer, offset);
    throw broken;
  };
  throwsCode(t, "FLASH", () => outbox.append(2, record(77, 40)));
  flash.write = write;
  outbox.append(2, record(2, 40));
  for (const box of [outbox, new Outbox({ flash })]) {
    t.deepEqual(box.read(2), record(2, 40));
    t.deepEqual(box.head?.bytes, record(2, 40));
    t.is(box.pending, 3);
  }

  flash.eraseBlock = () => {
    throw broken;
  };
  outbox.ack(2);
  t.is(throwsCode(t, "FLASH", () => fill(outbox))?.cause, broken);
  flash.read = () => {
    throw broken;
  };
  t.is(throwsCode(t, "FLASH", () => new Outbox({ flash }))?.cause, broken);
});

test("flash that takes a write and does not keep it is noticed", (t) => {
  const flash = flashOf();
  const outbox = new Outbox({ flash });
  outbox.append(0, record(0));
  const write = flash.write.bind(flash);
  flash.write = (buffer, offset) => {
    write(buffer, offset);
    flash.bytes[offset + 30]! ^= 4;
  };
  throwsCode(t, "FLASH", () => outbox.append(1, record(1)), /read back as written/);
  flash.write = write;
  outbox.append(1, record(1));
  t.deepEqual(new Outbox({ flash }).read(1), record(1));
});

test("a geometry that cannot be used is refused", (t) => {
  for (const change of [{ blocks: 1 }, { blockLength: 128 }, { blockLength: 514 }, { blockLength: 1 << 17 }, { writeAlign: 8 }, { eraseValue: 0 }, { size: 100 }, { blocks: NaN }]) {
    const flash = flashOf();
    const status = { ...flash.status(), ...change };
    flash.status = () => status;
    throwsCode(t, "BAD_FLASH", () => new Outbox({ flash }));
  }
  throwsCode(t, "BAD_OPTION", () => new Outbox({ flash: flashOf(), ackInterval: 0 }));
});

test("all blocks wear alike, and a kilobyte of records costs little more than a kilobyte of erasure", (t) => {
  const flash = flashOf(16, 4096);
  const outbox = new Outbox({ flash });
  let payload = 0;
  for (let sequence = 0; sequence < 10_000; sequence++) {
    outbox.append(sequence, record(sequence, 250));
    payload += 250;
    outbox.ack(sequence);
  }
  const most = Math.max(...flash.erasures);
  const least = Math.min(...flash.erasures);
  t.true(most - least <= 1, `${least} to ${most} erasures`);
  const erased = flash.erasures.reduce((sum, count) => sum + count, 0) * 4096;
  t.true(erased / payload < 1.25, `${(erased / payload).toFixed(3)} bytes erased for each byte stored`);
});

test("reading in order touches each byte a few times at most", (t) => {
  const flash = flashOf(16, 4096);
  const outbox = new Outbox({ flash });
  const stored = fill(outbox, 250);
  let bytesRead = 0;
  const read = flash.read.bind(flash);
  flash.read = (length, offset) => {
    bytesRead += length;
    return read(length, offset);
  };
  for (let sequence = 0; sequence < stored; sequence++) outbox.read(sequence);
  t.true(bytesRead < 2 * flash.bytes.length, `${bytesRead} bytes read of ${flash.bytes.length}`);
});
