/** `assay device bond`: ether that it costs a device to lie. */
import { decodeBase64url } from "assay/statement/base64url";
import { Command, InvalidArgumentError } from "commander";
import { formatEther, parseEther, toHex, type Hex } from "viem";
import { deviceRegistryAbi as abi } from "../contracts/abi.ts";
import { readDevice } from "../contracts/registered-device.ts";
import { accountOption, readAccount } from "./account.ts";
import { deviceId } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { createOutput } from "./output.ts";
import { progressLines } from "./progress.ts";
import { openRegistry, sendCalls, tryCalls, withRegistry, type RegistryCall, type RegistryOptions } from "./registry.ts";

interface BondOptions extends RegistryOptions {
  readonly deposit?: bigint;
  readonly request: boolean;
  readonly withdraw: boolean;
  readonly account?: string;
  readonly json: boolean;
}

/** The command. */
export function deviceBondCommand(): Command {
  return withRegistry(new Command("bond"))
    .description("post ether that an equivocation of a device would cost, or take it back")
    .argument("<DEVICE>", "the device's id, 43 characters", deviceId)
    .option("--deposit <ETH>", "add so much; anybody may, and it becomes the owner's", ether)
    .option("--request", "ask for it back: it can be had seven days later, and lost until then", false)
    .option("--withdraw", "take it back, seven days after it was asked for", false)
    .addOption(accountOption("that pays, or owns the device"))
    .option("--json", "a JSON object on stdout", false)
    .addHelpText("after", "\nWithout any of the three it says what the bond is, and needs no account.\n\nexample:\n  assay device bond k3JxQa7b… --deposit 0.5 --registry 0x… --account owner.key")
    .action(bond);
}

async function bond(id: string, options: BondOptions): Promise<void> {
  const { deposit, request, withdraw } = options;
  if ([deposit !== undefined, request, withdraw].filter(Boolean).length > 1) throw new CliError("BAD_USAGE", "expected one of --deposit, --request and --withdraw, got several");
  const output = createOutput(options.json);
  const device = toHex(decodeBase64url(id)!);
  const call = callOf(device, options);
  const account = call && (await readAccount(options.account, "that pays, or owns the device"));
  const registry = await openRegistry(options);
  if ((await readDevice(registry.client, registry.address, device)) === undefined) throw new CliError("REFUSED", `expected ${id} in the registry ${registry.address} of chain ${registry.chainId}, got no such device; see assay device list`);
  let receipt;
  if (call !== undefined && account !== undefined) {
    await tryCalls(registry, account, [call]);
    [receipt] = await sendCalls(registry, account, [call], progressLines());
  }
  const { bond: posted, bondReleaseAt } = await registry.client.readContract({ abi, address: registry.address, functionName: "device", args: [device] });
  const release = bondReleaseAt === 0n ? "" : `; its owner can have it back from ${new Date(Number(bondReleaseAt) * 1000).toISOString()} on`;
  output.text(`the bond of ${id} is ${formatEther(posted)} ETH${release}${receipt === undefined ? "" : `: block ${receipt.blockNumber}, transaction ${receipt.transactionHash}`}`);
  output.json({ device: id, bond: String(posted), releaseAt: bondReleaseAt === 0n ? null : Number(bondReleaseAt), ...(receipt && { block: Number(receipt.blockNumber), transaction: receipt.transactionHash }) });
}

function callOf(device: Hex, { deposit, request, withdraw }: BondOptions): RegistryCall | undefined {
  if (deposit !== undefined) return { functionName: "depositBond", args: [device], value: deposit };
  if (request) return { functionName: "requestBond", args: [device] };
  return withdraw ? { functionName: "withdrawBond", args: [device] } : undefined;
}

function ether(text: string): bigint {
  if (!/^\d{1,9}(\.\d{1,18})?$/.test(text) || parseEther(text) === 0n) throw new InvalidArgumentError(`expected ether such as 0.5, got "${text}"`);
  return parseEther(text);
}
