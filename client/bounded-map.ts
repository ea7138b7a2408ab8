/** A map that keeps the entries that were added last. */
export class BoundedMap<Key, Value> {
  private readonly limit: number;
  private readonly onEvict: (key: Key, value: Value) => void;
  private readonly entries = new Map<Key, Value>();

  /** @param onEvict told of each entry that has to go for a new one */
  constructor(limit: number, onEvict: (key: Key, value: Value) => void = () => {}) {
    this.limit = limit;
    this.onEvict = onEvict;
  }

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  set(key: Key, value: Value): void {
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    for (const [oldest, evicted] of this.entries) {
      this.entries.delete(oldest);
      this.onEvict(oldest, evicted);
      return;
    }
  }

  delete(key: Key): boolean {
    return this.entries.delete(key);
  }
}
