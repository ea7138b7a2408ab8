/** The AttestationLog contract as the anchor stage sees it: reads, signed transactions, and where they ended up. */
import { BaseError, ContractFunctionRevertedError, encodeFunctionData, HttpRequestError, keccak256, RpcRequestError, TimeoutError, toHex, TransactionNotFoundError, TransactionReceiptNotFoundError, BlockNotFoundError } from "viem";
import type { Address, Hex, LocalAccount, PublicClient } from "viem";
import { attestationLogAbi as abi } from "../contracts/abi.ts";
import { GatewayError, reasonOf } from "./gateway-error.ts";
import type { TreeHead } from "./log.ts";
import type { AnchorAttempt, AnchorPlace } from "./store.ts";

/** What became of a transaction that is in a block. */
export interface MinedTransaction extends AnchorPlace {
  readonly reverted: boolean;
}

export interface LogContractOptions {
  readonly client: PublicClient;
  readonly address: Address;
  /** Signs and pays for the anchors. */
  readonly account: LocalAccount;
}

export class LogContract {
  readonly chainId: number;
  readonly address: Address;
  private readonly client: PublicClient;
  private readonly account: LocalAccount;

  private constructor(options: LogContractOptions, chainId: number) {
    this.client = options.client;
    this.address = options.address;
    this.account = options.account;
    this.chainId = chainId;
  }

  /**
   * Asks the chain whether the contract is there and the account may anchor.
   *
   * @throws {GatewayError} `RPC_UNREACHABLE`, `CONTRACT_MISSING`, `NOT_OPERATOR`
   */
  static async open(options: LogContractOptions): Promise<LogContract> {
    const { client, address, account } = options;
    const contract = new LogContract(options, await ask(client.getChainId()));
    await expectContract(client, address, "AttestationLog", contract.chainId);
    const operator = await ask(client.readContract({ abi, address, functionName: "operator" }));
    if (operator !== account.address) throw new GatewayError("NOT_OPERATOR", `expected the account ${account.address} to be the operator of the log ${address}, but that is ${operator}; use that account's key, or deploy a log for this one`);
    return contract;
  }

  /** The newest head on the chain; size 0 and 32 zero bytes before the first. */
  async head(): Promise<TreeHead> {
    const [size, root] = await ask(this.client.readContract({ abi, address: this.address, functionName: "head" }));
    return { size: Number(size), root: bytesOf(root) };
  }

  /** Whether the chain has this head. */
  async has(head: TreeHead): Promise<boolean> {
    const root = await ask(this.client.readContract({ abi, address: this.address, functionName: "rootAt", args: [BigInt(head.size)] }));
    return root === toHex(head.root);
  }

  /** The nonce of the account's next transaction: after those in blocks ("latest"), or after those waiting too ("pending"). */
  nextNonce(blockTag: "latest" | "pending"): Promise<number> {
    return ask(this.client.getTransactionCount({ address: this.account.address, blockTag }));
  }

  /**
   * Signs an anchor transaction and sends nothing.
   *
   * @param replaces a transaction with the same nonce, which is outbid by a quarter (nodes ask for a tenth at least)
   * @throws {GatewayError} `ANCHOR_REFUSED` if the contract would revert it
   */
  async sign(head: TreeHead, proof: readonly Uint8Array[], nonce: number, replaces?: AnchorAttempt): Promise<AnchorAttempt> {
    const args = [BigInt(head.size), toHex(head.root), proof.map((hash) => toHex(hash))] as const;
    const call = { abi, address: this.address, functionName: "anchor", args } as const;
    // On top of the newest block: some nodes estimate on top of what waits, where a transaction to be replaced has anchored the head already.
    const gas = await ask(this.client.estimateContractGas({ ...call, account: this.account.address, blockTag: "latest" }));
    const fees = await ask(this.client.estimateFeesPerGas());
    const maxFeePerGas = outbid(fees.maxFeePerGas, replaces?.maxFeePerGas);
    const maxPriorityFeePerGas = outbid(fees.maxPriorityFeePerGas, replaces?.maxPriorityFeePerGas);
    const raw = await this.account.signTransaction({
      type: "eip1559",
      chainId: this.chainId,
      nonce,
      to: this.address,
      data: encodeFunctionData({ abi, functionName: "anchor", args }),
      // The proof's work depends on the head alone, but a state that moved meanwhile may cost a little more.
      gas: (gas * 12n) / 10n,
      maxFeePerGas,
      maxPriorityFeePerGas: maxPriorityFeePerGas < maxFeePerGas ? maxPriorityFeePerGas : maxFeePerGas,
    });
    return { hash: keccak256(raw), raw, maxFeePerGas, maxPriorityFeePerGas, sentAt: Date.now() };
  }

