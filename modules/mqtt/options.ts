import type { TimerId } from "timer";
import type { BackoffBounds } from "assay/mqtt/backoff";
import { MqttError } from "assay/mqtt/mqtt-error";
import type { Will } from "assay/mqtt/packets";

/** An open socket as the client uses it (ECMA-419 TCP socket class pattern). */
export interface TcpSocket {
  read(byteLength?: number): ArrayBuffer | undefined;
  write(buffer: ArrayBuffer | Uint8Array): void;
  close(): void;
}

/** `embedded:io/socket/tcp`, or any class of its shape: a TLS socket, a test's. */
export type TcpClass = new (options: {
  address?: string;
  host?: string;
  port: number;
  nodelay?: boolean;
  format?: "buffer";
  onReadable?: (bytes: number) => void;
  onWritable?: (bytes: number) => void;
  /** with the reason, where the class knows it */
  onError?: (error?: Error) => void;
}) => TcpSocket;

/** What the client needs of Moddable's `timer`. */
export interface Timers {
  set(callback: (id: TimerId) => void, ms?: number): TimerId;
  clear(id: TimerId | undefined): void;
}

/** Options of an MqttClient. */
export interface MqttOptions {
  readonly TCP: TcpClass;
  readonly Timer: Timers;
  /** milliseconds, monotonic */
  readonly ticks: () => number;
  /** evenly distributed in [0, 1): for the jitter only, so it need not be secret */
  readonly random: () => number;

  /** a host name or an IPv4 address */
  readonly host: string;
  /** 1 to 65535; 1883 by custom */
  readonly port: number;
  readonly clientId: string;
  readonly user?: string | undefined;
  readonly password?: string | Uint8Array | undefined;
  readonly will?: Will | undefined;
  /** 0 (off) to 65535; default 60 */
  readonly keepAliveSeconds?: number | undefined;
  /** whether the broker forgets this client with every connection; default false */
  readonly cleanSession?: boolean | undefined;
  /** default 1 s to 60 s */
  readonly backoff?: BackoffBounds | undefined;
  /** time from the attempt to connect to CONNACK, and from PINGREQ to PINGRESP, milliseconds; default 10,000 */
  readonly responseTimeoutMs?: number | undefined;
  /** limit of a packet's remaining length, both ways, 64 to 268,435,455 bytes; default 4096 */
  readonly maxPacketBytes?: number | undefined;
  /** messages of QoS 1 without PUBACK, 1 to 1000; default 4 */
  readonly maxInflight?: number | undefined;

  /** The broker accepted. `sessionPresent`: it had kept this client's session [MQTT-3.2.2-2, -3]. */
  readonly onConnected?: ((sessionPresent: boolean) => void) | undefined;
  /** A message came; it is acknowledged when this returns. The payload may be kept. `retained`: it was there before the subscription. */
  readonly onMessage?: ((topic: string, payload: Uint8Array, retained: boolean) => void) | undefined;
  /** A connection ended, or an attempt failed; the next begins in `retryMs`. After `close()`: once, code `CLOSED`, without `retryMs`. */
  readonly onDisconnected?: ((reason: MqttError, retryMs: number | undefined) => void) | undefined;
  /** Something was refused and the connection goes on: `TOO_LARGE` (a message was discarded) or `SUBSCRIPTION_REFUSED`. */
  readonly onWarning?: ((warning: MqttError) => void) | undefined;
}

/** The numbers among the options, checked and with their defaults. */
export interface Limits {
  readonly keepAliveSeconds: number;
  readonly backoff: BackoffBounds;
  readonly responseTimeoutMs: number;
  readonly maxPacketBytes: number;
  readonly maxInflight: number;
}

/** Largest remaining length (§2.2.3). */
const MAX_REMAINING_LENGTH = 268_435_455;

/** @throws MqttError `BAD_OPTION` */
export function checkLimits(options: MqttOptions): Limits {
  const backoff = options.backoff ?? { minMs: 1000, maxMs: 60_000 };
  if (!(backoff.minMs > 0 && backoff.maxMs >= backoff.minMs && backoff.maxMs < Infinity)) {
    throw new MqttError("BAD_OPTION", `expected a backoff with 0 < minMs ≤ maxMs, got ${backoff.minMs} and ${backoff.maxMs}`);
  }
  if (options.host === "") throw new MqttError("BAD_OPTION", "expected a host, got an empty name");
  integer("port", options.port, 1, 0xffff);
  return {
    keepAliveSeconds: integer("keepAliveSeconds", options.keepAliveSeconds ?? 60, 0, 0xffff),
    backoff,
    responseTimeoutMs: integer("responseTimeoutMs", options.responseTimeoutMs ?? 10_000, 1, 0x7fffffff),
    maxPacketBytes: integer("maxPacketBytes", options.maxPacketBytes ?? 4096, 64, MAX_REMAINING_LENGTH),
    maxInflight: integer("maxInflight", options.maxInflight ?? 4, 1, 1000),
  };
}

function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new MqttError("BAD_OPTION", `expected ${name} to be an integer from ${least} to ${most}, got ${value}`);
}
