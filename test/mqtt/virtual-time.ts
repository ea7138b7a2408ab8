import type { TimerId } from "timer";

interface Entry extends TimerId {
  due: number;
  readonly order: number;
  readonly callback: (id: TimerId) => void;
}

/** Timers and clock that stand still until the test moves them. */
export class VirtualTime {
  now = 0;
  private entries: Entry[] = [];
  private made = 0;

  readonly ticks = (): number => this.now;

  readonly Timer = {
    set: (callback: (id: TimerId) => void, ms = 0): TimerId => {
      const entry: Entry = { due: this.now + ms, order: this.made++, callback };
      this.entries.push(entry);
      return entry;
    },
    clear: (id: TimerId | undefined): void => {
      const at = this.entries.indexOf(id as Entry);
      // As Moddable: a one-shot timer that has fired is gone, and clearing it is a mistake.
      if (at < 0) throw new Error("expected a timer that is set");
      this.entries.splice(at, 1);
    },
  };

  /** timers that are set */
  get pending(): number {
    return this.entries.length;
  }

  /** Moves the clock, firing on the way what falls due, in order. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [next] = this.entries.filter((entry) => entry.due <= end).sort((a, b) => a.due - b.due || a.order - b.order);
      if (next === undefined) break;
      this.entries.splice(this.entries.indexOf(next), 1);
      this.now = Math.max(this.now, next.due);
      next.callback(next);
    }
    this.now = end;
  }
}
