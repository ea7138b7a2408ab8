/** `embedded:io/spi` on Linux (ECMA-419 SPI class): a device of spidev. */
import type { SPIOptions } from "embedded:io/spi";
import { checkInteger, close, isBuffer, opened } from "./io.ts";

type Bytes = ArrayBuffer | Uint8Array;
const openDevice = native<(path: string, hz: number, mode: number) => number>("xs_spi_open");
const readDevice = native<(handle: number, byteLength: number) => ArrayBuffer>("xs_spi_read");
const writeDevice = native<(handle: number, buffer: Bytes) => void>("xs_spi_write");
const transferDevice = native<(handle: number, buffer: Bytes) => void>("xs_spi_transfer");

/** Bytes of one transfer that this class takes; spidev may take fewer (4096 by default), and says so. */
const MAX_TRANSFER = 65_536;

function path({ port = 0, select = 0 }: SPIOptions): string {
  if (typeof port === "string" && port.startsWith("/")) return port;
  return `/dev/spidev${checkInteger("SPI port", port, 0, 255)}.${checkInteger("SPI select", select, 0, 255)}`;
}

export default class SPI {
  private handle: number | undefined;

  constructor(options: SPIOptions) {
    if (options.format !== undefined && options.format !== "buffer") throw new RangeError(`SPI: expected the format "buffer", got ${String(options.format)}`);
    this.handle = openDevice(path(options), checkInteger("SPI hz", options.hz, 1, 1e9), checkInteger("SPI mode", options.mode ?? 0, 0, 3));
  }

  get format(): "buffer" {
    return "buffer";
  }

  read(into: number | Uint8Array): ArrayBuffer {
    const handle = opened("SPI read", this.handle);
    const byteLength = into instanceof Uint8Array ? into.byteLength : checkInteger("SPI read", into, 0, MAX_TRANSFER);
    const bytes = readDevice(handle, byteLength);
    if (!(into instanceof Uint8Array)) return bytes;
    into.set(new Uint8Array(bytes));
    return into.buffer as ArrayBuffer;
  }

  write(buffer: Bytes): void {
    const handle = opened("SPI write", this.handle);
    if (!isBuffer(buffer)) throw new TypeError("SPI write: expected a buffer, got another value");
    writeDevice(handle, buffer);
  }

  transfer(buffer: Bytes): void {
    const handle = opened("SPI transfer", this.handle);
    if (!isBuffer(buffer)) throw new TypeError("SPI transfer: expected a buffer, got another value");
    transferDevice(handle, buffer);
  }

  /** Nothing waits: a transfer is over when its method returns, and the kernel deselects the device then. */
  flush(): void {
    opened("SPI flush", this.handle);
  }

  close(): void {
    if (this.handle !== undefined) close(this.handle);
    this.handle = undefined;
  }
}
