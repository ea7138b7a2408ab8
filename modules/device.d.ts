/**
 * What device code may assume of the machine under it: the shapes of ECMA-419 (`embedded:`), of Moddable's
 * `timer` and `mc/config`, and of Assay's own `assay/board`. `runtime/` and each board supply them.
 */

/** A C function of that name as a JavaScript function. Moddable's compiler knows this form; `runtime/` supplies a function of that name. */
declare function native<F extends (...parameters: never[]) => unknown>(name: string): F;

/** The console of a device: `log` and `info` go to the data line (stdout), `warn` and `error` to the diagnostic line (stderr). */
declare const console: {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
};

declare module "timer" {
  /** A running timer. */
  type TimerId = object;
  /** Moddable's timer: one-shot after `ms`, then every `repeatMs` if given. Milliseconds may be fractions. */
  const Timer: {
    set(callback: (id: TimerId) => void, ms?: number, repeatMs?: number): TimerId;
    repeat(callback: (id: TimerId) => void, ms: number): TimerId;
    clear(id: TimerId | undefined): void;
  };
  export type { TimerId };
  export default Timer;
}

declare module "mc/config" {
  /** The device's configuration: parsed JSON. It comes from outside, so whoever reads it checks it. */
  const config: Record<string, unknown>;
  export default config;
}

declare module "embedded:io/socket/tcp" {
  /** Options of an outgoing connection (ECMA-419 TCP socket class pattern). */
  export interface TCPOptions {
    address?: string;
    host?: string;
    port: number;
    nodelay?: boolean;
    format?: "buffer";
    onReadable?: (this: TCP, bytes: number) => void;
    onWritable?: (this: TCP, bytes: number) => void;
    onError?: (this: TCP) => void;
  }
  /** A TCP socket (ECMA-419). `onWritable` first fires when connected, with the bytes that `write` takes without waiting. */
  export default class TCP {
    constructor(options: TCPOptions);
    read(byteLength?: number): ArrayBuffer | undefined;
    write(buffer: ArrayBuffer | Uint8Array): void;
    close(): void;
  }
}

declare module "assay/board/tls" {
  /** Whom a connection trusts, and who it is itself. PEM is text or bytes; where the board has files, an absolute path in its place. */
  export interface TLSCredentials {
    /** certificates of the authorities to trust; without it those that the board trusts */
    readonly ca?: string | ArrayBuffer;
    /** the name in the server's certificate; without it the host or address that the socket connects to */
    readonly serverName?: string;
    /** the client's certificate, its chain behind it; and its key, without a password */
    readonly certificate?: string | ArrayBuffer;
    readonly key?: string | ArrayBuffer;
  }
  /** Options of a connection: those of a TCP socket, and `tls`. */
  export interface TLSOptions {
    address?: string;
    host?: string;
    port: number;
    nodelay?: boolean;
    format?: "buffer";
    tls?: TLSCredentials;
    onReadable?: (this: TLS, bytes: number) => void;
    onWritable?: (this: TLS, bytes: number) => void;
    onError?: (this: TLS, error: Error & { code: string }) => void;
  }
  /**
   * A TCP socket (ECMA-419) that speaks TLS, version 1.2 at least. The server's chain of certificates, its name and the time are always checked; `onWritable` first fires when
   * they are in order.
   *
   * Codes that `onError` gets: `TLS_UNTRUSTED` (no authority that is trusted), `TLS_EXPIRED`, `TLS_NOT_YET_VALID`, `TLS_NAME` (a certificate for another name), `TLS_CERTIFICATE`
   * (another fault of it), `TLS_VERSION` (the server is too old), `TLS_REFUSED` (the server refuses the client, for want of a certificate perhaps), `TLS_PROTOCOL` (this is no TLS),
   * `TLS_CLOSED` (the server said goodbye), `TLS_CONNECTION` (no connection, or its end without a goodbye).
   */
  export default class TLS {
    /**
     * @throws Error with the code `TLS_UNSUPPORTED` (the board has no TLS; the message says what to do), `TLS_OPTION` (no PEM, a key of another certificate), `EPERM` (a key file
     * that others can read), or that of a file, such as `ENOENT`; and what the TCP socket throws
     */
    constructor(options: TLSOptions);
    read(byteLength?: number): ArrayBuffer | undefined;
    write(buffer: ArrayBuffer | Uint8Array): void;
    close(): void;
  }
}

