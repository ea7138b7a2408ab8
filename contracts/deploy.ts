/** Puts the contracts on a chain. */
import { createPublicClient, createWalletClient, getAddress, http } from "viem";
import type { Abi, Address, Hex, LocalAccount } from "viem";
import { compileContracts } from "./compile.ts";
import type { CompileOptions, ContractArtifact } from "./compile.ts";
import { ContractError } from "./contract-error.ts";

export interface DeployOptions extends CompileOptions {
  /** JSON-RPC endpoint of the chain. */
  readonly rpcUrl: string;
  /** Pays for the deployment. */
  readonly account: LocalAccount;
  /** May anchor heads; default: `account`. */
  readonly operator?: Address;
  /** How long to wait for each transaction; default 60,000 ms. */
  readonly timeoutMs?: number;
}

/** Where the contracts are. */
export interface Deployment {
  readonly chainId: number;
  /** Address of AttestationLog. */
  readonly log: Address;
  /** Address of DeviceRegistry. */
  readonly registry: Address;
  /** The block from which on both are there. */
  readonly blockNumber: bigint;
  /** Gas that each deployment used. */
  readonly gas: { readonly log: bigint; readonly registry: bigint };
}

/**
 * Deploys AttestationLog and DeviceRegistry.
 *
 * @throws {ContractError} `RPC_UNREACHABLE`, `DEPLOY_FAILED`, and those of `compileContracts`
 */
export async function deployContracts(options: DeployOptions): Promise<Deployment> {
  const { rpcUrl, account, operator = account.address } = options;
  const contracts = await compileContracts(options);
  const transport = http(rpcUrl, { retryCount: 1, timeout: 10_000 });
  const client = createPublicClient({ transport, pollingInterval: 50 });
  const wallet = createWalletClient({ transport, account });
  const chainId = await client.getChainId().catch((cause: unknown) => {
    throw new ContractError("RPC_UNREACHABLE", `expected an EVM chain at ${rpcUrl}, got no answer; start it or give another --rpc`, { cause });
  });

  const deploy = async (name: string, artifact: ContractArtifact, args: readonly Address[]) => {
    try {
      const hash: Hex = await wallet.deployContract({ abi: artifact.abi as Abi, bytecode: artifact.bytecode, args: [...args], chain: null });
      const receipt = await client.waitForTransactionReceipt({ hash, timeout: options.timeoutMs ?? 60_000 });
      if (receipt.status !== "success" || receipt.contractAddress == null) throw new Error(`transaction ${hash} was reverted`);
      return { address: getAddress(receipt.contractAddress), block: receipt.blockNumber, gas: receipt.gasUsed };
    } catch (cause) {
      throw new ContractError("DEPLOY_FAILED", `expected ${account.address} to deploy ${name} on chain ${chainId}: ${(cause as Error).message.split("\n")[0]}; does the account have funds?`, { cause });
    }
  };
  const log = await deploy("AttestationLog", contracts.AttestationLog, [operator]);
  const registry = await deploy("DeviceRegistry", contracts.DeviceRegistry, []);
  return { chainId, log: log.address, registry: registry.address, blockNumber: registry.block, gas: { log: log.gas, registry: registry.gas } };
}
