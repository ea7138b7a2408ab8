/**
 * What the Moddable SDK's typings lack of what device code assumes (modules/device.d.ts): names for types that they have, the typed form of `native`, and the
 * modules that a board of Assay supplies. A build with the SDK reads this file beside the SDK's own.
 */

declare function native<F extends (...parameters: never[]) => unknown>(name: string): F;

/** The console of a device (console.ts): `log` and `info` go to the data line, `warn` and `error` to the diagnostic line. */
declare const console: {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
};

declare module "timer" {
  /** A running timer. */
  export type TimerId = import("timer").default;
}

declare module "embedded:io/socket/tcp" {
  /** Options of an outgoing connection. */
  export interface TCPOptions {
    address?: string;
    host?: string;
    port: number;
    nodelay?: boolean;
    format?: "buffer";
    onReadable?: (bytes: number) => void;
    onWritable?: (bytes: number) => void;
    onError?: () => void;
  }
}

/** The SDK has no types of these. */
declare module "embedded:sensor/Accelerometer/LIS3DH" {
  /** Rates and ranges are codes of its registers; samples are m/s². */
  export default class LIS3DH {
    constructor(options: { sensor: object });
    configure(options: { rate?: number; range?: number }): void;
    sample(): { x: number; y: number; z: number };
    close(): void;
  }
}

declare module "embedded:io/socket/tcp/tls" {
  export default class TLSSocket {
    constructor(options: object);
    read(byteLength?: number): ArrayBuffer | undefined;
    write(buffer: ArrayBuffer | Uint8Array): number;
    close(): void;
  }
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
