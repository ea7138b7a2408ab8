/**
 * The joint between two stages: a queue that makes the faster one wait. Its weight is what it holds, in the unit that the
 * owner chooses (bytes, messages); above the high-water mark `push` waits, so that memory stays bounded however slow the next
 * stage is.
 */
export class BoundedQueue<T> {
  private readonly highWater: number;
  private readonly weigh: (item: T) => number;
  private items: T[] = [];
  private weight = 0;
  private closed = false;
  private taker: (() => void) | undefined;
  private pushers: (() => void)[] = [];

  /**
   * @param highWater above this weight `push` waits
   * @param weigh the weight of an item, default 1
   */
  constructor(highWater: number, weigh: (item: T) => number = () => 1) {
    this.highWater = highWater;
    this.weigh = weigh;
  }

  /** Number of items waiting. */
  get length(): number {
    return this.items.length;
  }

  /** Adds an item, in any case at once; resolves when the queue is below its mark again. Items of a closed queue are dropped. */
  async push(item: T): Promise<void> {
    if (this.closed) return;
    this.items.push(item);
    this.weight += this.weigh(item);
    this.taker?.();
    while (this.weight > this.highWater && !this.closed) await new Promise<void>((resolve) => this.pushers.push(resolve));
  }

  /** Takes 1 to `most` items, waiting for the first; an empty batch says that the queue is closed and empty. */
  async takeBatch(most: number): Promise<T[]> {
    while (this.items.length === 0) {
      if (this.closed) return [];
      await new Promise<void>((resolve) => (this.taker = resolve));
      this.taker = undefined;
    }
    const batch = this.items.splice(0, most);
    for (const item of batch) this.weight -= this.weigh(item);
    this.releasePushers();
    return batch;
  }

  /** Takes no more items; those that are there can still be taken. */
  close(): void {
    this.closed = true;
    this.taker?.();
    this.releasePushers();
  }

  private releasePushers(): void {
    const waiting = this.pushers;
    this.pushers = [];
    for (const resolve of waiting) resolve();
  }
}
