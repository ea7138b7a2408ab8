/** A board's console as lines. What it sends is hostile: terminal sequences and control characters are taken out, and a line without an end is cut. */

/** Longer lines come in pieces. */
export const LONGEST_LINE = 4096;

/** Sequences that steer a terminal: colours, cursor, titles (ECMA-48, "Control sequences" and "Control strings"). */
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\-_]/g;
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/** Takes bytes as they come and gives whole lines, without their ends. Bytes that are no UTF-8 become U+FFFD. */
export class ConsoleLines {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #rest = "";

  /** The lines that these bytes complete. */
  push(bytes: Uint8Array): string[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const lines = this.#rest.split("\n");
    this.#rest = lines.pop()!;
    while (this.#rest.length > LONGEST_LINE) {
      lines.push(this.#rest.slice(0, LONGEST_LINE));
      this.#rest = this.#rest.slice(LONGEST_LINE);
    }
    return lines.map(clean);
  }

  /** What has come of a line that has no end yet, if anything; for when the board goes away. */
  flush(): string | undefined {
    const rest = clean(this.#rest + this.#decoder.decode());
    this.#rest = "";
    return rest === "" ? undefined : rest;
  }
}

function clean(line: string): string {
  return line.replace(SEQUENCES, "").replace(CONTROLS, "");
}
