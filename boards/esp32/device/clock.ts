/** The wall clock, by SNTP: set once the network is there, and again every day. Without it no certificate can be checked and no statement says when it was made. */
import { DeviceError } from "assay/esp32/device-error";

/** The SDK's `sntp`: asks a server, and on an error the one that the callback returns. */
export interface SntpClass {
  readonly time: number;
  readonly error: number;
  new (options: { host: string }, callback: (message: number, value?: number | string) => string | undefined | void): unknown;
}

/** What setting the clock needs. */
export interface ClockOptions {
  readonly SNTP: SntpClass;
  readonly Timer: { set(callback: () => void, ms: number): object };
  /** host names, asked in turn until one answers */
  readonly servers: readonly string[];
  /** sets the clock to seconds since 1970 */
  readonly setTime: (seconds: number) => void;
  /** called each time it was set */
  readonly onSet: () => void;
}

const AGAIN_MS = 24 * 60 * 60 * 1000;
const RETRY_MS = 10_000;
/** A clock before this was never set: it counts from 1970. A restart keeps a clock that was. */
const EARLIEST = Date.UTC(2026, 0, 1);

/** Whether a clock that shows `now` (milliseconds since 1970) has been set. */
export const isSet = (now: number): boolean => now >= EARLIEST;

/**
 * Reads `config.timeServers`, an array of host names (or the one of `config.sntp`, the SDK's own field).
 * @throws DeviceError `BAD_CONFIG`
 */
export function readServers(config: Record<string, unknown>): string[] {
  const servers = config["timeServers"] ?? [config["sntp"] ?? "pool.ntp.org"];
  if (!Array.isArray(servers) || servers.length === 0 || !servers.every((host) => typeof host === "string" && host.length > 0 && host.length <= 253)) {
    throw new DeviceError("BAD_CONFIG", "config.timeServers: expected one or more host names");
  }
  return servers as string[];
}

/** Sets the clock now, from the first server that answers, and then once a day. Runs on for as long as the device does. */
export function keepClock(options: ClockOptions): void {
  const { SNTP, Timer, servers, setTime, onSet } = options;
  let turn = 0;
  new SNTP({ host: servers[0]! }, (message, value) => {
    if (message === SNTP.error) return servers[++turn % servers.length];
    if (message !== SNTP.time) return undefined;
    // A broken answer must not set the clock back to where it is taken for unset: the next server is asked.
    const good = typeof value === "number" && isSet(value * 1000);
    Timer.set(() => keepClock(good ? options : { ...options, servers: [...servers.slice(1), servers[0]!] }), good ? AGAIN_MS : RETRY_MS);
    if (!good) return undefined;
    setTime(value);
    onSet();
    return undefined;
  });
}
