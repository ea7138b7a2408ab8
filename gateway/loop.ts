/** Work that repeats: at an interval, at once when woken, and after failures with a growing pause. */
import { Backoff, pause } from "./backoff.ts";

export interface LoopOptions {
  /** Does the work; returns milliseconds until it is to be done again. */
  readonly work: () => Promise<number>;
  /** Told of a failure and the milliseconds until the next try. */
  readonly onError: (error: unknown, retryMs: number) => void;
  readonly signal: AbortSignal;
  /** Longest pause after failures in milliseconds; default 30,000. */
  readonly longestPauseMs?: number;
}

export class Loop {
  /** Resolves when the signal has ended the loop and its work is done. */
  readonly ended: Promise<void>;
  private woken = new AbortController();

  constructor(options: LoopOptions) {
    this.ended = this.run(options);
  }

  /** Ends the pause. During work: work is done once more after it. */
  wake(): void {
    this.woken.abort();
  }

  private async run({ work, onError, signal, longestPauseMs }: LoopOptions): Promise<void> {
    const backoff = new Backoff(longestPauseMs === undefined ? {} : { longestMs: longestPauseMs });
    while (!signal.aborted) {
      this.woken = new AbortController();
      let pauseMs: number;
      try {
        pauseMs = await work();
        backoff.reset();
      } catch (error) {
        pauseMs = backoff.next();
        if (!signal.aborted) onError(error, Math.round(pauseMs));
      }
      await pause(pauseMs, AbortSignal.any([signal, this.woken.signal]));
    }
  }
}
