/**
 * A bounded queue between a producer that can be asked to wait and one consumer that iterates. Nothing is dropped: whoever pushes into a full
 * queue is told to wait for room.
 */
export class EventQueue<Item> implements AsyncIterableIterator<Item> {
  private readonly limit: number;
  private readonly items: Item[] = [];
  private readonly consumers: { resolve: (result: IteratorResult<Item>) => void; reject: (error: unknown) => void }[] = [];
  private readonly producers: (() => void)[] = [];
  private readonly onClose: () => void;
  private ended = false;
  private failure: { readonly error: unknown } | undefined;

  /**
   * @param limit items from which on producers are to wait; at least 1
   * @param onClose called once, when the queue ends for whatever reason
   */
  constructor(limit: number, onClose: () => void) {
    this.limit = limit;
    this.onClose = onClose;
  }

  /** Adds an item, also to a full queue. An ended queue ignores it. */
  push(item: Item): void {
    if (this.ended) return;
    const consumer = this.consumers.shift();
    if (consumer === undefined) this.items.push(item);
    else consumer.resolve({ done: false, value: item });
  }

  /** Calls `go` as soon as there is room, at once if there is. An ended queue has room. */
  whenRoom(go: () => void): void {
    if (this.ended || this.items.length < this.limit) go();
    else this.producers.push(go);
  }

  /** Ends the iteration after the items that are still in the queue. */
  end(): void {
    this.finish(undefined);
  }

  /** Ends the iteration with an error, after the items that are still in the queue. */
  fail(error: unknown): void {
    this.finish({ error });
  }

  next(): Promise<IteratorResult<Item>> {
    const item = this.items.shift();
    if (item !== undefined) {
      if (this.items.length < this.limit) this.producers.shift()?.();
      return Promise.resolve({ done: false, value: item });
    }
    if (this.failure !== undefined) {
      const { error } = this.failure;
      this.failure = undefined;
      return Promise.reject(error);
    }
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.consumers.push({ resolve, reject }));
  }

  /** Ends the iteration and drops what is in the queue: the consumer has left its loop. */
  return(): Promise<IteratorResult<Item>> {
    this.items.length = 0;
    this.finish(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private finish(failure: { readonly error: unknown } | undefined): void {
    if (this.ended) return;
    this.ended = true;
    const consumers = this.consumers.splice(0);
    if (failure === undefined || consumers.length === 0) this.failure = failure;
    consumers.forEach((consumer, i) => {
      if (failure !== undefined && i === 0) consumer.reject(failure.error);
      else consumer.resolve({ done: true, value: undefined });
    });
    for (const go of this.producers.splice(0)) go();
    this.onClose();
  }
}
