/**
 * Wi-Fi with several networks: scans, tries those that it knows, the strongest first and the ones that hide their name last, and begins again whenever the
 * connection is lost.
 */
import type { TimerId } from "timer";
import { DeviceError } from "assay/esp32/device-error";

/** A network that the device may join. */
export interface KnownNetwork {
  readonly ssid: string;
  readonly password?: string;
}

/** A network that a scan has found. */
export interface FoundNetwork {
  readonly SSID: string;
  /** signal strength, dBm */
  readonly RSSI: number;
}

/** The part of the SDK's `embedded:network/interface/wifi` (ECMA-419 in the making) that is used. */
export interface Station {
  /** below 400: no network; from 500: it has an address */
  readonly connection: number;
  scan(options: { onFound: (found: FoundNetwork) => void; onComplete: () => void }): void;
  connect(options: { SSID: string; password?: string }): void;
  disconnect(): void;
}

interface Timers {
  set(callback: () => void, ms: number): TimerId;
  clear(id: TimerId | undefined): void;
}

/** What a WiFi needs. */
export interface WiFiOptions {
  readonly station: (onChanged: () => void) => Station;
  readonly Timer: Timers;
  readonly networks: readonly KnownNetwork[];
  /** called whenever an address is there after none was */
  readonly onOnline: () => void;
  readonly onOffline: () => void;
}

/** Time for one network: association, keys and DHCP. */
const ATTEMPT_MS = 20_000;
/** Pause after none of them worked, doubled up to the longest. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
const ONLINE = 500;
const LINKED = 400;

/**
 * The networks in the order in which they are tried.
 */
export function inOrder(networks: readonly KnownNetwork[], found: readonly FoundNetwork[]): KnownNetwork[] {
  const strength = (network: KnownNetwork): number => found.reduce((best, { SSID, RSSI }) => (SSID === network.ssid && RSSI > best ? RSSI : best), Number.NEGATIVE_INFINITY);
  return networks
    .map((network, index) => ({ network, index, strength: strength(network) }))
    .sort((a, b) => (a.strength === b.strength ? a.index - b.index : b.strength - a.strength))
    .map(({ network }) => network);
}

/**
 * Reads `config.wifi`: `{ networks: [{ ssid, password? }, …] }`.
 * @throws DeviceError `BAD_CONFIG`; a password never is in its message
 */
export function readNetworks(wifi: unknown): KnownNetwork[] {
  const networks = (wifi as { networks?: unknown } | undefined)?.networks;
  if (!Array.isArray(networks) || networks.length === 0) throw new DeviceError("BAD_CONFIG", "config.wifi.networks: expected one or more { ssid, password }, got none");
  return networks.map((network: { ssid?: unknown; password?: unknown } | null, index) => {
    const ssid = network?.ssid;
    const password = network?.password;
    // IEEE 802.11: 0 to 32 octets; WPA: a passphrase of 8 to 63 characters or 64 hexadecimal digits.
    if (typeof ssid !== "string" || ssid.length < 1 || ssid.length > 32) throw new DeviceError("BAD_CONFIG", `config.wifi.networks[${index}].ssid: expected 1 to 32 characters`);
    if (password !== undefined && (typeof password !== "string" || password.length < 8 || password.length > 64)) {
      throw new DeviceError("BAD_CONFIG", `config.wifi.networks[${index}].password: expected 8 to 64 characters, or none for an open network`);
    }
    return password === undefined ? { ssid } : { ssid, password };
  });
}

/** The device's way to the network; runs for as long as the device does. */
export class WiFi {
  private readonly options: WiFiOptions;
  private readonly station: Station;
  private timer: TimerId | undefined;
  private online = false;
  private pauseMs = FIRST_PAUSE_MS;

  constructor(options: WiFiOptions) {
    this.options = options;
    this.station = options.station(() => this.changed());
    this.scan();
  }

  private scan(): void {
    const found: FoundNetwork[] = [];
    // A scan that never ends must not be the end.
    this.wait(ATTEMPT_MS, () => this.scan());
    this.station.scan({
      onFound: (network) => found.push({ SSID: network.SSID, RSSI: network.RSSI }),
      onComplete: () => {
        if (!this.online) this.attempt(inOrder(this.options.networks, found), 0);
      },
    });
  }

  private attempt(networks: readonly KnownNetwork[], index: number): void {
    const network = networks[index];
    if (network === undefined) {
      this.wait(this.pauseMs, () => this.scan());
      this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
      return;
    }
    this.wait(ATTEMPT_MS, () => {
      this.station.disconnect();
      this.attempt(networks, index + 1);
    });
    this.station.connect({ SSID: network.ssid, ...(network.password === undefined ? {} : { password: network.password }) });
  }

  private changed(): void {
    const { connection } = this.station;
    if (connection >= ONLINE && !this.online) {
      this.online = true;
      this.pauseMs = FIRST_PAUSE_MS;
      this.options.Timer.clear(this.timer);
      this.timer = undefined;
      this.options.onOnline();
    } else if (connection < LINKED && this.online) {
      this.online = false;
      this.options.onOffline();
      this.wait(FIRST_PAUSE_MS, () => this.scan());
    }
  }

  private wait(ms: number, then: () => void): void {
    this.options.Timer.clear(this.timer);
    this.timer = this.options.Timer.set(() => {
      this.timer = undefined;
      then();
    }, ms);
  }
}
