/** `assay device revoke`: says on the chain that a key does not count any more. */
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeBase64url } from "assay/statement/base64url";
import { thumbprint } from "assay/statement/cose-key";
import { Command, InvalidArgumentError, Option } from "commander";
import { toHex } from "viem";
import { readDevice, type RegisteredKey } from "../contracts/registered-device.ts";
import { accountOption, readAccount } from "./account.ts";
import { deviceId } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { confirm } from "./confirm.ts";
import { createOutput } from "./output.ts";
import { progressLines } from "./progress.ts";
import { openRegistry, sendCalls, tryCalls, withRegistry, type RegistryCall, type RegistryOptions } from "./registry.ts";

interface RevokeOptions extends RegistryOptions {
  readonly key?: string;
  readonly since?: number;
  readonly reason: (typeof REASONS)[number];
  readonly account?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/** The contract's reasons by number, but for `equivocation`, which has to be shown. */
const REASONS = ["unspecified", "key-compromise", "superseded", "cessation-of-operation"] as const;
const ROLE = "that owns the device";

/** The command. */
export function deviceRevokeCommand(): Command {
  return withRegistry(new Command("revoke"))
    .description("revoke a device's key: what it signed, and was not anchored before, does not count. This cannot be taken back")
    .argument("<DEVICE>", "the device's id, 43 characters", deviceId)
    .option("--key <HEX>", "thumbprint of the key, or its first 8 digits or more (default: the key in use, which is the device's end)", key)
    .option("--since <TIME>", "since when, as 2026-05-01T12:00:00Z or Unix seconds (default: now, by the chain's clock)", time)
    .addOption(new Option("--reason <REASON>", "why").choices(REASONS).default("unspecified"))
    .addOption(accountOption(ROLE))
    .option("--yes", "do not ask", false)
    .option("--json", "a JSON object on stdout", false)
    .addHelpText("after", "\nexample:\n  assay device revoke k3JxQa7b… --since 2026-05-01T12:00:00Z --reason key-compromise --registry 0x… --account owner.key")
    .action(revoke);
}

async function revoke(id: string, options: RevokeOptions): Promise<void> {
  const output = createOutput(options.json);
  const account = await readAccount(options.account, ROLE);
  const registry = await openRegistry(options);
  const { client, address, chainId } = registry;
  const deviceHex = toHex(decodeBase64url(id)!);
  const known = await readDevice(client, address, deviceHex);
  if (known === undefined) throw new CliError("REFUSED", `expected ${id} in the registry ${address} of chain ${chainId}, got no such device; see assay device list`);
  const { print, inUse, number } = choose(known.keys, options.key, id);
  // The contract takes no time to come, and this clock may be ahead of the chain's.
  const since = options.since ?? Number((await client.getBlock({ blockTag: "latest" })).timestamp);
  const calls: RegistryCall[] = [{ functionName: "revoke", args: [deviceHex, `0x${print}`, BigInt(since), REASONS.indexOf(options.reason)] }];
  await tryCalls(registry, account, calls);

  output.note(`revoke key ${number} of ${id}, ${inUse ? "the key in use" : "a retired key"}: ${print}`);
  output.note(`since ${new Date(since * 1000).toISOString()} (${since}), reason ${options.reason}, in registry ${address} of chain ${chainId}`);
  output.note(`what it signed counts only if it was anchored before${inUse ? "; the device can state nothing any more, and get no other key" : ""}; this cannot be taken back`);
  await confirm(options.yes, "to revoke it");
  const [receipt] = await sendCalls(registry, account, calls, progressLines());
  output.text(`revoked: block ${receipt!.blockNumber}, transaction ${receipt!.transactionHash}`);
  output.json({ device: id, status: "revoked", key: print, since, reason: options.reason, block: Number(receipt!.blockNumber), transaction: receipt!.transactionHash });
}

/** The key that an option names, or the key in use. */
function choose(keys: readonly RegisteredKey[], prefix: string | undefined, id: string): { readonly print: string; readonly inUse: boolean; readonly number: number } {
  const named = keys.map(({ publicKey }, index) => ({ print: Buffer.from(thumbprint(publicKey, sha256)).toString("hex"), inUse: index === keys.length - 1, number: index + 1 }));
  const fitting = prefix === undefined ? named.slice(-1) : named.filter(({ print }) => print.startsWith(prefix));
  if (fitting.length !== 1) throw new CliError("BAD_USAGE", `expected --key to name one of the ${keys.length} keys of ${id} (${named.map(({ print }) => `${print.slice(0, 16)}…`).join(", ")}), got ${fitting.length === 0 ? "another" : "several"}`);
  return fitting[0]!;
}

function key(text: string): string {
  const digits = text.replace(/^0x/, "").toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(digits)) throw new InvalidArgumentError(`expected 8 to 64 hexadecimal digits, got "${text}"`);
  return digits;
}

/** A time in Unix seconds; one without a zone would mean another moment on another machine. */
function time(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  const milliseconds = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds) || milliseconds < 0) throw new InvalidArgumentError(`expected a time such as 2026-05-01T12:00:00Z, or Unix seconds, got "${text}"`);
  return Math.floor(milliseconds / 1000);
}
