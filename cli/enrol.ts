/** Puts devices into the registry on the chain. */
import { decodeBase64url } from "assay/statement/base64url";
import type { PublicKey } from "assay/statement/cose-key";
import { createPublicClient, createWalletClient, http, toHex, type Address, type Hex, type LocalAccount } from "viem";
import { curveNumber, deviceRegistryAbi } from "../contracts/abi.ts";
import type { DeviceIdentity } from "../host-sim/device.ts";

/** A public key as the registry takes it. */
export function registryKey({ curve, point }: PublicKey): { readonly curve: number; readonly x: Hex; readonly y: Hex } {
  return { curve: curve === "P-256" ? curveNumber.p256 : curveNumber.secp256k1, x: toHex(point.subarray(1, 33)), y: toHex(point.subarray(33, 65)) };
}

/** A signature r || s as the registry takes it. */
export function registrySignature(signature: Uint8Array): { readonly r: Hex; readonly s: Hex } {
  return { r: toHex(signature.subarray(0, 32)), s: toHex(signature.subarray(32, 64)) };
}

/** Registers the devices that the registry does not know yet for `owner`, one transaction each, and waits until all are in a block. */
export async function enrol(devices: readonly DeviceIdentity[], options: { readonly rpcUrl: string; readonly registry: Address; readonly owner: LocalAccount }): Promise<void> {
  const { rpcUrl, registry, owner } = options;
  const transport = http(rpcUrl);
  const chain = createPublicClient({ transport, pollingInterval: 100, cacheTime: 0 });
  const wallet = createWalletClient({ transport, account: owner });
  const contract = { abi: deviceRegistryAbi, address: registry } as const;
  let nonce = await chain.getTransactionCount({ address: owner.address, blockTag: "pending" });
  const sent: Hex[] = [];
  for (const { id, publicKey, simulator, proof } of devices) {
    const { keyCount } = await chain.readContract({ ...contract, functionName: "device", args: [toHex(decodeBase64url(id)!)] });
    if (keyCount > 0) continue;
    if (proof === undefined) throw new TypeError("expected a proof of possession of each device, got none");
    const args = [registryKey(publicKey), owner.address, simulator, registrySignature(proof)] as const;
    sent.push(await wallet.writeContract({ ...contract, functionName: "register", args, chain: null, nonce: nonce++ }));
  }
  await Promise.all(sent.map((hash) => chain.waitForTransactionReceipt({ hash })));
}
