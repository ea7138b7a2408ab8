/** Decides, window by window, which are stated. */
export class AttestationPolicy {
    always;
    heldWindows;
    /** windows from one statement to the next at most */
    mostWindows;
    /** the label that counts; undefined before the first statement */
    state;
    label;
    /** windows in a row with that label */
    row = 0;
    sinceStatement = 0;
    /**
     * @param options as `defineApp` has checked them
     * @param hop samples from one window to the next
     * @param rateHz samples per second
     */
    constructor(options, hop, rateHz) {
        this.always = options.when === "always";
        this.heldWindows = options.heldWindows ?? 1;
        this.mostWindows = options.atLeastEverySeconds === undefined ? Infinity : Math.floor((options.atLeastEverySeconds * rateHz) / hop);
    }
    /** To be called once for each window, in order. @returns whether this one is to be stated */
    isDue(label) {
        this.row = label === this.label ? this.row + 1 : 1;
        this.label = label;
        this.sinceStatement++;
        return this.always || this.state === undefined || this.isChange() || this.sinceStatement >= this.mostWindows;
    }
    /** The window that was last asked for has been stated. One that was due and was not, because the outbox was full, leaves the next one due. */
    stated() {
        if (this.state === undefined || this.isChange())
            this.state = this.label;
        this.sinceStatement = 0;
    }
    isChange() {
        return this.label !== this.state && this.row >= this.heldWindows;
    }
}
