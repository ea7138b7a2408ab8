/** `embedded:io/i2c` on Linux (ECMA-419 I2C class): a device on a bus of i2c-dev. */
import type { I2COptions } from "embedded:io/i2c";
import { checkInteger, close, devicePath, isBuffer, opened } from "./io.ts";

type Bytes = ArrayBuffer | Uint8Array;
const openDevice = native<(path: string, address: number) => number>("xs_i2c_open");
const transfer = native<(handle: number, address: number, first: Bytes | undefined, second: Bytes | undefined, byteLength?: number) => ArrayBuffer | undefined>("xs_i2c_transfer");

/** What i2c-dev takes at most in one message. */
const MAX_MESSAGE = 8192;

export default class I2C {
  private readonly address: number;
  private handle: number | undefined;
  /** written without a stop: it goes with the next operation, after which a repeated start follows */
  private pending: Uint8Array | undefined;

  constructor(options: I2COptions) {
    this.address = checkInteger("I2C address", options.address, 0, 0x7f);
    if (options.format !== undefined && options.format !== "buffer") throw new RangeError(`I2C: expected the format "buffer", got ${String(options.format)}`);
    this.handle = openDevice(devicePath("I2C port", options.port ?? 1, "i2c-"), this.address);
  }

  get format(): "buffer" {
    return "buffer";
  }

  read(into: number | Uint8Array, stop = true): ArrayBuffer {
    const handle = opened("I2C read", this.handle);
    if (!stop) throw new RangeError("I2C read: expected a stop after it, since Linux reads last in a transfer");
    const byteLength = into instanceof Uint8Array ? into.byteLength : checkInteger("I2C read", into, 0, MAX_MESSAGE);
    const pending = this.pending;
    this.pending = undefined;
    const bytes = transfer(handle, this.address, pending, undefined, byteLength)!;
    if (!(into instanceof Uint8Array)) return bytes;
    into.set(new Uint8Array(bytes));
    return into.buffer as ArrayBuffer;
  }

  write(buffer: Bytes, stop = true): void {
    const handle = opened("I2C write", this.handle);
    if (!isBuffer(buffer)) throw new TypeError("I2C write: expected a buffer, got another value");
    const pending = this.pending;
    if (!stop) {
      if (pending !== undefined) throw new RangeError("I2C write: expected one write without a stop at a time, got a second");
      this.pending = Uint8Array.from(buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : buffer);
      return;
    }
    this.pending = undefined;
    transfer(handle, this.address, pending, buffer);
  }

  close(): void {
    if (this.handle !== undefined) close(this.handle);
    this.handle = undefined;
  }
}
