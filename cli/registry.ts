/** The DeviceRegistry contract, as commands call it. */
import { Option, type Command } from "commander";
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  http,
  InsufficientFundsError,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type Hex,
  type LocalAccount,
  type PublicClient,
  type TransactionReceipt,
} from "viem";
import { deviceRegistryAbi as abi } from "../contracts/abi.ts";
import { address } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { describeRefusal } from "./registry-refusals.ts";

/** Which registry, as the options say it. */
export interface RegistryOptions {
  readonly rpc: string;
  readonly registry: Address;
}

/** A registry that has answered. */
export interface Registry {
  readonly client: PublicClient;
  readonly rpc: string;
  readonly chainId: number;
  readonly address: Address;
}

type WriteName = ContractFunctionName<typeof abi, "nonpayable">;

/** A call of the contract that changes something. */
export type RegistryCall = { readonly functionName: "depositBond"; readonly args: readonly [Hex]; /** wei */ readonly value: bigint } | { [Name in WriteName]: { readonly functionName: Name; readonly args: ContractFunctionArgs<typeof abi, "nonpayable", Name> } }[WriteName];

/** How long a transaction may take into a block. */
const BLOCK_PATIENCE_MS = 180_000;
const POLL_MS = 300;
const ANSWER_MS = 15_000;

/** Gives a command `--rpc` and `--registry`. */
export function withRegistry(command: Command): Command {
  return command
    .option("--rpc <URL>", "the chain's JSON-RPC", "http://127.0.0.1:8545")
    .addOption(new Option("--registry <ADDRESS>", "the DeviceRegistry contract").argParser(address).makeOptionMandatory());
}

/**
 * Asks the chain whether it has the registry.
 * @param exitCode of the errors
 * @throws CliError `MISSING`
 */
export async function openRegistry({ rpc, registry }: RegistryOptions, exitCode = 1): Promise<Registry> {
  // Requests of one tick go out as one: a registry of many devices is read in few round trips.
  const client: PublicClient = createPublicClient({ transport: http(rpc, { batch: { batchSize: 100 }, retryCount: 1, timeout: ANSWER_MS }), pollingInterval: POLL_MS, cacheTime: 0 });
  const chainId = await client.getChainId().catch((cause: unknown) => {
    throw new CliError("MISSING", `expected an EVM chain at ${rpc}, got no answer; start it or give another --rpc`, { cause, exitCode });
  });
  // A constant that no other contract of the project has.
  await client.readContract({ abi, address: registry, functionName: "BOND_DELAY" }).catch((cause: unknown) => {
    throw new CliError("MISSING", `expected the DeviceRegistry contract at ${registry} of chain ${chainId}, got none; give its address with --registry`, { cause, exitCode });
  });
  return { client, rpc, chainId, address: registry };
}

/**
 * Runs calls on the chain's newest block without sending them.
 * @throws CliError `REFUSED` if the contract reverts, `MISSING`
 */
export async function tryCalls(registry: Registry, account: LocalAccount, calls: readonly RegistryCall[], exitCode = 1): Promise<void> {
  const { client, address } = registry;
  // The union of calls is one that viem's types cannot follow; each of its members is one of the contract's.
  for (const call of calls) await client.simulateContract({ abi, address, account, ...call } as never).catch((error: unknown) => rethrow(error, registry, account, exitCode));
}

/**
 * Sends calls, one transaction each, and waits until all are in blocks. To be tried before: what reverts now has cost its fee.
 * @returns their receipts, in order
 * @throws CliError `REFUSED`, `MISSING`
 */
export async function sendCalls(registry: Registry, account: LocalAccount, calls: readonly RegistryCall[], progress: (line: string) => void, exitCode = 1): Promise<TransactionReceipt[]> {
  const { client, rpc, address } = registry;
  const wallet = createWalletClient({ transport: http(rpc, { retryCount: 1, timeout: ANSWER_MS }), account });
  const hashes: Hex[] = [];
  const receipts: TransactionReceipt[] = [];
  try {
    let nonce = await client.getTransactionCount({ address: account.address, blockTag: "pending" });
    for (const call of calls) {
      hashes.push(await wallet.writeContract({ abi, address, account, chain: null, nonce: nonce++, ...call } as never));
      progress(`sent ${hashes.length}/${calls.length} transactions`);
    }
    for (const hash of hashes) {
      const receipt = await client.waitForTransactionReceipt({ hash, timeout: BLOCK_PATIENCE_MS });
      if (receipt.status !== "success") throw new CliError("REFUSED", `expected transaction ${hash} to succeed, but it was reverted in block ${receipt.blockNumber}: something has changed since it was tried; run the command again to see what`, { exitCode });
      receipts.push(receipt);
      progress(`in a block ${receipts.length}/${hashes.length} transactions`);
    }
  } catch (error) {
    rethrow(error, registry, account, exitCode);
  }
  return receipts;
}

function rethrow(cause: unknown, { rpc, chainId }: Registry, { address }: LocalAccount, exitCode: number): never {
  if (!(cause instanceof BaseError)) throw cause;
  const reverted = cause.walk((error) => error instanceof ContractFunctionRevertedError);
  if (reverted instanceof ContractFunctionRevertedError) {
    const { data, reason } = reverted;
    throw new CliError("REFUSED", `the registry refuses: ${data === undefined ? (reason ?? reverted.shortMessage) : describeRefusal(data.errorName, data.args ?? [])}`, { cause, exitCode });
  }
  if (cause.walk((error) => error instanceof InsufficientFundsError) !== null) throw new CliError("MISSING", `expected ${address} to have the funds for a transaction on chain ${chainId}; send it some`, { cause, exitCode });
  throw new CliError("MISSING", `expected chain ${chainId} at ${rpc} to take a transaction of ${address}: ${cause.shortMessage}`, { cause, exitCode });
}
