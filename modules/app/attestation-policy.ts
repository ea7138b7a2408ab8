/** Which windows of an app become statements. */
export interface AttestationOptions {
  /** `always`: every window; `change`: when the label is another than the state. The first window after a boot always does */
  readonly when: "always" | "change";
  /** with `change`: windows in a row that must have a new label before it is the state, 1 to 1000 (default 1) */
  readonly heldWindows?: number;
  /**
   * with `change`: a statement follows the one before after this long at the latest, though nothing has changed; seconds of samples, from one hop of the window to a day. Counted
   * in windows, not by a clock: a recording makes the same statements at any speed. Without it a label that never changes is stated once
   */
  readonly atLeastEverySeconds?: number;
}

/** Decides, window by window, which are stated. */
export class AttestationPolicy {
  private readonly always: boolean;
  private readonly heldWindows: number;
  /** windows from one statement to the next at most */
  private readonly mostWindows: number;
  /** the label that counts; undefined before the first statement */
  private state: string | undefined;
  private label: string | undefined;
  /** windows in a row with that label */
  private row = 0;
  private sinceStatement = 0;

  /**
   * @param options as `defineApp` has checked them
   * @param hop samples from one window to the next
   * @param rateHz samples per second
   */
  constructor(options: AttestationOptions, hop: number, rateHz: number) {
    this.always = options.when === "always";
    this.heldWindows = options.heldWindows ?? 1;
    this.mostWindows = options.atLeastEverySeconds === undefined ? Infinity : Math.floor((options.atLeastEverySeconds * rateHz) / hop);
  }

  /** To be called once for each window, in order. @returns whether this one is to be stated */
  isDue(label: string): boolean {
    this.row = label === this.label ? this.row + 1 : 1;
    this.label = label;
    this.sinceStatement++;
    return this.always || this.state === undefined || this.isChange() || this.sinceStatement >= this.mostWindows;
  }

  /** The window that was last asked for has been stated. One that was due and was not, because the outbox was full, leaves the next one due. */
  stated(): void {
    if (this.state === undefined || this.isChange()) this.state = this.label;
    this.sinceStatement = 0;
  }

  private isChange(): boolean {
    return this.label !== this.state && this.row >= this.heldWindows;
  }
}
