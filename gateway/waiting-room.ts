/**
 * Where statements wait that came before the one that they follow on. A device sends in order, but brokers do not always keep
 * the order over a reconnect (aedes sends new messages before those it has kept); without a short wait, one message that
 * overtook would cost the device a whole round of sending again.
 */
import type { Verified } from "./verify.ts";

export interface WaitingRoomOptions {
  /** How long a statement waits at most, in milliseconds. */
  readonly waitMs: number;
  /** How many statements wait at most, of all devices together. */
  readonly seats: number;
  /** Gets a statement whose time is over. */
  readonly onExpired: (verified: Verified) => void;
}

export class WaitingRoom {
  private readonly options: WaitingRoomOptions;
  /** By device and sequence; two statements with one number wait side by side, to be judged one after the other. */
  private readonly waiting = new Map<string, Set<Verified>>();
  private readonly timers = new Map<Verified, NodeJS.Timeout>();

  constructor(options: WaitingRoomOptions) {
    this.options = options;
  }

  /** How many statements wait. */
  get size(): number {
    return this.timers.size;
  }

  /** A visit that changes nothing until it is committed: a transaction that fails leaves the room as it was. */
  visit(): Visit {
    return new Visit(this.options.seats - this.size, (key) => this.waiting.get(key));
  }

  /** Lets those in that a visit seated, and out those that it called. */
  commit(visit: Visit): void {
    for (const [key, verified] of visit.called) this.remove(key, verified);
    for (const [key, verified] of visit.seated) {
      const beside = this.waiting.get(key);
      if (beside === undefined) this.waiting.set(key, new Set([verified]));
      else beside.add(verified);
      const expire = () => {
        this.remove(key, verified);
        this.options.onExpired(verified);
      };
      this.timers.set(verified, setTimeout(expire, this.options.waitMs));
    }
  }

  /** Sends everybody away: what was not stored stays with broker and device. */
  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.waiting.clear();
  }

  private remove(key: string, verified: Verified): void {
    clearTimeout(this.timers.get(verified));
    this.timers.delete(verified);
    const beside = this.waiting.get(key);
    beside?.delete(verified);
    if (beside?.size === 0) this.waiting.delete(key);
  }
}

/** What one batch does in the waiting room. */
export class Visit {
  /** Who sits down, with the key of the seat. */
  readonly seated: [string, Verified][] = [];
  /** Who is called out of the room. */
  readonly called: [string, Verified][] = [];
  private readonly free: number;
  private readonly inRoom: (key: string) => ReadonlySet<Verified> | undefined;

  constructor(free: number, inRoom: (key: string) => ReadonlySet<Verified> | undefined) {
    this.free = free;
    this.inRoom = inRoom;
  }

  /** Lets a statement wait; false if all seats are taken. */
  seat(device: string, sequence: number, verified: Verified): boolean {
    if (this.seated.length >= this.free) return false;
    this.seated.push([seatOf(device, sequence), verified]);
    return true;
  }

  /** Calls those who waited for the statement before `sequence`. */
  call(device: string, sequence: number): Verified[] {
    const seat = seatOf(device, sequence);
    const fromRoom = [...(this.inRoom(seat) ?? [])];
    for (const verified of fromRoom) this.called.push([seat, verified]);
    const fromBatch: Verified[] = [];
    for (let i = this.seated.length - 1; i >= 0; i--) {
      const [key, verified] = this.seated[i] as [string, Verified];
      if (key !== seat) continue;
      this.seated.splice(i, 1);
      fromBatch.unshift(verified);
    }
    return [...fromRoom, ...fromBatch];
  }
}

function seatOf(device: string, sequence: number): string {
  return `${device}/${sequence}`;
}
