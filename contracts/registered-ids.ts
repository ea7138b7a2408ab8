/** Which devices a DeviceRegistry has: from its events, since the contract keeps no list. */
import { HttpRequestError, type Address, type Hex, type PublicClient } from "viem";
import { deviceRegistryAbi as abi } from "./abi.ts";

/** Ranges are not cut any smaller: what then fails has another reason. */
const SMALLEST_RANGE = 256n;

/**
 * Ids of the devices that were registered in a range of blocks, in that order, each once. Nodes that refuse so many blocks, or events, at a time
 * are asked for smaller ranges.
 *
 * @param fromBlock the block of the registry's deployment, or any before it
 * @throws viem's errors if the node does not answer
 */
export async function registeredIds(client: PublicClient, registry: Address, fromBlock: bigint, toBlock: bigint): Promise<Hex[]> {
  if (fromBlock > toBlock) return [];
  try {
    const events = await client.getContractEvents({ abi, address: registry, eventName: "DeviceRegistered", fromBlock, toBlock, strict: true });
    return events.map(({ args }) => args.deviceId);
  } catch (error) {
    const noAnswer = error instanceof HttpRequestError && error.status === undefined;
    if (noAnswer || toBlock - fromBlock < SMALLEST_RANGE) throw error;
    const middle = (fromBlock + toBlock) / 2n;
    return [...(await registeredIds(client, registry, fromBlock, middle)), ...(await registeredIds(client, registry, middle + 1n, toBlock))];
  }
}
