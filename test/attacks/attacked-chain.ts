/** A chain with the project's contracts, for the attacks that only a chain finds out. */
import type { Anchor } from "assay/statement/anchor";
import type { ExecutionContext } from "ava";
import { createPublicClient, createWalletClient, hexToBytes, http, toHex, type Hex, type PublicClient, type Transport } from "viem";
import { attestationLogAbi, deviceRegistryAbi } from "../../contracts/abi.ts";
import { anvilAccount, startAnvil } from "../../contracts/anvil.ts";
import { deployContracts, type Deployment } from "../../contracts/deploy.ts";
import type { AnchoredLog } from "../../client/anchor.ts";
import { chainLog } from "../../client/chain-root.ts";
import type { BlockSource } from "../../client/time-bracket.ts";
import { revertOf } from "../contracts/local-chain.ts";
import type { TestLog } from "./test-log.ts";

export interface AttackedChain {
  readonly deployment: Deployment;
  readonly client: PublicClient<Transport, undefined>;
  /** as a client of the project asks it */
  readonly log: AnchoredLog & BlockSource;
  /** Puts the head of a log into the contract, as its operator; how the contract answers if it reverts. */
  anchor(log: TestLog, from: number, size: number): Promise<Anchor>;
  refusal(log: TestLog, proof: readonly Uint8Array[], size: number): Promise<string>;
  /** The newest block, as a device would name it. */
  beacon(): Promise<{ number: number; hash: Uint8Array; time: number }>;
  /** A block without transactions, this many seconds later. */
  pass(seconds: number): Promise<void>;
  /** What becomes of a call of the registry by one of anvil's accounts: the name of the error, or "no revert" (then it is in a block). */
  registry(from: number, functionName: "register" | "reportEquivocation", args: readonly unknown[]): Promise<string>;
  owner(device: Uint8Array): Promise<string>;
}

/** Starts a chain that ends with the test. */
export async function attackedChain(t: ExecutionContext): Promise<AttackedChain> {
  const anvil = await startAnvil();
  t.teardown(() => anvil.close());
  const account = anvilAccount(0);
  const deployment = await deployContracts({ rpcUrl: anvil.rpcUrl, account });
  const transport = http(anvil.rpcUrl);
  const client = createPublicClient({ transport, pollingInterval: 20, cacheTime: 0 });
  const operator = createWalletClient({ transport, account });
  const log = { abi: attestationLogAbi, address: deployment.log } as const;
  const registry = { abi: deviceRegistryAbi, address: deployment.registry } as const;
  const request = client.request as (request: { method: string; params: readonly unknown[] }) => Promise<unknown>;
  const head = async (of: TestLog, proof: readonly Uint8Array[], size: number) => [BigInt(size), toHex(await of.tree.rootAt(size)), proof.map((hash): Hex => toHex(hash))] as const;
  return {
    deployment,
    client,
    log: await chainLog({ rpc: anvil.rpcUrl, contract: hexToBytes(deployment.log) }),
    anchor: async (of, from, size) => {
      const proof = from === 0 ? [] : await of.tree.consistencyProof(from, size);
      const hash = await operator.writeContract({ ...log, functionName: "anchor", args: await head(of, proof, size), chain: null });
      const { blockNumber, status } = await client.waitForTransactionReceipt({ hash });
      t.is(status, "success");
      const { timestamp } = await client.getBlock({ blockNumber });
      return { chainId: deployment.chainId, contract: hexToBytes(deployment.log), block: Number(blockNumber), transaction: hexToBytes(hash), time: Number(timestamp) };
    },
    refusal: async (of, proof, size) => revertOf(client.simulateContract({ ...log, functionName: "anchor", args: await head(of, proof, size), account })),
    beacon: async () => {
      const { number, hash, timestamp } = await client.getBlock();
      return { number: Number(number), hash: hexToBytes(hash), time: Number(timestamp) };
    },
    pass: async (seconds) => {
      await request({ method: "evm_increaseTime", params: [seconds] });
      await request({ method: "evm_mine", params: [] });
    },
    registry: async (from, functionName, args) => {
      const caller = anvilAccount(from);
      const call = { ...registry, functionName, args, account: caller } as never;
      const revert = await revertOf(client.simulateContract(call));
      if (revert !== "no revert") return revert;
      const hash = await createWalletClient({ transport, account: caller }).writeContract({ ...(call as object), chain: null } as never);
      t.is((await client.waitForTransactionReceipt({ hash })).status, "success");
      return revert;
    },
    owner: async (device) => (await client.readContract({ ...registry, functionName: "device", args: [toHex(device)] })).owner,
  };
}

