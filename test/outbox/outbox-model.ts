import assert from "node:assert/strict";
import { Outbox, OutboxError } from "assay/outbox";
import { PowerCut, seeded, type SimulatedFlash } from "./simulated-flash.ts";

/**
 * What an outbox promises, in its simplest form, driven side by side with a real one over a flash whose power may go at any byte.
 */
export class OutboxModel {
  readonly flash: SimulatedFlash;
  outbox: Outbox;
  /** every record that is durable: appended, or found to be whole after a power cut */
  readonly records: Uint8Array[] = [];
  /** everything before it was acknowledged, so it may be gone */
  acked = 0;
  cuts = 0;
  /** times that the outbox said FULL */
  fulls = 0;
  private readonly ackInterval: number;

  constructor(flash: SimulatedFlash, ackInterval: number) {
    this.flash = flash;
    this.ackInterval = ackInterval;
    this.outbox = new Outbox({ flash, ackInterval });
  }

  /** A record that says its sequence, its length and which attempt made it, so that a fork would show. */
  bytesFor(sequence: number, length: number): Uint8Array {
    const random = seeded(sequence * 7919 + this.cuts * 31 + length);
    return Uint8Array.from({ length }, (_, i) => (i >= length - 3 && sequence % 3 === 0 ? 0xff : Math.floor(random() * 256)));
  }

  append(length: number): void {
    const sequence = this.records.length;
    const bytes = this.bytesFor(sequence, length);
    const room = this.outbox.fits(length);
    let full = false;
    const cut = this.powered(() => {
      try {
        this.outbox.append(sequence, bytes);
      } catch (error) {
        if (!(error instanceof OutboxError && error.code === "FULL")) throw error;
        full = true;
      }
    });
    if (!cut) {
      assert.equal(full, !room, "fits() foretells FULL");
      if (full) this.fulls++;
      else this.records.push(bytes);
    } else {
      this.remount(bytes);
    }
    this.check();
  }

  ack(sequence: number): void {
    this.acked = Math.max(this.acked, sequence + 1);
    if (this.powered(() => this.outbox.ack(sequence))) this.remount(undefined);
    this.check();
  }

  /** Mounts again without a power cut: only acknowledgements may be forgotten. */
  remount(attempted: Uint8Array | undefined): void {
    this.flash.powerOn();
    this.outbox = new Outbox({ flash: this.flash, ackInterval: this.ackInterval });
    const sequence = this.outbox.head?.sequence ?? -1;
    if (attempted !== undefined && sequence === this.records.length) {
      // The power went between the last byte and the return.
      assertSame(this.outbox.head!.bytes, attempted, "the record is whole");
      this.records.push(attempted);
    }
    assert.equal(this.outbox.recovered.missing, 0, "a power cut loses nothing");
  }

  /** Everything that can be seen from outside. */
  check(): void {
    const { outbox, records } = this;
    const next = records.length;
    if (next === 0) {
      assert.equal(outbox.head, undefined);
      assert.equal(outbox.pending, 0);
      return;
    }
    assert.equal(outbox.head!.sequence, next - 1, "the head neither goes back nor runs ahead");
    assertSame(outbox.head!.bytes, records[next - 1], "no fork");
    const oldest = outbox.oldest ?? next;
    assert.ok(oldest <= this.acked, `nothing is dropped that was not acknowledged: oldest ${oldest}, acknowledged ${this.acked}`);
    assert.equal(outbox.pending, next - oldest);
  }

  /** Reads every pending record. */
  checkAll(): void {
    const { outbox, records } = this;
    for (let sequence = outbox.oldest ?? records.length; sequence < records.length; sequence++) {
      assertSame(outbox.read(sequence), records[sequence], `record ${sequence}`);
    }
  }

  /** Runs; true if the power went meanwhile. */
  private powered(action: () => void): boolean {
    try {
      action();
      return false;
    } catch (error) {
      if (!(error instanceof PowerCut || (error instanceof OutboxError && error.cause instanceof PowerCut))) throw error;
      this.cuts++;
      return true;
    }
  }
}

/** `deepEqual` for bytes takes most of a test's time. */
function assertSame(actual: Uint8Array | undefined, expected: Uint8Array | undefined, message: string): void {
  assert.ok(actual !== undefined && expected !== undefined && Buffer.compare(actual, expected) === 0, message);
}
