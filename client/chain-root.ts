import type { PublicClient } from "viem";
import type { AnchoredLog } from "./anchor.ts";

/**
 * The AttestationLog at `contract`, asked over JSON-RPC.
 * @param options `rpc` is a node's URL, or a viem client
 * @throws viem's errors if the node cannot be asked for its chain id
 */
export async function chainLog(options: { readonly rpc: string | PublicClient; readonly contract: Uint8Array }): Promise<AnchoredLog> {
  // Loaded when it is needed only: verifying offline does without the largest of the dependencies.
  const { bytesToHex, createPublicClient, hexToBytes, http, parseAbi } = await import("viem");
  const abi = parseAbi(["function rootAt(uint64 size) view returns (bytes32 root)"]);
  const client: PublicClient = typeof options.rpc === "string" ? createPublicClient({ transport: http(options.rpc) }) : options.rpc;
  const address = bytesToHex(options.contract);
  return {
    chainId: await client.getChainId(),
    contract: options.contract,
    async rootAt(size) {
      const root = hexToBytes(await client.readContract({ address, abi, functionName: "rootAt", args: [BigInt(size)] }));
      return root.every((byte) => byte === 0) ? undefined : root;
    },
  };
}
