import test from "ava";
import fc from "fast-check";
import { OutboxModel } from "./outbox-model.ts";
import { seeded, SimulatedFlash } from "./simulated-flash.ts";

// Alignment changes the lengths of writes, not what is written: a third of the places will do for the second.
for (const { writeAlign, stride } of [
  { writeAlign: 1, stride: 1 },
  { writeAlign: 4, stride: 3 },
]) {
  test(`whatever byte the power goes at, nothing durable is lost and the head goes on (write alignment ${writeAlign})`, (t) => {
    // One fixed run that goes round the ring of 3 blocks twice and more, cut at each byte of its work in turn.
    const drive = (model: OutboxModel) => {
      for (let step = 0; step < 24; step++) {
        model.append(20 + ((step * 37) % 90));
        if (step % 2 === 1) model.ack(Math.min(model.records.length - 1, step - 1));
      }
    };
    const flashOf = (seed: number) => new SimulatedFlash({ blocks: 3, blockLength: 256, writeAlign, random: seeded(seed) });
    const whole = new OutboxModel(flashOf(0), 2);
    drive(whole);
    t.is(whole.fulls, 0);
    t.true(whole.flash.erasures.every((count) => count >= 2));
    const work = whole.flash.worked;
    for (let cut = 0; cut < work; cut += stride) {
      const flash = flashOf(cut);
      const model = new OutboxModel(flash, 2);
      flash.cutAfter(cut);
      drive(model);
      model.checkAll();
      t.is(model.cuts, 1);
    }
  });
}

test("a power cut during every recovery from a power cut changes nothing", (t) => {
  const random = seeded(7);
  const flash = new SimulatedFlash({ blocks: 3, blockLength: 512, writeAlign: 4, random });
  const model = new OutboxModel(flash, 3);
  for (let step = 0; step < 3000; step++) {
    flash.cutAfter(Math.floor(random() * 700));
    model.append(1 + Math.floor(random() * 200));
    flash.powerOn();
    if (random() < 0.5 && model.records.length > 0) model.ack(model.records.length - 1);
    if (step % 50 === 0) model.checkAll();
  }
  t.true(model.cuts > 500);
  t.true(model.records.length > 1000);
});

test("torn writes alone never use the flash up, and never cost the head", (t) => {
  for (const blocks of [2, 3, 5]) {
    const flash = new SimulatedFlash({ blocks, blockLength: 512, writeAlign: 4, random: seeded(blocks) });
    const model = new OutboxModel(flash, 1);
    for (let sequence = 0; sequence < 3; sequence++) model.append(140);
    model.ack(2);
    for (let attempt = 0; attempt < 40; attempt++) {
      // Late enough for a whole erasure and the block's first record, too early for the second.
      flash.cutAfter(attempt % 2 === 0 ? 150 : 512 + 4 + 32 + 150);
      model.append(200);
      t.is(model.records.length, 3);
      t.is(model.fulls, 0);
      t.is(model.cuts, attempt + 1);
    }
    flash.powerOn();
    model.append(200);
    t.is(model.records.length, 4);
  }
});

type Step = { kind: "append"; length: number } | { kind: "ack"; back: number } | { kind: "remount" } | { kind: "cut"; bytes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("append" as const), length: fc.integer({ min: 1, max: 300 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("ack" as const), back: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remount" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cut" as const), bytes: fc.integer({ min: 0, max: 900 }) }) },
);

test("any run of appends, acknowledgements, restarts and power cuts keeps what is promised", (t) => {
  let operations = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 300, size: "max" }),
      fc.integer({ min: 2, max: 6 }),
      fc.constantFrom(1, 2, 4),
      fc.integer({ min: 1, max: 20 }),
      fc.integer(),
      (steps, blocks, writeAlign, ackInterval, seed) => {
        const flash = new SimulatedFlash({ blocks, blockLength: 512, writeAlign, random: seeded(seed) });
        const model = new OutboxModel(flash, ackInterval);
        for (const { kind, ...rest } of steps) {
          operations++;
          if (kind === "append") model.append((rest as { length: number }).length);
          else if (kind === "ack" && model.records.length > 0) model.ack(Math.max(0, model.records.length - (rest as { back: number }).back));
          else if (kind === "remount") model.remount(undefined);
          else if (kind === "cut") flash.cutAfter((rest as { bytes: number }).bytes);
        }
        model.checkAll();
        flash.powerOn();
        // Whatever happened, acknowledging everything makes room again.
        if (model.records.length > 0) model.ack(model.records.length - 1);
        const fulls = model.fulls;
        model.append(300);
        return model.fulls === fulls;
      },
    ),
    { numRuns: 150 },
  );
  t.true(operations > 10_000, `${operations} operations`);
});
