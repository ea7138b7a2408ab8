/** A registry on a chain of a test's own, with the calls that tests make of it. */
import type { ExecutionContext } from "ava";
import type { Address, Hex, LocalAccount } from "viem";
import { deviceRegistryAbi as abi } from "../../contracts/abi.ts";
import { compileContracts } from "../../contracts/compile.ts";
import { registrationDigest, rotationDigest, signatureOf } from "./device-keys.ts";
import type { DeviceKey, Place, Signature } from "./device-keys.ts";
import { localChain } from "./local-chain.ts";
import { hexOf } from "./statements.ts";

/** Deploys a registry; `account` is the owner of what is registered unless a call says otherwise. */
export async function registryOf(t: ExecutionContext) {
  const chain = await localChain(t);
  const address = await chain.deploy((await compileContracts()).DeviceRegistry);
  const { client, wallet, account } = chain;
  const place: Place = { chainId: 31337, registry: address };
  const contract = { abi, address } as const;

  type Write = Parameters<typeof client.simulateContract>[0]["functionName"];
  const simulate = (functionName: string, args: readonly unknown[], from: LocalAccount = account, value?: bigint) =>
    client.simulateContract({ ...contract, functionName, args, account: from, ...(value === undefined ? {} : { value }) } as never) as Promise<{ result: unknown }>;
  const send = async (functionName: string, args: readonly unknown[], from: LocalAccount = account, value?: bigint) => {
    const hash = await wallet.writeContract({ ...contract, functionName: functionName as Write, args, account: from, chain: null, ...(value === undefined ? {} : { value }) } as never);
    const receipt = await client.waitForTransactionReceipt({ hash });
    t.is(receipt.status, "success", functionName);
    const { timestamp } = await client.getBlock({ blockNumber: receipt.blockNumber });
    return { receipt, timestamp };
  };
  const proof = (key: DeviceKey, owner: Address = account.address, simulator = false): Signature => signatureOf(key.sign(registrationDigest(key, place, owner, simulator)));
  const rotation = (current: DeviceKey, newKey: DeviceKey, deviceId: Hex, keyCount: number) => {
    const sign = (by: DeviceKey) => signatureOf(by.sign(rotationDigest(by, place, deviceId, newKey, keyCount)));
    return [deviceId, newKey.publicKey, sign(current), sign(newKey)] as const;
  };
  return {
    chain,
    address,
    place,
    simulate,
    send,
    proof,
    /** The arguments of `rotate`. */
    rotation,
    register: (key: DeviceKey, owner: Address = account.address, simulator = false) => send("register", [key.publicKey, owner, simulator, proof(key, owner, simulator)]),
    device: (id: Hex) => client.readContract({ ...contract, functionName: "device", args: [id] }),
    keyOf: (id: Hex) => client.readContract({ ...contract, functionName: "keyOf", args: [id] }),
    keysOf: (id: Hex) => client.readContract({ ...contract, functionName: "keysOf", args: [id] }),
    keyAt: (id: Hex, index: bigint) => client.readContract({ ...contract, functionName: "keyAt", args: [id, index] }),
    verify: (key: Hex, statement: Uint8Array) => client.readContract({ ...contract, functionName: "verifyStatement", args: [key, hexOf(statement)] }),
    events: () => client.getContractEvents({ ...contract, fromBlock: 0n }),
  };
}

export type TestRegistry = Awaited<ReturnType<typeof registryOf>>;

/** Sets the clock of a chain on; the next block has the new time. */
export async function passSeconds(registry: TestRegistry, seconds: number): Promise<void> {
  const request = registry.chain.client.request as (request: { method: string; params: readonly unknown[] }) => Promise<unknown>;
  await request({ method: "evm_increaseTime", params: [seconds] });
  await request({ method: "evm_mine", params: [] });
}