declare module "embedded:storage/flash" {
  /** Geometry and rules of a partition. */
  export interface FlashStatus {
    /** bytes */
    size: number;
    /** bytes of an erase block */
    blockLength: number;
    blocks: number;
    /** bytes that a write's offset and length are multiples of */
    writeAlign: number;
    /** what an erased byte reads as */
    eraseValue: number;
  }
  /** A flash partition: erase sets a block to `eraseValue`; a write can only clear bits. What returned is durable. */
  export interface Flash {
    close(): void;
    /** erases blocks `start` up to, not including, `end` (default `start + 1`) */
    eraseBlock(start: number, end?: number): void;
    read(byteLength: number, byteOffset: number): ArrayBuffer;
    write(buffer: ArrayBuffer | Uint8Array, byteOffset: number): void;
    status(): FlashStatus;
  }
  const flash: { open(options: { path: string; mode?: "r" | "r+" }): Flash };
  export default flash;
}

declare module "embedded:storage/key-value" {
  /** A small store of named values. A write that returned is durable and never half done. */
  export interface KeyValueStore {
    close(): void;
    /** undefined if there is no such key */
    read(key: string): ArrayBuffer | undefined;
    write(key: string, value: ArrayBuffer | Uint8Array): void;
    delete(key: string): void;
  }
  const keyValue: { open(options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): KeyValueStore };
  export default keyValue;
}

declare module "assay/board" {
  /** Memory as the machine counts it; a slot is 16 bytes on a 32-bit device. */
  export interface Memory {
    slotsUsed: number;
    slots: number;
    chunkBytesUsed: number;
    chunkBytes: number;
  }
  /** The board under the app. */
  const board: {
    /** such as "linux-x64" */
    readonly name: string;
    /** true when the board is simulated: its statements then say so */
    readonly simulator: boolean;
    /** what runs: SHA-256 of the app's image (32 bytes), bytes of linked bytecode, XS version such as "13.3" */
    readonly image: { readonly digest: ArrayBuffer; readonly codeBytes: number; readonly engine: string };
    /** `n` bytes from the board's entropy source; throws if there is none */
    entropy(n: number): ArrayBuffer;
    /** milliseconds since some fixed moment, monotonic, with fractions */
    ticks(): number;
    /** called once when the board is asked to stop; the app then calls `exit` */
    onShutdown(callback: () => void): void;
    exit(code: number): never;
    memory(): Memory;
  };
  export default board;
}

declare module "assay/trace" {
  /** Opens a recording of a sensor: CSV with a header line of column names. Throws an Error with a `code` such as "ENOENT". */
  export function openTrace(file: string): import("assay/sensor/recording").Trace;
}

declare module "assay/board/accelerometer" {
  /**
   * The board's accelerometer: a sample is x, y, z in g (9.80665 m/s²).
   *
   * @param options samples per second that the app takes; full scale ±2, ±4, ±8 or ±16 g
   * @throws SensorError `UNAVAILABLE` where the board has none, or it does not answer
   */
  export function openAccelerometer(options: { readonly rateHz: number; readonly rangeG: number }): import("assay/sensor/sensor").Sensor;
}

declare module "assay/board/environment" {
  /**
   * The board's climate sensor: a sample is temperature in °C, relative humidity in %, pressure in Pa.
   *
   * @throws SensorError `UNAVAILABLE` where the board has none, or it does not answer
   */
  export function openEnvironment(options: { readonly rateHz: number }): import("assay/sensor/sensor").Sensor;
}

declare module "*.tflite" {
  /** The model's bytes, in place in flash. */
  const model: ArrayBuffer;
  export default model;
}

declare module "*.bin" {
  /** The file's bytes, in place in flash. */
  const bytes: ArrayBuffer;
  export default bytes;
}
