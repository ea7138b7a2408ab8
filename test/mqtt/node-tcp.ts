import { connect, type Socket } from "node:net";
import type { TcpClass, TcpSocket } from "assay/mqtt/options";

type SocketOptions = ConstructorParameters<TcpClass>[0];

/**
 * Node's socket in the shape of ECMA-419's TCP socket class: `onWritable` says how many bytes `write` takes, and a longer write throws.
 *
 * @param options.budget bytes taken until the kernel has them
 */
export function nodeTcp(options: { budget?: number } = {}): { TCP: TcpClass; open: Set<TcpSocket> } {
  const { budget = 4096 } = options;
  const open = new Set<TcpSocket>();

  class NodeTcp implements TcpSocket {
    private readonly socket: Socket;
    private readonly options: SocketOptions;
    private chunks: Buffer[] = [];
    private available = 0;
    private room = budget;
    private closed = false;

    constructor(options: SocketOptions) {
      this.options = options;
      this.socket = connect({ host: options.address ?? options.host ?? "", port: options.port, noDelay: options.nodelay === true });
      open.add(this);
      this.socket.on("connect", () => this.writable());
      this.socket.on("data", (chunk) => {
        if (this.closed) return;
        this.chunks.push(chunk);
        this.available += chunk.length;
        this.options.onReadable?.(this.available);
      });
      this.socket.on("error", () => this.fail());
      this.socket.on("close", () => this.fail());
    }

    read(byteLength = this.available): ArrayBuffer | undefined {
      if (this.available === 0) return undefined;
      const all = Buffer.concat(this.chunks);
      const bytes = Uint8Array.from(all.subarray(0, byteLength));
      this.chunks = [all.subarray(byteLength)];
      this.available -= bytes.length;
      return bytes.buffer;
    }

    write(buffer: ArrayBuffer | Uint8Array): void {
      const bytes = Uint8Array.from(buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer));
      if (bytes.length > this.room) throw new RangeError(`expected at most ${this.room} bytes, got ${bytes.length}`);
      this.room -= bytes.length;
      this.socket.write(bytes, () => {
        this.room += bytes.length;
        if (this.room === budget) this.writable();
      });
    }

    close(): void {
      this.closed = true;
      open.delete(this);
      this.socket.end();
      this.socket.destroySoon();
    }

    private writable(): void {
      if (!this.closed) this.options.onWritable?.(this.room);
    }

    private fail(): void {
      if (!this.closed) this.options.onError?.();
    }
  }
  return { TCP: NodeTcp, open };
}