  /** Sends a signed transaction; one that the node has, or whose nonce is used, is no error: what became of it is asked next. */
  async broadcast(raw: Hex): Promise<void> {
    try {
      await this.client.sendRawTransaction({ serializedTransaction: raw });
    } catch (error) {
      if (/already known|already imported|nonce too low|nonce is too low/i.test(error instanceof BaseError ? `${error.message} ${error.details}` : String(error))) return;
      throw chainError(error);
    }
  }

  /** Where a transaction is, or undefined while it is in no block. */
  async mined(hash: Hex): Promise<MinedTransaction | undefined> {
    const receipt = await askFor(this.client.getTransactionReceipt({ hash }));
    const blockTime = receipt && (await this.blockTime(receipt.blockHash));
    return receipt === undefined || blockTime === undefined ? undefined : { blockNumber: receipt.blockNumber, blockHash: receipt.blockHash, blockTime, transaction: hash, reverted: receipt.status !== "success" };
  }

  /** Whether the node has a transaction, in a block or waiting. */
  async knows(hash: Hex): Promise<boolean> {
    return (await askFor(this.client.getTransaction({ hash }))) !== undefined;
  }

  /** The number of the newest block. */
  blockNumber(): Promise<bigint> {
    return ask(this.client.getBlockNumber({ cacheTime: 0 }));
  }

  /** The hash of a block of the chain as it is now. */
  async blockHash(blockNumber: bigint): Promise<Hex | undefined> {
    return (await askFor(this.client.getBlock({ blockNumber })))?.hash;
  }

  /** The transaction that anchored a size, by its event; for heads whose transaction this gateway does not know. */
  async findAnchored(size: number): Promise<AnchorPlace | undefined> {
    const events = await ask(this.client.getContractEvents({ abi, address: this.address, eventName: "Anchored", args: { size: BigInt(size) }, fromBlock: "earliest" }));
    const event = events.at(-1);
    const blockTime = event && (await this.blockTime(event.blockHash));
    return event === undefined || blockTime === undefined ? undefined : { blockNumber: event.blockNumber, blockHash: event.blockHash, blockTime, transaction: event.transactionHash };
  }

  /** The timestamp of a block, Unix seconds; undefined for one that a reorganisation has taken away meanwhile. */
  private async blockTime(blockHash: Hex): Promise<number | undefined> {
    const block = await askFor(this.client.getBlock({ blockHash }));
    return block && Number(block.timestamp);
  }
}

/** @throws {GatewayError} `CONTRACT_MISSING`, `RPC_UNREACHABLE` */
export async function expectContract(client: PublicClient, address: Address, name: string, chainId: number): Promise<void> {
  const code = await ask(client.getCode({ address }));
  if (code === undefined || code === "0x") throw new GatewayError("CONTRACT_MISSING", `expected the contract ${name} at ${address} on chain ${chainId}, got no code there; deploy it, or give the right address and RPC`);
}

/** An answer of the chain, with errors as the gateway's own. */
async function ask<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw chainError(error);
  }
}

/** The same for something that may not exist. */
async function askFor<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TransactionNotFoundError || error instanceof TransactionReceiptNotFoundError || error instanceof BlockNotFoundError) return undefined;
    throw chainError(error);
  }
}

/** Tells a chain that does not answer from one that refuses. */
export function chainError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof BaseError) {
    const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (revert instanceof ContractFunctionRevertedError) return new GatewayError("ANCHOR_REFUSED", `expected the log contract to take the head, but it reverted with ${revert.data?.errorName ?? revert.shortMessage}`, { cause: error });
    if (error.walk((cause) => cause instanceof RpcRequestError) !== null) return new GatewayError("ANCHOR_REFUSED", `expected the chain to take a request: ${error.shortMessage} ${error.details ?? ""}`.trimEnd(), { cause: error });
    const silent = error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError);
    if (silent !== null) return new GatewayError("RPC_UNREACHABLE", `expected the chain's RPC to answer: ${error.shortMessage}; start the chain or give another --rpc`, { cause: error });
  }
  return new GatewayError("RPC_UNREACHABLE", `expected the chain's RPC to answer: ${reasonOf(error)}`, { cause: error });
}

function outbid(estimate: bigint, previous: bigint | undefined): bigint {
  const least = previous === undefined ? 0n : (previous * 125n) / 100n + 1n;
  return estimate > least ? estimate : least;
}

function bytesOf(hex: Hex): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), "hex"));
}
