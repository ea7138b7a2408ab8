/** `embedded:io/serial` on Linux (ECMA-419 Serial class): a terminal in raw mode. */
import type { SerialOptions } from "embedded:io/serial";
import { READABLE, WRITABLE, checkCallbacks, checkInteger, close, devicePath, isBuffer, listen, opened } from "./io.ts";

type Bytes = ArrayBuffer | Uint8Array;
type Format = "number" | "buffer";
const openLine = native<(path: string, baud: number, hasFlowControl: boolean) => number>("xs_serial_open");
const readLine = native<(handle: number, byteLength?: number) => ArrayBuffer | undefined>("xs_serial_read");
const writeLine = native<(handle: number, buffer: Bytes) => void>("xs_serial_write");
const flushLine = native<(handle: number, input: boolean, output: boolean) => void>("xs_serial_flush");
const setLine = native<(handle: number, dataTerminalReady?: boolean, requestToSend?: boolean, isBreak?: boolean) => void>("xs_serial_set");

function checkFormat(format: unknown): Format {
  if (format !== "number" && format !== "buffer") throw new RangeError(`Serial: expected the format "number" or "buffer", got ${String(format)}`);
  return format;
}

export default class Serial {
  private handle: number | undefined;
  private kind: Format;

  constructor(options: SerialOptions) {
    const { onReadable, onWritable, onError, flowControl = "none" } = options;
    checkCallbacks("Serial", [onReadable, onWritable, onError]);
    this.kind = checkFormat(options.format ?? "number");
    if (flowControl !== "none" && flowControl !== "hardware") throw new RangeError(`Serial: expected the flowControl "none" or "hardware", got ${String(flowControl)}`);
    const handle = openLine(devicePath("Serial port", options.port ?? 0, "ttyS"), checkInteger("Serial baud", options.baud, 1, 10_000_000), flowControl === "hardware");
    this.handle = handle;
    listen(handle, (event, bytes) => {
      if (event === READABLE) onReadable?.call(this, bytes);
      else if (event === WRITABLE) onWritable?.call(this, bytes);
      else onError?.call(this);
    });
  }

  get format(): Format {
    return this.kind;
  }

  set format(format: Format) {
    this.kind = checkFormat(format);
  }

  read(into?: number | Uint8Array): number | ArrayBuffer | undefined {
    const handle = opened("Serial read", this.handle);
    if (this.kind === "number") {
      const byte = readLine(handle, 1);
      return byte === undefined ? undefined : new Uint8Array(byte)[0];
    }
    if (!(into instanceof Uint8Array)) return readLine(handle, into);
    const bytes = readLine(handle, into.byteLength);
    if (bytes !== undefined) into.set(new Uint8Array(bytes));
    return bytes?.byteLength;
  }

  write(value: number | Bytes): void {
    const handle = opened("Serial write", this.handle);
    if (this.kind === "number") return writeLine(handle, Uint8Array.of(checkInteger("Serial write", value, 0, 255)));
    if (!isBuffer(value)) throw new TypeError("Serial write: expected a buffer, got another value");
    writeLine(handle, value);
  }

  /** Drops what came in, and what waits to go out; without parameters both. */
  flush(input = true, output = true): void {
    flushLine(opened("Serial flush", this.handle), Boolean(input), Boolean(output));
  }

  set(options: { dataTerminalReady?: boolean; requestToSend?: boolean; break?: boolean }): void {
    setLine(opened("Serial set", this.handle), options.dataTerminalReady, options.requestToSend, options.break);
  }

  close(): void {
    if (this.handle !== undefined) close(this.handle);
    this.handle = undefined;
  }
}
