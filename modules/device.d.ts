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

declare module "assay/board/tcp" {
  import TCP from "embedded:io/socket/tcp";
  /** `embedded:io/socket/tcp` that takes a host's name as well as an address: not every board's own socket does. */
  export default TCP;
}

declare module "assay/board/tls" {
  import TCP, { type TCPOptions } from "embedded:io/socket/tcp";
  /** What identifies the two sides of a TLS connection. */
  export interface TLSIdentity {
    /** certificate of the authority that signs the other side's, PEM or DER */
    ca?: ArrayBuffer | string;
    /** the name in the other side's certificate; default the host */
    serverName?: string;
    /** the device's own certificates, PEM or DER, if the other side asks for one */
    certificate?: ArrayBuffer | string;
    /** the key of the first of them, PKCS #8, PEM or DER */
    key?: ArrayBuffer | string;
  }
  /** Options of an outgoing TLS connection. */
  export interface TLSOptions extends TCPOptions {
    host: string;
    tls: TLSIdentity;
  }
  /** A TCP socket through TLS. `onWritable` first fires when the other side has shown who it is; a certificate that is not trusted is `onError`. */
  export default class TLS extends TCP {
    constructor(options: TLSOptions);
  }
}

declare module "assay/board/accelerometer" {
  /** Opens the board's accelerometer: samples are x, y and z in g. Throws if the board has none, or not at that rate (Hz) and range (g). */
  export function openAccelerometer(options: { rateHz: number; rangeG: number }): import("assay/sensor/sensor").Sensor;
}

declare module "assay/board/environment" {
  /** Opens the board's sensor of its surroundings: samples are temperature (°C), relative humidity (%) and pressure (Pa). Throws if the board has none. */
  export function openEnvironment(options: { rateHz: number }): import("assay/sensor/sensor").Sensor;
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
