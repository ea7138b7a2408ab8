/**
 * `assay/board/tcp` on an ESP32: the SDK's TCP socket, which takes addresses only, with a host's name looked up first (lwIP's DNS). Whatever goes wrong after the
 * constructor has returned is `onError`, once.
 */
import type { TCPOptions } from "embedded:io/socket/tcp";
import Socket from "embedded:io/socket/tcp";

const isAddress = (host: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(host);

export default class TCP {
  private readonly options: TCPOptions;
  private socket: Socket | undefined;
  private closed = false;

  /** @throws Error if the network is not up or no socket is free */
  constructor(options: TCPOptions) {
    const host = options.address ?? options.host;
    if (typeof host !== "string" || host === "") throw new TypeError(`TCP: expected an address or a host, got ${String(host)}`);
    this.options = options;
    if (isAddress(host)) this.open(host);
    else System.resolve(host, (_, address) => this.resolved(address));
  }

  read(byteLength?: number): ArrayBuffer | undefined {
    const bytes = byteLength === undefined ? this.opened("read").read() : this.opened("read").read(byteLength);
    return bytes as ArrayBuffer | undefined;
  }

  /** Fills `into`, from what `onReadable` has announced, and returns how many bytes that were. */
  readInto(into: Uint8Array): number {
    return this.opened("read").read(into) as unknown as number;
  }

  /** @returns bytes that can still be written without waiting */
  write(buffer: ArrayBuffer | Uint8Array): number {
    return this.opened("write").write(buffer) as unknown as number;
  }

  close(): void {
    this.closed = true;
    this.socket?.close();
    this.socket = undefined;
  }

  private resolved(address: string | undefined): void {
    if (this.closed) return;
    try {
      if (address === undefined) throw new Error("unknown host");
      this.open(address);
    } catch {
      // The network went away meanwhile, or there is no such name: to the caller both are a connection that failed.
      this.failed();
    }
  }

  private open(address: string): void {
    const { port, nodelay, onReadable, onWritable } = this.options;
    this.socket = new Socket({
      address,
      port,
      format: "buffer",
      ...(nodelay === undefined ? {} : { nodelay }),
      onReadable: (bytes) => onReadable?.call(this, bytes),
      onWritable: (bytes) => onWritable?.call(this, bytes),
      onError: () => this.failed(),
    });
  }

  private failed(): void {
    if (this.closed) return;
    this.close();
    this.options.onError?.call(this);
  }

  private opened(operation: string): Socket {
    if (this.socket === undefined) throw new Error(`TCP ${operation}: expected an open socket, got a closed one`);
    return this.socket;
  }
}
