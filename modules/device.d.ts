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

declare module "embedded:io/socket/udp" {
  /** What `read` gives: the bytes, and who sent them. */
  export type Datagram = ArrayBuffer & { readonly address: string; readonly port: number };
  /** Options of a UDP socket (ECMA-419). */
  export interface UDPOptions {
    /** local IPv4 address; default all */
    address?: string;
    /** local port; default 0, a free one */
    port?: number;
    format?: "buffer";
    /** how many datagrams there are at least */
    onReadable?: (this: UDP, packets: number) => void;
    onError?: (this: UDP) => void;
  }
  /** A UDP socket (ECMA-419). Errors: `EADDRINUSE`, `EACCES`, `EMSGSIZE`, `ENETUNREACH`. What the network drops is not told. */
  export default class UDP {
    constructor(options?: UDPOptions);
    get format(): "buffer";
    /** the port that the socket is bound to */
    get port(): number;
    /** one datagram, or undefined if none waits */
    read(): Datagram | undefined;
    write(buffer: ArrayBuffer | Uint8Array, address: string, port: number): void;
    close(): void;
  }
}

declare module "embedded:io/digital" {
  /** Options of a digital pin (ECMA-419). */
  export interface DigitalOptions {
    /** on Linux the offset of a line of the chip */
    pin: number;
    /** one of `Digital.Input` and the like */
    mode: number;
    /** `Digital.Rising`, `Digital.Falling` or both: when `onReadable` is called */
    edge?: number;
    /** what an output starts with; default 0 */
    initialValue?: 0 | 1;
    /** on Linux N of /dev/gpiochipN, or a path; default 0 */
    port?: number | string;
    format?: "number";
    onReadable?: (this: Digital) => void;
    /** the chip is gone */
    onError?: (this: Digital) => void;
  }
  /** A digital pin (ECMA-419). Errors on Linux: `ENOENT` (no such chip), `EACCES`, `EINVAL` (no such line), `EBUSY` (somebody else has the line), `ENXIO` (no such edge or pull). */
  export default class Digital {
    static readonly Input: 0;
    static readonly InputPullUp: 1;
    static readonly InputPullDown: 2;
    /** not on Linux */
    static readonly InputPullUpDown: 3;
    static readonly Output: 8;
    static readonly OutputOpenDrain: 9;
    static readonly Rising: 1;
    static readonly Falling: 2;
    constructor(options: DigitalOptions);
    get format(): "number";
    read(): 0 | 1;
    write(value: 0 | 1): void;
    close(): void;
  }
}

declare module "embedded:io/i2c" {
  /** Options of a device on an I2C bus (ECMA-419). */
  export interface I2COptions {
    /** 7 bits */
    address: number;
    /** the bus; on Linux N of /dev/i2c-N, or a path; default 1 */
    port?: number | string;
    /** pins and clock rate where the board does not have them fixed; Linux does */
    data?: number;
    clock?: number;
    hz?: number;
    format?: "buffer";
  }
  /**
   * A device on an I2C bus (ECMA-419). Errors on Linux: `ENOENT` (no such bus), `EACCES`, `EBUSY` (a driver of the kernel has the device), `EOPNOTSUPP` (a bus that is SMBus only);
   * `ENXIO` or `EREMOTEIO` (no acknowledgement), `EAGAIN` (arbitration lost), `ETIMEDOUT`.
   */
  export default class I2C {
    constructor(options: I2COptions);
    get format(): "buffer";
    /** `stop` false is refused on Linux */
    read(into: number | Uint8Array, stop?: boolean): ArrayBuffer;
    /** `stop` false: a repeated start follows, with the next operation */
    write(buffer: ArrayBuffer | Uint8Array, stop?: boolean): void;
    close(): void;
  }
}

declare module "embedded:io/smbus" {
  import I2C from "embedded:io/i2c";
  /** A device with registers of 8 bits' address on an I2C bus (ECMA-419). Numbers of 16 bits are little-endian unless `bigEndian`. */
  export default class SMBus extends I2C {
    readUint8(register: number): number;
    readUint16(register: number, bigEndian?: boolean): number;
    writeUint8(register: number, value: number): void;
    writeUint16(register: number, value: number, bigEndian?: boolean): void;
    readBuffer(register: number, into: number | Uint8Array): ArrayBuffer;
    writeBuffer(register: number, buffer: ArrayBuffer | Uint8Array): void;
    sendByte(command: number): void;
    receiveByte(): number;
  }
}

declare module "embedded:io/spi" {
  /** Options of a device on an SPI bus (ECMA-419). */
  export interface SPIOptions {
    hz: number;
    /** 0 to 3; default 0 */
    mode?: number;
    /** the bus; on Linux B of /dev/spidevB.C, or the whole path; default 0 */
    port?: number | string;
    /** chip select; on Linux C of /dev/spidevB.C; default 0 */
    select?: number;
    format?: "buffer";
  }
  /** A device on an SPI bus (ECMA-419). Errors on Linux: `ENOENT`, `EACCES`, `EBUSY`, `EINVAL` (a mode that the bus lacks), `EMSGSIZE` (longer than spidev takes). */
  export default class SPI {
    constructor(options: SPIOptions);
    get format(): "buffer";
    read(into: number | Uint8Array): ArrayBuffer;
    write(buffer: ArrayBuffer | Uint8Array): void;
    /** what comes in takes the place of what goes out */
    transfer(buffer: ArrayBuffer | Uint8Array): void;
    flush(): void;
    close(): void;
  }
}

declare module "embedded:io/serial" {
  /** Options of a serial line (ECMA-419): 8 bits, no parity, one stop bit. */
  export interface SerialOptions {
    /** bits per second, such as 115200 */
    baud: number;
    /** on Linux a path such as /dev/ttyUSB0, or N of /dev/ttySN; default 0 */
    port?: number | string;
    flowControl?: "hardware" | "none";
    /** "number" (default): a byte at a time */
    format?: "number" | "buffer";
    onReadable?: (this: Serial, bytes: number) => void;
    onWritable?: (this: Serial, bytes: number) => void;
    /** the line is gone */
    onError?: (this: Serial) => void;
  }
  /** A serial line (ECMA-419). Errors on Linux: `ENOENT`, `EACCES`, `EBUSY` (somebody else has the line), `ENOTTY` (no serial line), `ENOBUFS` (more than was announced), `EIO`. */
  export default class Serial {
    constructor(options: SerialOptions);
    get format(): "number" | "buffer";
    set format(format: "number" | "buffer");
    /** a byte; or an ArrayBuffer of at most `into` bytes; or how many bytes went into `into`; undefined if there is nothing to read */
    read(into?: number | Uint8Array): number | ArrayBuffer | undefined;
    write(value: number | ArrayBuffer | Uint8Array): void;
    /** drops what came in, and what waits to go out; without parameters both */
    flush(input?: boolean, output?: boolean): void;
    set(options: { dataTerminalReady?: boolean; requestToSend?: boolean; break?: boolean }): void;
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
   * (another fault of it), `TLS_VERSION` (the server is too old: it has neither version 1.2 nor suites with forward secrecy), `TLS_REFUSED` (the server refuses the client, for want of a certificate perhaps), `TLS_PROTOCOL` (this is no TLS),
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

declare module "assay/board/tcp" {
  import TCP from "embedded:io/socket/tcp";
  /** `embedded:io/socket/tcp` that takes a host's name as well as an address: not every board's own socket does. */
  export default TCP;
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
