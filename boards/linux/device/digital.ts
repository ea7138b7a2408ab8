/** `embedded:io/digital` on Linux (ECMA-419 Digital class): a line of a GPIO character device. */
import type { DigitalOptions } from "embedded:io/digital";
import { READABLE, checkCallbacks, checkInteger, close, devicePath, listen, opened } from "./io.ts";

const openLine = native<(path: string, line: number, mode: number, edge: number, initial: number) => number>("xs_digital_open");
const readLine = native<(handle: number) => 0 | 1>("xs_digital_read");
const writeLine = native<(handle: number, value: number) => void>("xs_digital_write");

function checkBit(what: string, value: unknown): 0 | 1 {
  if (value !== 0 && value !== 1) throw new RangeError(`${what}: expected 0 or 1, got ${String(value)}`);
  return value;
}

export default class Digital {
  static readonly Input = 0;
  static readonly InputPullUp = 1;
  static readonly InputPullDown = 2;
  static readonly InputPullUpDown = 3;
  static readonly Output = 8;
  static readonly OutputOpenDrain = 9;
  static readonly Rising = 1;
  static readonly Falling = 2;

  private readonly isOutput: boolean;
  private handle: number | undefined;

  constructor(options: DigitalOptions) {
    const { onReadable, onError, edge = 0 } = options;
    checkCallbacks("Digital", [onReadable, onError]);
    if (options.format !== undefined && options.format !== "number") throw new RangeError(`Digital: expected the format "number", got ${String(options.format)}`);
    const mode = checkInteger("Digital mode", options.mode, 0, 9);
    this.isOutput = mode >= Digital.Output;
    checkInteger("Digital edge", edge, 0, 3);
    if (onReadable !== undefined && (edge === 0 || this.isOutput)) throw new RangeError("Digital: expected an input with an edge for onReadable, got none");
    if (edge !== 0 && this.isOutput) throw new RangeError("Digital: expected no edge of an output, got one");
    const line = checkInteger("Digital pin", options.pin, 0, 0xffff);
    const handle = openLine(devicePath("Digital port", options.port ?? 0, "gpiochip"), line, mode, edge, checkBit("Digital initialValue", options.initialValue ?? 0));
    this.handle = handle;
    listen(handle, (event) => (event === READABLE ? onReadable?.call(this) : onError?.call(this)));
  }

  get format(): "number" {
    return "number";
  }

  read(): 0 | 1 {
    return readLine(opened("Digital read", this.handle));
  }

  write(value: 0 | 1): void {
    const handle = opened("Digital write", this.handle);
    if (!this.isOutput) throw new Error("Digital write: expected an output, got an input");
    writeLine(handle, checkBit("Digital write", value));
  }

  close(): void {
    if (this.handle !== undefined) close(this.handle);
    this.handle = undefined;
  }
}
