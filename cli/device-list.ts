/** `assay device list`: what the registry has, as a table and as trust roots. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeBase64url } from "assay/statement/base64url";
import { encodePublicKey, thumbprint } from "assay/statement/cose-key";
import { Command } from "commander";
import { formatEther, hexToBytes, isAddressEqual, type Address } from "viem";
import { readDevice, type RegisteredDevice, type RegisteredKey } from "../contracts/registered-device.ts";
import { registeredIds } from "../contracts/registered-ids.ts";
import { address, integer } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { createOutput } from "./output.ts";
import { progressLines } from "./progress.ts";
import { openRegistry, withRegistry, type Registry, type RegistryOptions } from "./registry.ts";
import { readTrust, writeTrust } from "./trust-file.ts";
import { trustedDevice } from "./trusted-device.ts";

interface ListOptions extends RegistryOptions {
  readonly owner?: Address;
  readonly fromBlock: number;
  readonly writeTrust?: string;
  readonly logsFrom?: string;
  readonly allowSimulated: boolean;
  readonly json: boolean;
}

/** A device of the list. */
type ListedDevice = RegisteredDevice & { readonly id: string };

/** So many devices are asked for at a time. */
const AT_ONCE = 200;

/** The command. */
export function deviceListCommand(): Command {
  return withRegistry(new Command("list"))
    .description("list the devices of a registry with their keys, and write trust roots from it")
    .option("--owner <ADDRESS>", "only this owner's devices", address)
    .option("--from-block <N>", "the block of the registry's deployment, where the chain is long", integer(0, Number.MAX_SAFE_INTEGER), 0)
    .option("--write-trust <FILE>", "write trust roots with the listed devices and all their keys, retirements and revocations")
    .option("--logs-from <FILE>", "with --write-trust: a trust file whose logs, and whose word on simulated devices, are taken over (it may be the same file)")
    .option("--allow-simulated", "with --write-trust: statements of simulated devices count", false)
    .option("--json", "a JSON object for each device on stdout", false)
    .addHelpText("after", "\nWhoever writes trust roots decides whose devices count: anybody can register his own, so give --owner.\n\nexample:\n  assay device list --registry 0x… --owner 0x… --write-trust trust.json --logs-from trust.json")
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const { owner, writeTrust: trustFile, logsFrom, allowSimulated } = options;
  if (trustFile === undefined && (logsFrom !== undefined || allowSimulated)) throw new CliError("BAD_USAGE", "expected --write-trust FILE with --logs-from and --allow-simulated, got none");
  const output = createOutput(options.json);
  const trust = logsFrom === undefined ? { logs: [], allowSimulated: false } : await readTrust(logsFrom);
  const registry = await openRegistry(options);
  const all = await readDevices(registry, BigInt(options.fromBlock)).catch((cause: unknown) => {
    throw new CliError("MISSING", `expected chain ${registry.chainId} at ${options.rpc} to tell its devices: ${(cause as Error).message.split("\n")[0]}; a node that keeps no old events needs --from-block`, { cause });
  });
  const devices = owner === undefined ? all : all.filter((device) => isAddressEqual(device.owner, owner));
  for (const device of devices) {
    output.text(deviceLine(device));
    device.keys.forEach((key, index) => output.text(keyLine(key, index)));
    output.json(facts(device));
  }
  output.note(`${count(devices.length, "device")}${owner === undefined ? "" : ` of ${owner}`}`);
  if (trustFile === undefined) return;
  await writeTrust(trustFile, { devices: devices.map((device) => trustedDevice(device.id, device)), logs: trust.logs, allowSimulated: allowSimulated || trust.allowSimulated });
  output.note(`wrote ${trustFile}: ${count(devices.length, "device")}, ${count(trust.logs.length, "log")}`);
}

async function readDevices({ client, address: registry }: Registry, fromBlock: bigint): Promise<ListedDevice[]> {
  const progress = progressLines();
  const ids = await registeredIds(client, registry, fromBlock, await client.getBlockNumber());
  const devices: ListedDevice[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((id) => readDevice(client, registry, id)));
    found.forEach((device, index) => device && devices.push({ ...device, id: encodeBase64url(hexToBytes(some[index]!)) }));
    if (ids.length > AT_ONCE) progress(`reading devices ${at + some.length}/${ids.length}`);
  }
  return devices;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function printOf(key: RegisteredKey): string {
  return Buffer.from(thumbprint(key.publicKey, sha256)).toString("hex");
}

function deviceLine({ id, owner, simulator, bond }: ListedDevice): string {
  return `${id}  owner ${owner}  ${simulator ? "simulator" : "hardware "}  bond ${formatEther(bond)} ETH`;
}

function keyLine(key: RegisteredKey, index: number): string {
  const { revoked } = key;
  const state = key.retired === undefined ? "in use" : `retired ${timeOf(key.retired)}`;
  return `  key ${index + 1}  ${printOf(key).slice(0, 16)}…  ${key.publicKey.curve}  since ${timeOf(key.registered)}  ${state}${revoked === undefined ? "" : `, revoked since ${timeOf(revoked.since)} (${revoked.reason})`}`;
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}

function facts({ id, owner, simulator, keys, bond }: ListedDevice): object {
  return {
    device: id,
    owner,
    simulator,
    bond: String(bond),
    keys: keys.map((key) => ({ thumbprint: printOf(key), publicKey: Buffer.from(encodePublicKey(key.publicKey)).toString("hex"), registered: key.registered, ...(key.retired === undefined ? {} : { retired: key.retired }), ...(key.revoked && { revoked: key.revoked }) })),
  };
}
