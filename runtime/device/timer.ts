/**
 * `timer`, Moddable's: the running timers are a list sorted by when they are due; the host only knows the time of the first. Timers that are due at the same time run in the
 * order in which they were set, and promise jobs run between them.
 */
import type { TimerId } from "timer";

const openTimer = native<(callback: () => void) => void>("xs_timer_open");
const arm = native<(at: number) => void>("xs_timer_arm");
const now = native<() => number>("xs_timer_now");

interface Entry {
  callback: (id: TimerId) => void;
  /** ticks */
  at: number;
  /** milliseconds; undefined for a timer that runs once */
  repeatMs: number | undefined;
  next: Entry | undefined;
}

let first: Entry | undefined;

function insert(entry: Entry): void {
  if (first === undefined || entry.at < first.at) {
    entry.next = first;
    first = entry;
    return;
  }
  let before = first;
  while (before.next !== undefined && before.next.at <= entry.at) before = before.next;
  entry.next = before.next;
  before.next = entry;
}

function remove(entry: Entry): void {
  if (first === entry) first = entry.next;
  for (let before = first; before !== undefined; before = before.next) if (before.next === entry) before.next = entry.next;
  entry.next = undefined;
}

function armFirst(): void {
  arm(first === undefined ? Number.POSITIVE_INFINITY : first.at);
}

/** Runs one timer, if one is due: the host runs promise jobs before it asks again. */
function wake(): void {
  const entry = first;
  if (entry === undefined || entry.at > now()) return armFirst();
  first = entry.next;
  if (entry.repeatMs !== undefined) {
    // Without drift, but what was missed while the device was busy is not made up for in a burst.
    entry.at += entry.repeatMs;
    if (entry.at < now()) entry.at = now() + entry.repeatMs;
    insert(entry);
  } else entry.next = undefined;
  // Before the callback: it may set or clear timers, which arms again.
  armFirst();
  entry.callback(entry);
}

openTimer(wake);

function checkMs(name: string, ms: number): number {
  if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new RangeError(`${name}: expected milliseconds from 0, got ${ms}`);
  return ms;
}

const Timer = {
  set(callback: (id: TimerId) => void, ms = 0, repeatMs?: number): TimerId {
    if (typeof callback !== "function") throw new TypeError("Timer.set: expected a function, got another value");
    const entry: Entry = {
      callback,
      at: now() + checkMs("Timer.set", ms),
      repeatMs: repeatMs === undefined ? undefined : checkMs("Timer.set", repeatMs),
      next: undefined,
    };
    insert(entry);
    armFirst();
    return entry;
  },
  repeat(callback: (id: TimerId) => void, ms: number): TimerId {
    return Timer.set(callback, ms, ms);
  },
  clear(id: TimerId | undefined): void {
    if (id === undefined) return;
    remove(id as Entry);
    armFirst();
  },
};

export default Timer;
