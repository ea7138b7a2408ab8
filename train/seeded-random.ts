/**
 * Random numbers that are the same in every run: mulberry32 (Tommy Ettinger, public domain), 32 bits of state. For training
 * data only, never for keys.
 */
export class SeededRandom {
  private state: number;

  /** @param seed 32-bit integer */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** uniform in [0, 1), 32 bits of it random */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** uniform in [low, high) */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** an integer of [low, high] */
  integer(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next());
  }

  /** between `low` and `high` (both > 0) with every factor equally likely */
  logBetween(low: number, high: number): number {
    return low * Math.pow(high / low, this.next());
  }

  /** true with this probability */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Poisson distributed with this mean, by Knuth's product (fit for small means: takes `mean` steps) */
  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count++;
    return count;
  }

  /** Shuffles in place (Fisher–Yates) and returns the array. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}
