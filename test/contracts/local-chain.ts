/** A chain of a test's own with a client on it, and the calls that the contract tests share. */
import type { ExecutionContext } from "ava";
import { BaseError, ContractFunctionRevertedError, createPublicClient, createWalletClient, http } from "viem";
import type { Abi, Address, PublicClient, WalletClient, LocalAccount, Transport } from "viem";
import { anvilAccount, startAnvil } from "../../contracts/anvil.ts";
import type { Anvil } from "../../contracts/anvil.ts";
import type { ContractArtifact } from "../../contracts/compile.ts";

export interface LocalChain {
  readonly anvil: Anvil;
  readonly account: LocalAccount;
  readonly stranger: LocalAccount;
  readonly client: PublicClient<Transport, undefined>;
  readonly wallet: WalletClient<Transport, undefined, LocalAccount>;
  deploy(artifact: ContractArtifact, ...parameters: unknown[]): Promise<Address>;
}

/** Starts a chain that ends with the test. */
export async function localChain(t: ExecutionContext): Promise<LocalChain> {
  const anvil = await startAnvil();
  t.teardown(() => anvil.close());
  const account = anvilAccount(0);
  // A machine on which much else runs may take long to answer; a chain that does not answer at all ends the test anyway.
  const transport = http(anvil.rpcUrl, { timeout: 120_000 });
  const client = createPublicClient({ transport, pollingInterval: 20, cacheTime: 0 });
  const wallet = createWalletClient({ transport, account });
  const deploy = async (artifact: ContractArtifact, ...parameters: unknown[]): Promise<Address> => {
    const hash = await wallet.deployContract({ abi: artifact.abi as Abi, bytecode: artifact.bytecode, args: parameters, chain: null });
    const receipt = await client.waitForTransactionReceipt({ hash });
    return receipt.contractAddress as Address;
  };
  return { anvil, account, stranger: anvilAccount(1), client, wallet, deploy };
}

/** The name of the custom error that a call reverted with, or the error's message. */
export async function revertOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "no revert";
  } catch (error) {
    const revert = error instanceof BaseError ? error.walk((e) => e instanceof ContractFunctionRevertedError) : undefined;
    return revert instanceof ContractFunctionRevertedError ? (revert.data?.errorName ?? revert.shortMessage) : String(error);
  }
}
