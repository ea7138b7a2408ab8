/** Puts devices into the registry on the chain. */
import { decodeBase64url } from "assay/statement/base64url";
import { createPublicClient, createWalletClient, http, toHex, type Address, type Hex, type LocalAccount } from "viem";
import { deviceRegistryAbi } from "../contracts/abi.ts";
import type { DeviceIdentity } from "../host-sim/device.ts";

/** Registers the devices that the registry does not know yet, one transaction each, and waits until all are in a block. */
export async function enrol(devices: readonly DeviceIdentity[], options: { readonly rpcUrl: string; readonly registry: Address; readonly registrar: LocalAccount }): Promise<void> {
  const { rpcUrl, registry, registrar } = options;
  const transport = http(rpcUrl);
  const chain = createPublicClient({ transport, pollingInterval: 100, cacheTime: 0 });
  const wallet = createWalletClient({ transport, account: registrar });
  const contract = { abi: deviceRegistryAbi, address: registry } as const;
  let nonce = await chain.getTransactionCount({ address: registrar.address, blockTag: "pending" });
  const sent: Hex[] = [];
  for (const { id, publicKey } of devices) {
    const device = toHex(decodeBase64url(id)!);
    const [, , registered] = await chain.readContract({ ...contract, functionName: "deviceKey", args: [device] });
    if (registered) continue;
    sent.push(await wallet.writeContract({ ...contract, functionName: "register", args: [device, toHex(publicKey.subarray(1, 33)), toHex(publicKey.subarray(33, 65))], chain: null, nonce: nonce++ }));
  }
  await Promise.all(sent.map((hash) => chain.waitForTransactionReceipt({ hash })));
}
