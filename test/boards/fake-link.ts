/** A serial line in memory to a fake board, on virtual time: what is not there at once will not come, so a time-out is over at once. */
import { FlashError } from "../../boards/esp-flash/flash-error.ts";
import type { SerialLink } from "../../boards/esp-flash/serial-link.ts";
import type { FakeRomLoader } from "./fake-rom-loader.ts";

/** The line. */
export class FakeLink implements SerialLink {
  readonly path = "/dev/ttyFAKE0";
  readonly usbJtag: boolean;
  readonly signals: string[] = [];
  readonly bauds: number[] = [];
  closed = false;
  now = 0;
  readonly #board: FakeRomLoader;
  readonly #lines: boolean;
  #arrived: Uint8Array[] = [];

  constructor(board: FakeRomLoader, options: { lines?: boolean; usbJtag?: boolean } = {}) {
    this.#board = board;
    this.#lines = options.lines ?? true;
    this.usbJtag = options.usbJtag ?? false;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#arrived.push(this.#board.receive(bytes));
  }

  async read(timeoutMs: number): Promise<Uint8Array> {
    const bytes = Buffer.concat(this.#arrived);
    this.#arrived = [];
    if (bytes.length === 0) this.now += timeoutMs;
    return bytes;
  }

  async setSignals(signals: { dtr: boolean; rts: boolean }): Promise<void> {
    if (!this.#lines) throw new FlashError("LINES_UNSUPPORTED", "no lines here");
    this.signals.push(`${Number(signals.dtr)}${Number(signals.rts)}`);
    // Over the chip's own USB the lines are not those of the transistors.
    if (!this.usbJtag) this.#arrived.push(this.#board.signals(signals));
  }

  async setBaudRate(baud: number): Promise<void> {
    this.bauds.push(baud);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Options of the protocol for virtual time. */
  get clock(): { delay: (milliseconds: number) => Promise<void>; now: () => number } {
    return {
      delay: async (milliseconds) => {
        this.now += milliseconds;
      },
      now: () => this.now,
    };
  }
}
