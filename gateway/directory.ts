/** Which key a device has: from the DeviceRegistry contract by RPC, remembered. */
import { decodeBase64url } from "assay/statement/base64url";
import { toHex } from "viem";
import type { Address, Hex, PublicClient } from "viem";
import { deviceRegistryAbi } from "../contracts/abi.ts";
import { reasonOf } from "./gateway-error.ts";
import type { Logger } from "./logger.ts";

/** What the directory says of a device. */
export type DirectoryAnswer =
  /** Registered, with this key (65 bytes, 04 || x || y). */
  | { readonly status: "registered"; readonly publicKey: Uint8Array }
  /** Not registered. */
  | { readonly status: "unknown" }
  /** The registry cannot be asked now. */
  | { readonly status: "unavailable" };

/** Where device keys come from. */
export interface DeviceDirectory {
  /** @param device device id, the base64url of 32 bytes */
  lookUp(device: string): Promise<DirectoryAnswer>;
}

export interface RegistryDirectoryOptions {
  readonly client: PublicClient;
  readonly registry: Address;
  readonly logger: Logger;
  /** An unknown device, and a registry that did not answer, are asked again after so long; default 1,000 ms. */
  readonly retryMs?: number;
  /** How many unknown ids are remembered at most; default 10,000. */
  readonly unknownLimit?: number;
}

/** The directory of the DeviceRegistry contract. Registered keys are remembered as long as the gateway runs. */
export class RegistryDirectory implements DeviceDirectory {
  private readonly options: RegistryDirectoryOptions;
  private readonly retryMs: number;
  private readonly keys = new Map<string, Uint8Array>();
  /** Unknown ids and when they may be asked for again (monotonic milliseconds), oldest first. */
  private readonly unknown = new Map<string, number>();
  private silentUntil = 0;

  constructor(options: RegistryDirectoryOptions) {
    this.options = options;
    this.retryMs = options.retryMs ?? 1_000;
  }

  async lookUp(device: string): Promise<DirectoryAnswer> {
    const known = this.keys.get(device);
    if (known !== undefined) return { status: "registered", publicKey: known };
    const now = performance.now();
    if (now < (this.unknown.get(device) ?? 0)) return { status: "unknown" };
    if (now < this.silentUntil) return { status: "unavailable" };
    const id = decodeBase64url(device);
    if (id === undefined || id.length !== 32) return { status: "unknown" };
    try {
      const [x, y, registered] = await this.options.client.readContract({ abi: deviceRegistryAbi, address: this.options.registry, functionName: "deviceKey", args: [toHex(id)] });
      if (!registered) {
        this.rememberUnknown(device);
        return { status: "unknown" };
      }
      const publicKey = uncompressed(x, y);
      this.keys.set(device, publicKey);
      this.unknown.delete(device);
      return { status: "registered", publicKey };
    } catch (error) {
      // One that does not answer is left alone for a while: else each message of an unknown device would wait for its timeout.
      if (this.silentUntil < performance.now()) this.options.logger.warn({ code: "RPC_UNREACHABLE", reason: reasonOf(error) }, "the device registry does not answer");
      this.silentUntil = performance.now() + this.retryMs;
      return { status: "unavailable" };
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

function uncompressed(x: Hex, y: Hex): Uint8Array {
  return new Uint8Array(Buffer.from(`04${x.slice(2)}${y.slice(2)}`, "hex"));
}
