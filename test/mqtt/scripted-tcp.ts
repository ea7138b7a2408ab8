import type { TcpClass, TcpSocket } from "assay/mqtt/options";

type SocketOptions = ConstructorParameters<TcpClass>[0];

/** One connection whose other side is the test. */
export class ScriptedSocket implements TcpSocket {
  readonly options: SocketOptions;
  closed = false;
  /** packets the client has written, cut at packet borders */
  readonly packets: Uint8Array[] = [];
  /** sizes of the client's writes */
  readonly writes: number[] = [];
  /** a write throws this */
  writeError: Error | undefined;
  private written: number[] = [];
  private unread: number[] = [];
  private budget = 0;

  constructor(options: SocketOptions) {
    this.options = options;
  }

  read(byteLength = this.unread.length): ArrayBuffer | undefined {
    if (this.closed) throw new Error("read after close");
    if (this.unread.length === 0) return undefined;
    return Uint8Array.from(this.unread.splice(0, byteLength)).buffer;
  }

  write(buffer: ArrayBuffer | Uint8Array): void {
    if (this.closed) throw new Error("write after close");
    if (this.writeError !== undefined) throw this.writeError;
    const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
    if (bytes.length === 0 || bytes.length > this.budget) throw new Error(`expected a write of 1 to ${this.budget} bytes, got ${bytes.length}`);
    this.budget -= bytes.length;
    this.writes.push(bytes.length);
    this.written.push(...bytes);
    this.cut();
  }

  close(): void {
    if (this.closed) throw new Error("closed twice");
    this.closed = true;
  }

  /** The socket takes so many bytes; the first time, that also says that it is connected. */
  writable(bytes = 10_000): this {
    this.budget = bytes;
    this.options.onWritable?.(bytes);
    return this;
  }

  /** Bytes come from the broker, in pieces of a size. */
  send(bytes: Iterable<number>, pieceLength = Infinity): this {
    const all = [...bytes];
    for (let at = 0; at < all.length && !this.closed; at += pieceLength) {
      this.unread.push(...all.slice(at, at + pieceLength));
      this.options.onReadable?.(this.unread.length);
    }
    return this;
  }

  /** The connection breaks, or the broker ends it. */
  fail(): void {
    this.options.onError?.();
  }

  /** Takes the packets written so far. */
  take(): Uint8Array[] {
    return this.packets.splice(0);
  }

  private cut(): void {
    for (;;) {
      let length = 0;
      let at = 1;
      for (; ; at++) {
        const byte = this.written[at];
        if (byte === undefined) return;
        length |= (byte & 0x7f) << (7 * (at - 1));
        if (byte < 0x80) break;
      }
      if (this.written.length < at + 1 + length) return;
      this.packets.push(Uint8Array.from(this.written.splice(0, at + 1 + length)));
    }
  }
}

/** A socket class whose connections a test plays, and the list of them. */
export function scriptedTcp(): { TCP: TcpClass; sockets: ScriptedSocket[] } {
  const sockets: ScriptedSocket[] = [];
  class TCP extends ScriptedSocket {
    constructor(options: SocketOptions) {
      super(options);
      sockets.push(this);
    }
  }
  return { TCP, sockets };
}
