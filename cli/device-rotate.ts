/** `assay device rotate`: puts the next key of a device, which it has reported, in the place of the key in use. */
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeBase64url } from "assay/statement/base64url";
import { equalKeys, thumbprint } from "assay/statement/cose-key";
import { rotationDigest } from "assay/statement/possession";
import { Command } from "commander";
import { hexToBytes, isAddressEqual, toHex, type LocalAccount } from "viem";
import { verifySignature } from "../client/signature.ts";
import { readDevice, type RegisteredKey } from "../contracts/registered-device.ts";
import { accountOption, readAccount } from "./account.ts";
import { CliError } from "./cli-error.ts";
import { registryKey, registrySignature } from "./enrol.ts";
import { createOutput } from "./output.ts";
import { progressLines } from "./progress.ts";
import { openRegistry, sendCalls, tryCalls, withRegistry, type Registry, type RegistryCall, type RegistryOptions } from "./registry.ts";
import { readReports, type RotationReport } from "./report-lines.ts";

interface RotateOptions extends RegistryOptions {
  readonly account?: string;
  readonly json: boolean;
}

const ROLE = "that owns the device";

/** The command. */
export function deviceRotateCommand(): Command {
  return withRegistry(new Command("rotate"))
    .description("put the next key of a device in the place of the key in use, with the proofs that the device reports")
    .argument("<FILE>", "lines that the device reports, from its console or journal; - is stdin")
    .addOption(accountOption(ROLE))
    .option("--json", "a JSON object on stdout", false)
    .addHelpText("after", '\nA device makes its next key and reports the proofs if its configuration has "rotate": {"chainId": …, "registry": "0x…"}. It goes on with the key in use until its configuration has the "key" that this command prints.\n\nexample:\n  assay device rotate boot.log --registry 0x… --account owner.key')
    .action(rotate);
}

async function rotate(file: string, options: RotateOptions): Promise<void> {
  const output = createOutput(options.json);
  const account = await readAccount(options.account, ROLE);
  const report = await readRotation(file);
  const { device, newKey, byCurrent, byNew } = report;
  const registry = await openRegistry(options);
  checkPlace(report, registry);
  const deviceHex = toHex(decodeBase64url(device)!);
  const known = await readDevice(registry.client, registry.address, deviceHex);
  if (known === undefined) throw new CliError("REFUSED", `expected ${device} in the registry, got no such device; register it first (assay device register), then let it make its next key`);
  const current = known.keys.at(-1)!;
  const print = Buffer.from(thumbprint(newKey, sha256)).toString("hex");
  const done = equalKeys(current.publicKey, newKey);
  if (!done) {
    checkOwner(known.owner, account);
    checkProofs(report, current, known.keys.length);
    const calls: RegistryCall[] = [{ functionName: "rotate", args: [deviceHex, registryKey(newKey), registrySignature(byCurrent), registrySignature(byNew)] }];
    await tryCalls(registry, account, calls);
    const [receipt] = await sendCalls(registry, account, calls, progressLines());
    output.text(`${device} has key ${known.keys.length + 1} in use, ${print}: block ${receipt!.blockNumber}, transaction ${receipt!.transactionHash}`);
    output.json({ device, status: "rotated", key: print, keyCount: known.keys.length + 1, block: Number(receipt!.blockNumber), transaction: receipt!.transactionHash });
  } else {
    output.text(`${device} has this key in use already`);
    output.json({ device, status: "already-rotated", key: print, keyCount: known.keys.length });
  }
  output.text(`change the device over: put this into its configuration in place of "rotate", and start it\n${JSON.stringify({ key: print })}`);
  output.note("whoever trusts the device needs the new key: assay device list --write-trust");
}

async function readRotation(file: string): Promise<RotationReport> {
  const reports = await readReports(file, "rotation");
  const last = reports.at(-1);
  if (last === undefined) throw new CliError("BAD_FILE", `expected a line that begins with {"event":"rotation" in ${file}, got none; a device reports it at boot if its configuration has "rotate": {"chainId": …, "registry": "0x…"}`);
  const other = reports.find(({ device }) => device !== last.device);
  if (other !== undefined) throw new CliError("BAD_FILE", `expected the rotation of one device in ${file}, got those of ${other.device} and ${last.device}`);
  return last;
}

function checkPlace({ device, chainId, registry }: RotationReport, place: Registry): void {
  const here = chainId === place.chainId && isAddressEqual(registry, place.address);
  if (!here) throw new CliError("BAD_FILE", `${device}: expected proofs for the registry ${place.address} of chain ${place.chainId}, got those for ${registry} of chain ${chainId}; nothing was sent`);
}

function checkOwner(owner: `0x${string}`, account: LocalAccount): void {
  if (!isAddressEqual(owner, account.address)) throw new CliError("REFUSED", `expected the account of the device's owner, ${owner}, got that of ${account.address}; nothing was sent`);
}

/** Both keys have to sign the same change: neither a thief of the device's key nor one of the owner's account can take the device over alone. */
function checkProofs({ device, chainId, registry, newKey, keyCount, byCurrent, byNew }: RotationReport, current: RegisteredKey, count: number): void {
  if (keyCount !== count) throw new CliError("BAD_FILE", `${device}: expected proofs for its key ${count + 1}, got those for key ${keyCount + 1}: the line is old, or the device has not changed over to its key in use; nothing was sent`);
  const rotation = { chainId, registry: hexToBytes(registry), device: decodeBase64url(device)!, newKey, keyCount };
  for (const [who, key, signature] of [["the key in use", current.publicKey, byCurrent], ["the new key", newKey, byNew]] as const) {
    if (!verifySignature(key, rotationDigest(rotation, key, sha256), signature)) throw new CliError("BAD_FILE", `${device}: expected a proof that is signed by ${who}, got another: the line was changed, or the registry has another key in use; nothing was sent`);
  }
}
