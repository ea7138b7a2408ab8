/** Waiting: between attempts, longer each time, and never longer than the gateway is open. */

export interface BackoffOptions {
  /** First pause in milliseconds; default 250. */
  readonly firstMs?: number;
  /** Longest pause in milliseconds; default 30,000. */
  readonly longestMs?: number;
}

/** Pauses that double, each shortened by up to a half at random, so that many that lost one server do not come back at once. */
export class Backoff {
  private readonly firstMs: number;
  private readonly longestMs: number;
  private nextMs: number;

  constructor(options: BackoffOptions = {}) {
    this.firstMs = options.firstMs ?? 250;
    this.longestMs = options.longestMs ?? 30_000;
    this.nextMs = this.firstMs;
  }

  /** The next pause in milliseconds. */
  next(): number {
    const pause = this.nextMs * (1 - Math.random() / 2);
    this.nextMs = Math.min(this.nextMs * 2, this.longestMs);
    return pause;
  }

  /** After a success: begin again with the first. */
  reset(): void {
    this.nextMs = this.firstMs;
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
