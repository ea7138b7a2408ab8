import type { PublicClient } from "viem";
import type { AnchoredLog } from "./anchor.ts";
import type { BlockSource } from "./time-bracket.ts";

/**
 * The AttestationLog at `contract`, and the blocks of its chain, asked over JSON-RPC.
 * @param options `rpc` is a node's URL, or a viem client
 * @throws viem's errors if the node cannot be asked for its chain id
 */
export async function chainLog(options: { readonly rpc: string | PublicClient; readonly contract: Uint8Array }): Promise<AnchoredLog & BlockSource> {
  // Loaded when it is needed only: verifying offline does without the largest of the dependencies.
  const { BlockNotFoundError, bytesToHex, createPublicClient, hexToBytes, http, parseAbi } = await import("viem");
  const abi = parseAbi(["function rootAt(uint64 size) view returns (bytes32 root)", "event Anchored(uint64 indexed size, bytes32 root)"]);
  const client: PublicClient = typeof options.rpc === "string" ? createPublicClient({ transport: http(options.rpc) }) : options.rpc;
  const address = bytesToHex(options.contract);
  const blockAt: BlockSource["blockAt"] = async (number) => {
    try {
      const { hash, timestamp } = await client.getBlock({ blockNumber: BigInt(number) });
      return { hash: hexToBytes(hash), time: Number(timestamp) };
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined;
      throw error;
    }
  };
  return {
    chainId: await client.getChainId(),
    contract: options.contract,
    async rootAt(size) {
      const root = hexToBytes(await client.readContract({ address, abi, functionName: "rootAt", args: [BigInt(size)] }));
      return root.every((byte) => byte === 0) ? undefined : root;
    },
    async acceptedIn(size, block) {
      const at = BigInt(block);
      const events = await client.getContractEvents({ address, abi, eventName: "Anchored", args: { size: BigInt(size) }, fromBlock: at, toBlock: at });
      const [event] = events;
      if (event === undefined) return undefined;
      const found = await blockAt(block);
      return found && { time: found.time, transaction: hexToBytes(event.transactionHash) };
    },
    blockAt,
  };
}
