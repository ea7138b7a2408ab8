import test from "ava";
import fc from "fast-check";
import { crc32 as zlibCrc32 } from "node:zlib";
import { crc32 } from "assay/outbox/crc32";
import { DATA, encodeRecord, HEADER_LENGTH, parseHeader, recordCrc, recordLength } from "assay/outbox/record";

test("crc32 is that of zlib, in one piece or in several", (t) => {
  t.is(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => crc32(b, crc32(a)) === zlibCrc32(Buffer.concat([a, b]))));
  t.pass();
});

test("a record's header and CRC are found again, and at no other place", (t) => {
  const any = fc.record({
    generation: fc.integer({ min: 0, max: 0xffffffff }),
    sequence: fc.maxSafeNat(),
    payload: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
    offset: fc.integer({ min: 0, max: 0xfffffff0 }),
  });
  fc.assert(
    fc.property(any, ({ generation, sequence, payload, offset }) => {
      const bytes = encodeRecord(DATA, generation, sequence, payload, offset);
      t.is(bytes.length, recordLength(payload.length));
      t.is(bytes.length % 4, 0);
      const header = parseHeader(bytes)!;
      t.like(header, { kind: DATA, generation, sequence, length: payload.length });
      const stored = bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + header.length);
      t.is(recordCrc(bytes, stored, offset), header.crc);
      t.not(recordCrc(bytes, stored, offset + 4), header.crc);
    }),
  );
});

test("erased flash, and random bytes, are no header", (t) => {
  t.is(parseHeader(new Uint8Array(HEADER_LENGTH).fill(0xff)), undefined);
  t.is(parseHeader(new Uint8Array(HEADER_LENGTH)), undefined);
});
