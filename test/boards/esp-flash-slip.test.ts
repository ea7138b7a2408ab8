import test from "ava";
import fc from "fast-check";
import { checksum, decodeReply, encodeCommand, words } from "../../boards/esp-flash/rom-command.ts";
import { SlipDecoder, slipEncode } from "../../boards/esp-flash/slip.ts";

const bytes = fc.uint8Array({ maxLength: 300 });
/** Bytes that SLIP has to escape are as frequent as all others together. */
const awkward = fc.array(fc.oneof(fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 200 }).map((list) => Uint8Array.from(list));

test("A SLIP frame is the trace of Espressif's documentation: READ_REG 0x40001000", (t) => {
  t.is(Buffer.from(slipEncode(encodeCommand("READ_REG", words(0x40001000)))).toString("hex"), "c0000a04000000000000100040c0");
});

test("Frames go through SLIP unchanged, however they are cut into reads and whatever noise comes before", (t) => {
  fc.assert(
    fc.property(fc.array(awkward, { minLength: 1, maxLength: 6 }), fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 17 }), (frames, noise, step) => {
      const decoder = new SlipDecoder();
      const line = Buffer.concat([noise.filter((byte) => byte !== 0xc0), ...frames.map(slipEncode)]);
      const got: Uint8Array[] = [];
      for (let at = 0; at < line.length; at += step) got.push(...decoder.push(line.subarray(at, at + step)));
      t.deepEqual(got, frames);
    }),
    { seed: 1 },
  );
});

test("Any bytes give frames or none, and never more than the limit is kept", (t) => {
  fc.assert(
    fc.property(awkward, (line) => {
      const frames = new SlipDecoder(50).push(line);
      t.true(frames.every(({ length }) => length >= 1 && length <= 50));
    }),
    { seed: 2 },
  );
});

test("A frame with an unknown escape is dropped, and the next one is whole", (t) => {
  const decoder = new SlipDecoder();
  t.deepEqual(decoder.push(Uint8Array.of(0xc0, 1, 0xdb, 7, 2, 0xc0, 3, 0xc0)), [Uint8Array.of(3)]);
  t.is(decoder.dropped, 1);
});

test("A reply is as long as it says, has a status, and goes to the host", (t) => {
  t.deepEqual(decodeReply(Uint8Array.of(1, 0x0a, 4, 0, 9, 0, 0, 0, 0, 0, 0, 0)), { command: 0x0a, value: 9, data: Uint8Array.of(0, 0, 0, 0) });
  for (const frame of [[0, 0x0a, 4, 0, 9, 0, 0, 0, 0, 0, 0, 0], [1, 0x0a, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0], [1, 0x0a, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0], [1, 0x0a]]) t.is(decodeReply(Uint8Array.from(frame)), undefined);
});

test("Any frame is a reply or none, and never throws", (t) => {
  fc.assert(
    fc.property(bytes, (frame) => {
      const reply = decodeReply(frame);
      t.true(reply === undefined || reply.data.length >= 2);
    }),
    { seed: 3 },
  );
});

test("The checksum begins with 0xEF and is the exclusive or of the data", (t) => {
  t.is(checksum(new Uint8Array()), 0xef);
  t.is(checksum(Uint8Array.of(0xef)), 0);
  t.is(checksum(Uint8Array.of(1, 2, 4)), 0xef ^ 7);
});
