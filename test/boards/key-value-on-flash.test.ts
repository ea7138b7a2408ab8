import test from "ava";
import fc from "fast-check";
import { FlashKeyValueStore, KeyValueError } from "../../runtime/device/flash-key-value-store.ts";
import { PowerCut, SimulatedFlash } from "../outbox/simulated-flash.ts";

const geometry = { blocks: 2, blockLength: 256, writeAlign: 1 };
const text = (value: ArrayBuffer | undefined): string | undefined => value && Buffer.from(value).toString();

test("a key has the value that was last written, over mounts and compactions, until it is deleted", (t) => {
  t.notThrows(() => fc.assert(
    fc.property(fc.array(fc.record({ key: fc.constantFrom("key", "boots", "a"), value: fc.option(fc.uint8Array({ maxLength: 40 })), mount: fc.boolean() }), { maxLength: 60 }), (steps) => {
      const flash = new SimulatedFlash(geometry);
      let store = new FlashKeyValueStore(flash);
      const model = new Map<string, Buffer>();
      for (const { key, value, mount } of steps) {
        if (value === null) store.delete(key);
        else store.write(key, value);
        if (value === null) model.delete(key);
        else model.set(key, Buffer.from(value));
        if (mount) store = new FlashKeyValueStore(flash);
        for (const name of ["key", "boots", "a"]) {
          const kept = store.read(name);
          if (!(kept === undefined ? !model.has(name) : model.get(name)?.equals(Buffer.from(kept)))) return false;
        }
      }
      return true;
    }),
    { seed: 4, numRuns: 300 },
  ));
});

test("a power cut at any byte leaves the old value or the new one, and every other key as it was", (t) => {
  let cuts = 0;
  for (let at = 0; at < 3000; at++) {
    const flash = new SimulatedFlash({ ...geometry, random: () => 0.37 + (at % 7) / 16 });
    const store = new FlashKeyValueStore(flash);
    store.write("key", Buffer.from("never changes"));
    flash.cutAfter(at);
    let written = -1;
    try {
      for (let count = 0; count < 60; count++) {
        store.write("boots", Buffer.from(`boot ${count}`));
        written = count;
      }
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      cuts++;
    }
    flash.powerOn();
    const after = new FlashKeyValueStore(flash);
    t.is(text(after.read("key")), "never changes", `cut after ${at} bytes`);
    const boots = text(after.read("boots"));
    t.true(boots === (written < 0 ? undefined : `boot ${written}`) || boots === `boot ${written + 1}`, `cut after ${at} bytes: ${written} were written, got ${boots}`);
    // And it goes on.
    after.write("boots", Buffer.from("on"));
    t.is(text(new FlashKeyValueStore(flash).read("boots")), "on");
  }
  t.true(cuts > 1500);
});

test("what makes no sense is refused by code, and nothing changes", (t) => {
  const store = new FlashKeyValueStore(new SimulatedFlash(geometry));
  store.write("key", Buffer.from("kept"));
  for (const key of ["", "a/b", ".tmp", "k".repeat(65), "ü"]) {
    const refused = t.throws(() => store.write(key, new Uint8Array(1)), { instanceOf: KeyValueError });
    t.is(refused.code, "EINVAL");
    t.is(t.throws(() => store.read(key), { instanceOf: KeyValueError }).code, "EINVAL");
  }
  t.is(t.throws(() => store.write("long", new Uint8Array(4001)), { instanceOf: KeyValueError }).code, "EINVAL");
  t.is(t.throws(() => store.write("full", new Uint8Array(250)), { instanceOf: KeyValueError }).code, "ENOSPC");
  t.is(text(store.read("key")), "kept");
  t.is(t.throws(() => new FlashKeyValueStore(new SimulatedFlash({ ...geometry, blocks: 1 })), { instanceOf: KeyValueError }).code, "EIO");
});

test("random bytes on flash are no store: it starts empty, and what is damaged is not read", (t) => {
  t.notThrows(() => fc.assert(
    fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), fc.array(fc.record({ at: fc.nat(511), bit: fc.nat(7) }), { maxLength: 8 }), (noise, flips) => {
      const blank = new SimulatedFlash(geometry);
      blank.bytes.set(noise);
      new FlashKeyValueStore(blank).write("key", Buffer.from("new"));
      const flash = new SimulatedFlash(geometry);
      new FlashKeyValueStore(flash).write("key", Buffer.from("value"));
      for (const { at, bit } of flips) flash.bytes[at]! ^= 1 << bit;
      const kept = text(new FlashKeyValueStore(flash).read("key"));
      return text(new FlashKeyValueStore(blank).read("key")) === "new" && (kept === undefined || kept === "value");
    }),
    { seed: 5, numRuns: 500 },
  ));
});
