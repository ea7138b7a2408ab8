/** A real serial port, by the package serialport: the only file that knows it. */
import { isMainThread } from "node:worker_threads";
import type { SerialPort } from "serialport";
import { FlashError } from "./flash-error.ts";
import { loadSerialport } from "./load-serialport.ts";
import { portError } from "./port-error.ts";
import { isUsbJtag } from "./ports.ts";
import type { SerialLink } from "./serial-link.ts";

/** The ROM loader's speed after a reset, in bits per second. */
export const ROM_BAUD = 115200;

/** What is kept of bytes that nobody has read yet; a board that talks without end must not fill the memory. */
const MOST_UNREAD_BYTES = 0x100000;

/** A read that waited this long for nothing is reason to ask whether the device is still there, in milliseconds. */
const ASK_AFTER_MS = 50;
/** While something is under way, it is asked so often. */
const ASK_EVERY_MS = 500;

type Callback = (error: Error | null | undefined) => void;

function settled(call: (callback: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));
}

/**
 * Opens a port for ourselves alone: 8 data bits, no parity, 1 stop bit, no flow control. In the main thread only: serialport's native part polls the main thread's event loop and would end the process from a worker.
 * `usbJtag` says whether it is the chip's own USB (default: what the USB ids say).
 * @throws FlashError `PORT_ABSENT`, `PORT_BUSY`, `PORT_DENIED`, `PORT_FAILED`
 */
export async function openSerial(path: string, options: { readonly baud?: number; readonly usbJtag?: boolean } = {}): Promise<SerialLink> {
  if (!isMainThread) throw new FlashError("PORT_FAILED", `expected to open ${path} in the main thread, got a worker thread, in which serialport 13 does not work`);
  const { SerialPort } = await loadSerialport();
  const usbJtag = options.usbJtag ?? (await isUsbJtag(path));
  // hupcl off: closing the port must not drop the lines, which would reset some boards.
  const port = new SerialPort({ path, baudRate: options.baud ?? ROM_BAUD, autoOpen: false, lock: true, hupcl: false });
  try {
    await settled((callback) => port.open(callback));
  } catch (error) {
    throw portError(path, error);
  }
  return new OpenSerial(path, port, usbJtag);
}

class OpenSerial implements SerialLink {
  readonly path: string;
  readonly usbJtag: boolean;
  readonly #port: SerialPort;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #wake: (() => void) | undefined;
  #ended: FlashError | undefined;
  /** rejects what is under way when the port goes */
  #abandon: ((error: FlashError) => void) | undefined;

  constructor(path: string, port: SerialPort, usbJtag: boolean) {
    this.path = path;
    this.usbJtag = usbJtag;
    this.#port = port;
    port.on("data", (bytes: Buffer) => {
      this.#unread.push(bytes);
      this.#unreadBytes += bytes.length;
      // The oldest goes first: what counts is the latest reply.
      while (this.#unreadBytes > MOST_UNREAD_BYTES) this.#unreadBytes -= this.#unread.shift()!.length;
      this.#wake?.();
    });
    port.on("close", (error: unknown) => this.#end(error));
    port.on("error", (error: unknown) => this.#end(error));
  }

  #end(error: unknown): void {
    this.#ended ??= new FlashError("PORT_GONE", `expected ${this.path} to stay, but it went away; was the board unplugged?`, error ? { cause: error } : {});
    this.#wake?.();
    this.#abandon?.(this.#ended);
  }

  /** Has serialport do something. When the port goes meanwhile, serialport 13 may never say so: then what it does is abandoned. */
  async #use(call: (callback: Callback) => void): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const gone = new Promise<never>((_, reject) => (this.#abandon = reject));
    const asking = setInterval(() => void this.#ask(), ASK_EVERY_MS);
    try {
      await Promise.race([settled(call), gone]);
    } catch (error) {
      throw this.#ended ?? portError(this.path, error);
    } finally {
      clearInterval(asking);
      this.#abandon = undefined;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#use((callback) => this.#port.write(Buffer.from(bytes), callback));
    await this.#use((callback) => this.#port.drain(callback));
  }

  async read(timeoutMs: number): Promise<Uint8Array> {
    if (this.#unread.length === 0) {
      if (this.#ended !== undefined) throw this.#ended;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, timeoutMs));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    const bytes = Buffer.concat(this.#unread);
    this.#unread = [];
    this.#unreadBytes = 0;
    if (bytes.length === 0 && this.#ended === undefined && timeoutMs >= ASK_AFTER_MS) await this.#ask();
    if (bytes.length === 0 && this.#ended !== undefined) throw this.#ended;
    return bytes;
  }

  /**
   * Asks the system whether the device is still there. serialport 13 does not notice on Linux when it goes while a read is under way: such a read gives 0 bytes, and serialport reads again, for ever.
   * Whatever is asked of a terminal that has gone is EIO, while one without modem-control lines is ENOTTY.
   */
  async #ask(): Promise<void> {
    try {
      await settled((callback) => this.#port.get((error) => callback(error)));
    } catch (error) {
      if (portError(this.path, error).code === "PORT_GONE" || !this.#port.isOpen) this.#end(error);
    }
  }

  async setSignals({ dtr, rts }: { readonly dtr: boolean; readonly rts: boolean }): Promise<void> {
    try {
      await this.#use((callback) => this.#port.set({ dtr, rts }, callback));
    } catch (error) {
      // ENOTTY and EINVAL: a pseudo terminal, or a port over the network.
      const said = error instanceof FlashError && error.cause instanceof Error ? error.cause.message : "";
      if (error instanceof FlashError && error.code === "PORT_FAILED" && /inappropriate ioctl|invalid argument/i.test(said)) {
        throw new FlashError("LINES_UNSUPPORTED", `expected ${this.path} to have the lines DTR and RTS, but it has none; hold BOOT, press RESET (EN) and let BOOT go by hand`, { cause: error });
      }
      throw error;
    }
  }

  async setBaudRate(baud: number): Promise<void> {
    await this.#use((callback) => this.#port.update({ baudRate: baud }, callback));
  }

  async close(): Promise<void> {
    if (!this.#port.isOpen) return;
    try {
      await settled((callback) => this.#port.close(callback));
    } catch (error) {
      // It went away meanwhile, which is as closed as can be.
      if (this.#port.isOpen) throw portError(this.path, error);
    }
  }
}
