/** Which keys a device has: from the DeviceRegistry contract by RPC, remembered until the registry says that something has changed. */
import { decodeBase64url, encodeBase64url } from "assay/statement/base64url";
import { startsWith } from "assay/statement/bytes";
import { thumbprint, type PublicKey } from "assay/statement/cose-key";
import { hexToBytes, isAddressEqual, toHex, type Address, type PublicClient } from "viem";
import { deviceRegistryAbi as abi } from "../contracts/abi.ts";
import { readDevice } from "../contracts/registered-device.ts";
import { reasonOf } from "./gateway-error.ts";
import { sha256 } from "./log.ts";
import { chainError } from "./log-contract.ts";
import type { Logger } from "./logger.ts";

/** A key that a device has or had. */
export interface DirectoryKey {
  readonly publicKey: PublicKey;
  /** It does not count any more: since when, Unix time in seconds, and why. */
  readonly revoked?: { readonly since: number; readonly reason: string };
}

/** What the directory says of a device. */
export type DirectoryAnswer =
  /** Registered, with these keys, from the first to the one in use. */
  | { readonly status: "registered"; readonly keys: readonly DirectoryKey[] }
  /** Not registered, or by nobody whose devices count here. */
  | { readonly status: "unknown" }
  /** The registry cannot be asked now. */
  | { readonly status: "unavailable" };

/** Where device keys come from. */
export interface DeviceDirectory {
  /**
   * @param device device id, the base64url of 32 bytes
   * @param keyId of the key that is needed, or its beginning: one that is not remembered may be new
   */
  lookUp(device: string, keyId?: Uint8Array): Promise<DirectoryAnswer>;
}

interface Remembered {
  readonly answer: DirectoryAnswer;
  /** monotonic milliseconds */
  readonly askedAt: number;
  /** thumbprints of the keys */
  readonly prints: readonly Uint8Array[];
}

export interface RegistryDirectoryOptions {
  readonly client: PublicClient;
  readonly registry: Address;
  readonly logger: Logger;
  /** Whose devices count: anybody can register devices for himself. Default: everybody's. */
  readonly owners?: readonly Address[] | undefined;
  /** An unknown device, and a registry that did not answer, are asked again after so long; default 1,000 ms. */
  readonly retryMs?: number;
  /** How many unknown ids are remembered at most; default 10,000. */
  readonly unknownLimit?: number;
}

/**
 * The directory of the DeviceRegistry contract. Registered devices are remembered as long as `refresh`, which has to be called again and again,
 * finds no event of theirs.
 */
export class RegistryDirectory implements DeviceDirectory {
  private readonly options: RegistryDirectoryOptions;
  private readonly retryMs: number;
  private readonly devices = new Map<string, Remembered>();
  /** Unknown ids and when they may be asked for again (monotonic milliseconds), oldest first. */
  private readonly unknown = new Map<string, number>();
  private silentUntil = 0;
  /** The last block whose events are known, and its hash: a reorganisation may take events away. */
  private seen: { readonly number: bigint; readonly hash: string } | undefined;
  /** Grows with each change that was heard of: an answer that was asked for before is not remembered. */
  private changes = 0;

  constructor(options: RegistryDirectoryOptions) {
    this.options = options;
    this.retryMs = options.retryMs ?? 1_000;
  }

  async lookUp(device: string, keyId?: Uint8Array): Promise<DirectoryAnswer> {
    const known = this.devices.get(device);
    const now = performance.now();
    // Whoever makes up key ids has the registry asked no more often than an unknown device.
    const outdated = known !== undefined && keyId !== undefined && now >= known.askedAt + this.retryMs && !known.prints.some((print) => startsWith(print, keyId));
    if (known !== undefined && (!outdated || now < this.silentUntil)) return known.answer;
    if (now < (this.unknown.get(device) ?? 0)) return { status: "unknown" };
    if (now < this.silentUntil) return { status: "unavailable" };
    const id = decodeBase64url(device);
    if (id === undefined || id.length !== 32) return { status: "unknown" };
    const { client, registry, owners, logger } = this.options;
    const { changes } = this;
    try {
      const registered = await readDevice(client, registry, toHex(id));
      if (registered === undefined || (owners !== undefined && !owners.some((owner) => isAddressEqual(owner, registered.owner)))) {
        this.rememberUnknown(device);
        return { status: "unknown" };
      }
      const answer: DirectoryAnswer = { status: "registered", keys: registered.keys };
      if (changes === this.changes) this.devices.set(device, { answer, askedAt: now, prints: registered.keys.map(({ publicKey }) => thumbprint(publicKey, sha256)) });
      this.unknown.delete(device);
      return answer;
    } catch (error) {
      // One that does not answer is left alone for a while: else each message of an unknown device would wait for its timeout.
      if (this.silentUntil < performance.now()) logger.warn({ code: "RPC_UNREACHABLE", reason: reasonOf(error) }, "the device registry does not answer");
      this.silentUntil = performance.now() + this.retryMs;
      return { status: "unavailable" };
    }
  }

  /**
   * Looks what has changed in the registry since the last time, and forgets the devices that it changed.
   *
   * @throws {GatewayError} `RPC_UNREACHABLE`; the next call makes up for it
   */
  async refresh(): Promise<void> {
    const { client, registry } = this.options;
    try {
      const { seen } = this;
      const latest = await client.getBlock({ blockTag: "latest" });
      if (latest.hash === seen?.hash) return;
      const still = seen !== undefined && latest.number > seen.number && (await client.getBlock({ blockNumber: seen.number })).hash === seen.hash;
      if (!still) {
        // The first time, or after a reorganisation: nothing is known of what happened in between.
        this.forget([...this.devices.keys()]);
      } else {
        const events = await client.getContractEvents({ abi, address: registry, fromBlock: seen.number + 1n, toBlock: latest.number });
        this.forget(events.flatMap(({ args }) => ("deviceId" in args && args.deviceId !== undefined ? [encodeBase64url(hexToBytes(args.deviceId))] : [])));
      }
      this.seen = { number: latest.number, hash: latest.hash };
    } catch (error) {
      throw chainError(error);
    }
  }

  private forget(devices: readonly string[]): void {
    if (devices.length > 0) this.changes++;
    for (const device of devices) {
      this.devices.delete(device);
      this.unknown.delete(device);
    }
  }

  private rememberUnknown(device: string): void {
    this.unknown.delete(device);
    this.unknown.set(device, performance.now() + this.retryMs);
    if (this.unknown.size > (this.options.unknownLimit ?? 10_000)) {
      const [oldest] = this.unknown.keys();
      if (oldest !== undefined) this.unknown.delete(oldest);
    }
  }
}
