/** `assay device register`: takes devices into the registry with the proofs that they report. */
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeBase64url } from "assay/statement/base64url";
import { deviceId, equalKeys, thumbprint } from "assay/statement/cose-key";
import { registrationDigest } from "assay/statement/possession";
import { Command } from "commander";
import { hexToBytes, isAddressEqual, toHex, type LocalAccount } from "viem";
import { verifySignature } from "../client/signature.ts";
import { readDevice, type RegisteredDevice } from "../contracts/registered-device.ts";
import { accountOption, readAccount } from "./account.ts";
import { CliError } from "./cli-error.ts";
import { registryKey, registrySignature } from "./enrol.ts";
import { createOutput } from "./output.ts";
import { progressLines } from "./progress.ts";
import { openRegistry, sendCalls, tryCalls, withRegistry, type Registry, type RegistryCall, type RegistryOptions } from "./registry.ts";
import { readReports, type IdentityReport } from "./report-lines.ts";

interface RegisterOptions extends RegistryOptions {
  readonly account?: string;
  readonly json: boolean;
}

/** A device's report with its proof. */
type ProvenIdentity = IdentityReport & { readonly registration: NonNullable<IdentityReport["registration"]> };

const ROLE = "that is to own the devices";

/** The command. */
export function deviceRegisterCommand(): Command {
  return withRegistry(new Command("register"))
    .description("register devices with the proofs of possession that they report")
    .argument("<FILE...>", "lines that devices report, from their console or journal; - is stdin")
    .addOption(accountOption(ROLE))
    .option("--json", "a JSON object for each device on stdout", false)
    .addHelpText("after", '\nA device reports its proof if its configuration has "register": {"chainId": …, "registry": "0x…", "owner": "0x…"}.\n\nexample:\n  assay device register boot.log --registry 0x… --account owner.key')
    .action(register);
}

async function register(files: readonly string[], options: RegisterOptions): Promise<void> {
  const output = createOutput(options.json);
  const account = await readAccount(options.account, ROLE);
  const reports = (await Promise.all(files.map((file) => readReports(file, "identity")))).flat();
  if (reports.length === 0) throw new CliError("BAD_FILE", `expected a line that begins with {"event":"identity" in ${files.join(", ")}, got none; a device reports it when it boots`);
  const registry = await openRegistry(options);
  // A journal has several boots of a device: its last proof counts.
  const devices = [...Map.groupBy(reports, ({ device }) => device).values()].map((own) => own.findLast(isProven) ?? noProof(own[0]!, registry, account));
  for (const device of devices) checkPlace(device, registry, account);
  const known = await Promise.all(devices.map(({ device }) => readDevice(registry.client, registry.address, toHex(decodeBase64url(device)!))));
  const missing = devices.filter((device, index) => checkProof(device, known[index]));

  const calls = missing.map(({ publicKey, simulator, registration: { proof } }): RegistryCall => ({ functionName: "register", args: [registryKey(publicKey), account.address, simulator, registrySignature(proof)] }));
  await tryCalls(registry, account, calls);
  for (const [index, device] of known.entries()) {
    if (device === undefined) continue;
    const { device: id } = devices[index]!;
    if (!isAddressEqual(device.owner, account.address)) throw new CliError("REFUSED", `expected ${id} to be free, but it is registered for ${device.owner}; its owner can transfer it`);
    output.text(`${id} is registered already, for ${device.owner}`);
    output.json({ device: id, status: "already-registered", owner: device.owner, simulator: device.simulator });
  }
  const receipts = await sendCalls(registry, account, calls, progressLines());
  for (const [index, { transactionHash, blockNumber }] of receipts.entries()) {
    const { device, simulator } = missing[index]!;
    output.text(`${device} is registered, for ${account.address}${simulator ? ", as a simulator" : ""}: block ${blockNumber}, transaction ${transactionHash}`);
    output.json({ device, status: "registered", owner: account.address, simulator, block: Number(blockNumber), transaction: transactionHash });
  }
}

function isProven(report: IdentityReport): report is ProvenIdentity {
  return report.registration !== undefined;
}

function noProof({ device }: IdentityReport, { chainId, address }: Registry, owner: LocalAccount): never {
  const config = JSON.stringify({ register: { chainId, registry: address, owner: owner.address } });
  throw new CliError("BAD_FILE", `expected a registration in what ${device} reports, got none; add ${config.slice(1, -1)} to the device's configuration, start it, and take the line that it then reports`);
}

/** A proof counts in one place and for one owner only. */
function checkPlace({ device, registration }: ProvenIdentity, { chainId, address }: Registry, { address: owner }: LocalAccount): void {
  const fail = (what: string, expected: unknown, got: unknown): never => {
    throw new CliError("BAD_FILE", `${device}: expected a proof for ${what} ${String(expected)}, got one for ${String(got)}; nothing was sent`);
  };
  if (registration.chainId !== chainId) fail("chain", chainId, registration.chainId);
  if (!isAddressEqual(registration.registry, address)) fail("registry", address, registration.registry);
  if (!isAddressEqual(registration.owner, owner)) fail("the owner", owner, registration.owner);
}

/**
 * Checks a line against itself, and against the registry's entry if there is one.
 * @returns whether the device is still to be registered
 */
function checkProof({ device, publicKey, simulator, registration }: ProvenIdentity, known: RegisteredDevice | undefined): boolean {
  const { chainId, registry, owner, proof } = registration;
  const digest = registrationDigest({ chainId, registry: hexToBytes(registry), owner: hexToBytes(owner), simulator }, publicKey, sha256);
  if (!verifySignature(publicKey, digest, proof)) throw new CliError("BAD_FILE", `${device}: expected a proof that is signed by the device's key, got another: the line was changed; nothing was sent`);
  // The key of a device that has rotated is another than its id is made of.
  if (known !== undefined && known.keys.some((key) => equalKeys(key.publicKey, publicKey))) return false;
  const print = deviceId(thumbprint(publicKey, sha256));
  if (print !== device) throw new CliError("BAD_FILE", `${device}: expected the key whose thumbprint is the device's id, got that of ${print}: the line was changed, or the device has another key by now; nothing was sent`);
  return true;
}
