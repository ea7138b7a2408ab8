/** A device as the DeviceRegistry has it, with all its keys, read in one go. */
import { hexToBytes, type Address, type Hex, type PublicClient } from "viem";
import { curveNumber, deviceRegistryAbi as abi, revocationReasons } from "./abi.ts";

/** That a key does not count any more. */
export interface KeyRevocation {
  /** Unix time in seconds. */
  readonly since: number;
  /** One of `revocationReasons`. */
  readonly reason: string;
}

/** A key that a device has or had. */
export interface RegisteredKey {
  readonly publicKey: { readonly curve: "secp256k1" | "P-256"; /** 65 bytes, 04 || x || y */ readonly point: Uint8Array };
  /** When it came into use, Unix time in seconds. */
  readonly registered: number;
  /** When another key took its place. */
  readonly retired?: number;
  /** By its own revocation or that of its device. */
  readonly revoked?: KeyRevocation;
}

/** A registered device. */
export interface RegisteredDevice {
  readonly owner: Address;
  readonly simulator: boolean;
  /** From the first to the one in use. */
  readonly keys: readonly RegisteredKey[];
  /** Wei that an equivocation would cost. */
  readonly bond: bigint;
}

/**
 * Asks the registry for a device.
 *
 * @param deviceId thumbprint of the device's first key, 32 bytes as hex
 * @returns undefined for an id that is not registered
 * @throws viem's errors if the registry does not answer
 */
export async function readDevice(client: PublicClient, registry: Address, deviceId: Hex): Promise<RegisteredDevice | undefined> {
  const contract = { abi, address: registry, args: [deviceId] } as const;
  const [device, keys] = await Promise.all([client.readContract({ ...contract, functionName: "device" }), client.readContract({ ...contract, functionName: "keysOf" })]);
  if (device.keyCount === 0) return undefined;
  return {
    owner: device.owner,
    simulator: device.simulator,
    bond: device.bond,
    keys: keys.map(({ curve, x, y, registeredAt, retiredAt, revokedAt, reason }) => ({
      publicKey: { curve: curve === curveNumber.p256 ? "P-256" : "secp256k1", point: Uint8Array.of(4, ...hexToBytes(x), ...hexToBytes(y)) },
      registered: Number(registeredAt),
      ...(retiredAt === 0n ? {} : { retired: Number(retiredAt) }),
      ...(revokedAt === 0n ? {} : { revoked: { since: Number(revokedAt), reason: revocationReasons[reason] ?? `reason ${reason}` } }),
    })),
  };
}
