/** `embedded:io/socket/udp` on Linux (ECMA-419 UDP socket class), IPv4. */
import type { Datagram, UDPOptions } from "embedded:io/socket/udp";
import { READABLE, checkCallbacks, checkInteger, close, isBuffer, listen, opened } from "./io.ts";

const openSocket = native<(address: string, port: number) => number>("xs_udp_open");
const portOf = native<(handle: number) => number>("xs_udp_port");
const readSocket = native<(handle: number, sender: Uint8Array) => ArrayBuffer | undefined>("xs_udp_read");
const writeSocket = native<(handle: number, buffer: ArrayBuffer | Uint8Array, address: string, port: number) => void>("xs_udp_write");

function checkAddress(what: string, address: unknown): string {
  if (typeof address !== "string") throw new TypeError(`${what}: expected an IPv4 address, got another value`);
  return address;
}

export default class UDP {
  private handle: number | undefined;

  constructor(options: UDPOptions = {}) {
    const { onReadable, onError } = options;
    checkCallbacks("UDP", [onReadable, onError]);
    if (options.format !== undefined && options.format !== "buffer") throw new RangeError(`UDP: expected the format "buffer", got ${String(options.format)}`);
    const handle = openSocket(checkAddress("UDP address", options.address ?? "0.0.0.0"), checkInteger("UDP port", options.port ?? 0, 0, 65535));
    this.handle = handle;
    listen(handle, (event, packets) => (event === READABLE ? onReadable?.call(this, packets) : onError?.call(this)));
  }

  get format(): "buffer" {
    return "buffer";
  }

  /** The port that the socket is bound to. */
  get port(): number {
    return portOf(opened("UDP port", this.handle));
  }

  read(): Datagram | undefined {
    const sender = new Uint8Array(6);
    const bytes = readSocket(opened("UDP read", this.handle), sender);
    if (bytes === undefined) return undefined;
    return Object.assign(bytes, { address: sender.subarray(0, 4).join("."), port: (sender[4]! << 8) | sender[5]! });
  }

  write(buffer: ArrayBuffer | Uint8Array, address: string, port: number): void {
    const handle = opened("UDP write", this.handle);
    if (!isBuffer(buffer)) throw new TypeError("UDP write: expected a buffer, got another value");
    writeSocket(handle, buffer, checkAddress("UDP write", address), checkInteger("UDP write port", port, 1, 65535));
  }

  close(): void {
    if (this.handle !== undefined) close(this.handle);
    this.handle = undefined;
  }
}
