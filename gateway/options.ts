/** What a gateway is given, and the defaults. */
import type { Address, LocalAccount } from "viem";
import type { DeviceDirectory } from "./directory.ts";
import { GatewayError } from "./gateway-error.ts";
import type { Logger } from "./logger.ts";
import type { Store } from "./store.ts";
import type { WitnessOptions } from "./witness.ts";

export interface GatewayOptions {
  /** MQTT broker: mqtt://host:port or mqtts://. */
  readonly brokerUrl: string;
  readonly brokerCredentials?: { readonly username: string; readonly password: string };
  /** JSON-RPC endpoint of the chain. */
  readonly rpcUrl: string;
  /** Where the contracts are. */
  readonly contracts: { readonly log: Address; readonly registry: Address };
  /** Whose devices count, of those in the registry, where anybody can register his own; default: everybody's. */
  readonly owners?: readonly Address[];
  /** Signs and pays for the anchors: the operator of the log contract, and of nothing else, so that its nonces are the gateway's alone. */
  readonly account: LocalAccount;
  /** Folder for the store and the gateway's own key; made if absent. */
  readonly dataFolder: string;
  readonly logger: Logger;
  /** How often a log that has grown is anchored; default 5,000 ms. */
  readonly anchorEveryMs?: number;
  /** How often the newest block is looked for; default 1,000 ms. */
  readonly beaconEveryMs?: number;
  /** How often the chain is asked for a transaction under way; default 250 ms. */
  readonly pollEveryMs?: number;
  /** Blocks that hold an anchor or stand on the one that does before receipts are made; default 1. */
  readonly confirmations?: number;
  /** An anchor that is in no block after so long is replaced for a higher fee; default 60,000 ms. */
  readonly resendAfterMs?: number;
  /** How long a statement that overtook the one before it may wait for that before it is refused as GAP; default 1,000 ms. */
  readonly reorderMs?: number;
  /** Larger messages are refused unread; default, and most, what the format allows (4,096). */
  readonly maxStatementBytes?: number;
  /** How much waits in each queue before the stage before it waits too; default 8 MiB of messages. */
  readonly queueBytes?: number;
  /** How many rejections of each code are kept; default 256. */
  readonly rejectionsPerCode?: number;
  /** How long broker and chain may take to answer; default 10,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Serves the log over HTTP (C2SP tlog-tiles) on this port; 0 picks a free one, default none. */
  readonly httpPort?: number;
  /** The address to serve it on; default 127.0.0.1. */
  readonly httpHost?: string;
  /** Who is asked to cosign each confirmed head (C2SP tlog-witness); default nobody. */
  readonly witnesses?: readonly WitnessOptions[];
  /** Another store than SQLite in the data folder. */
  readonly store?: Store;
  /** Another directory than the DeviceRegistry contract. */
  readonly directory?: DeviceDirectory;
}

/** The options with their defaults. */
export interface Settings {
  readonly anchorEveryMs: number;
  readonly beaconEveryMs: number;
  readonly pollEveryMs: number;
  readonly confirmations: number;
  readonly resendAfterMs: number;
  readonly reorderMs: number;
  readonly maxStatementBytes: number;
  readonly queueBytes: number;
  readonly rejectionsPerCode: number;
  readonly connectTimeoutMs: number;
}

/** @throws {GatewayError} `OPTION_INVALID` */
export function settingsOf(options: GatewayOptions): Settings {
  const settings: Settings = {
    anchorEveryMs: options.anchorEveryMs ?? 5_000,
    beaconEveryMs: options.beaconEveryMs ?? 1_000,
    pollEveryMs: options.pollEveryMs ?? 250,
    confirmations: options.confirmations ?? 1,
    resendAfterMs: options.resendAfterMs ?? 60_000,
    reorderMs: options.reorderMs ?? 1_000,
    maxStatementBytes: options.maxStatementBytes ?? 4_096,
    queueBytes: options.queueBytes ?? 8 * 2 ** 20,
    rejectionsPerCode: options.rejectionsPerCode ?? 256,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new GatewayError("OPTION_INVALID", `expected ${name} to be a positive integer, got ${String(value)}`);
  }
  const { httpPort } = options;
  if (httpPort !== undefined && !(Number.isInteger(httpPort) && httpPort >= 0 && httpPort <= 65_535)) throw new GatewayError("OPTION_INVALID", `expected httpPort to be from 0 to 65535, got ${String(httpPort)}`);
  expectUrl("brokerUrl", options.brokerUrl, ["mqtt:", "mqtts:", "tcp:", "tls:", "ws:", "wss:"]);
  expectUrl("rpcUrl", options.rpcUrl, ["http:", "https:"]);
  return settings;
}

function expectUrl(name: string, value: string, protocols: readonly string[]): void {
  const protocol = URL.canParse(value) ? new URL(value).protocol : undefined;
  if (protocol === undefined || !protocols.includes(protocol)) throw new GatewayError("OPTION_INVALID", `expected ${name} to begin with ${protocols.map((p) => `${p}//`).join(", ")}, got ${protocol ?? "no URL"}`);
}
