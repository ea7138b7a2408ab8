/** `assay device transfer`: gives a device to another owner. */
import { decodeBase64url } from "assay/statement/base64url";
import { Command } from "commander";
import { toHex, type Address } from "viem";
import { readDevice } from "../contracts/registered-device.ts";
import { accountOption, readAccount } from "./account.ts";
import { address as addressOf, deviceId } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { confirm } from "./confirm.ts";
import { createOutput } from "./output.ts";
import { progressLines } from "./progress.ts";
import { openRegistry, sendCalls, tryCalls, withRegistry, type RegistryCall, type RegistryOptions } from "./registry.ts";

interface TransferOptions extends RegistryOptions {
  readonly account?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

const ROLE = "that owns the device";

/** The command. */
export function deviceTransferCommand(): Command {
  return withRegistry(new Command("transfer"))
    .description("give a device to another owner, who may then rotate and revoke its keys and has its bond. This cannot be taken back")
    .argument("<DEVICE>", "the device's id, 43 characters", deviceId)
    .argument("<OWNER>", "the new owner's account", addressOf)
    .addOption(accountOption(ROLE))
    .option("--yes", "do not ask", false)
    .option("--json", "a JSON object on stdout", false)
    .addHelpText("after", "\nA gateway takes the device's statements only if it takes those of the new owner (--owner).\n\nexample:\n  assay device transfer k3JxQa7b… 0x7099…79C8 --registry 0x… --account owner.key")
    .action(transfer);
}

async function transfer(id: string, owner: Address, options: TransferOptions): Promise<void> {
  const output = createOutput(options.json);
  const account = await readAccount(options.account, ROLE);
  const registry = await openRegistry(options);
  const device = toHex(decodeBase64url(id)!);
  const known = await readDevice(registry.client, registry.address, device);
  if (known === undefined) throw new CliError("REFUSED", `expected ${id} in the registry ${registry.address} of chain ${registry.chainId}, got no such device; see assay device list`);
  const call: RegistryCall = { functionName: "transfer", args: [device, owner] };
  await tryCalls(registry, account, [call]);
  output.note(`give ${id} with its bond to ${owner}, who may then do with it what ${known.owner} may now`);
  await confirm(options.yes, "to give it away");
  const [receipt] = await sendCalls(registry, account, [call], progressLines());
  output.text(`${id} is ${owner}'s: block ${receipt!.blockNumber}, transaction ${receipt!.transactionHash}`);
  output.json({ device: id, status: "transferred", owner, block: Number(receipt!.blockNumber), transaction: receipt!.transactionHash });
}
