/** `assay verify`: checks a statement, or a bundle around one, claim by claim. */
import { readFile } from "node:fs/promises";
import { sha256 } from "@noble/hashes/sha2.js";
import { parseStatement, StatementError } from "assay/statement";
import { decodeBase64url } from "assay/statement/base64url";
import { Command } from "commander";
import type { Address } from "viem";
import { bytesToHex, hexToBytes } from "viem/utils";
import { confirmAnchor } from "../client/anchor.ts";
import { looksLikeBundle, MAX_BUNDLE_LENGTH, parseBundle, verifyBundle, type Bundle } from "../client/bundle.ts";
import { chainLog } from "../client/chain-root.ts";
import { fromTransparent } from "../client/statement-file.ts";
import { confirmTime } from "../client/time-bracket.ts";
import { parseTrustRoots } from "../client/trust-roots.ts";
import { VerificationError } from "../client/verification-error.ts";
import type { Verified } from "../client/verify.ts";
import { address } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { claimLines, claimsJson, type Claims } from "./claims.ts";
import { createOutput, unproven } from "./output.ts";
import { readTrust, type TrustRoots } from "./trust-file.ts";
import { trustedDevice } from "./trusted-device.ts";

interface VerifyOptions {
  readonly trust?: string;
  readonly trustBundle: boolean;
  readonly boot?: string;
  readonly previous?: string;
  readonly rpc?: string;
  readonly registry?: Address;
  readonly replay?: string;
  readonly model?: string;
  readonly json: boolean;
}

/** The exit codes, as --help gives them. */
const PROVEN = 0;
const DISPROVEN = 1;
const CANNOT_TELL = 2;

/** Codes that say nothing about the statement: somebody could not be asked, or what was brought along is wrong or not enough. */
const UNDECIDED: ReadonlySet<string> = new Set(["RPC_FAILED", "BAD_TRUST", "BAD_INPUT_FILE", "UNSUPPORTED_REPLAY"]);

/** The command. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("check a statement and what proves it; needs no network, but the chain with --rpc")
    .argument("<FILE>", "a statement, with its receipts if there are any (COSE, SCITT transparent statement), or a bundle of assay bundle")
    .option("--trust <FILE>", "trust roots: devices and logs whose keys count (JSON; assay sim and assay device list write one)")
    .option("--trust-bundle", "take the trust roots that the bundle brings: proves only that whoever made the bundle agrees with himself", false)
    .option("--boot <FILE>", "the statement of its boot, which names model and front end (a bundle has it)")
    .option("--previous <FILE>", "the statement before it: proves that nothing is missing in between (a bundle has it)")
    .option("--rpc <URL>", "also ask the chain: whether it has the root that the receipt proves, and the block that the statement names")
    .option("--registry <ADDRESS>", "with --rpc: take the keys of the device, their rotations and revocations, from this DeviceRegistry as it is now, not from the trust roots", address)
    .option("--replay <INPUT>", "run features and model again on its revealed input, as assay sim --reveal writes it, and compare every bit (a bundle may have it)")
    .option("--model <FILE>", "the .tflite file, for the replay")
    .option("--json", "one JSON object on stdout", false)
    .addHelpText(
      "after",
      "\nexit codes: 0 proven, 1 disproven, 2 cannot tell\n\nexamples:\n  assay verify out/k3JxQa7b…-1-12.cose --trust trust.json --rpc http://127.0.0.1:8545\n  assay verify 12.bundle --trust trust.json --model examples/machine-health/model.tflite",
    )
    .action(async (file: string, options: VerifyOptions) => {
      process.exitCode = await verifyFile(file, options);
    });
}

async function verifyFile(file: string, options: VerifyOptions): Promise<number> {
  const output = createOutput(options.json);
  const bytes = await readBounded(file);
  try {
    const bundle = looksLikeBundle(bytes) ? parseBundle(bytes) : bundleOf(bytes);
    const trust = await current(await trustOf(bundle, options), bundle, options);
    const given = { ...bundle, ...(await partOf("boot", options.boot)), ...(await partOf("previous", options.previous)), ...(options.replay === undefined ? {} : { input: await readBounded(options.replay) }) };
    const offline = verifyBundle(given, trust);
    const claims: Claims = { verified: offline, replayed: await replayOf(offline, given, options) };
    if (options.trustBundle) output.note("trust roots are those of the bundle: nothing here shows that they are anybody's but its maker's");
    const verified = options.rpc === undefined ? offline : await confirm(offline, trust, options.rpc);
    for (const line of claimLines({ ...claims, verified })) output.text(line);
    output.json({ proven: true, ...claimsJson({ ...claims, verified }) });
    return PROVEN;
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    const undecided = UNDECIDED.has(error.code);
    output.text(unproven(`${error.code}: ${error.message}`));
    output.json({ proven: undecided ? null : false, code: error.code, message: error.message });
    return undecided ? CANNOT_TELL : DISPROVEN;
  }
}

/** A statement's file as a bundle of little. */
function bundleOf(bytes: Uint8Array): Bundle {
  const { statement, receipts } = fromTransparent(bytes);
  return { statement, ...(receipts[0] && { receipt: receipts[0] }) };
}

async function partOf(name: "boot" | "previous", file: string | undefined): Promise<Partial<Bundle>> {
  return file === undefined ? {} : { [name]: fromTransparent(await readBounded(file)).statement };
}

async function trustOf(bundle: Bundle, { trust, trustBundle }: VerifyOptions): Promise<TrustRoots> {
  if (trust !== undefined && trustBundle) throw new CliError("BAD_USAGE", "expected --trust or --trust-bundle, got both", { exitCode: CANNOT_TELL });
  if (trust !== undefined) return await readTrust(trust);
  if (!trustBundle) throw new CliError("BAD_USAGE", `expected --trust FILE${bundle.trust === undefined ? "" : ", or --trust-bundle for those in the bundle"}`, { exitCode: CANNOT_TELL });
  if (bundle.trust === undefined) throw new CliError("BAD_USAGE", "expected a bundle with trust roots for --trust-bundle, got one without; give --trust FILE", { exitCode: CANNOT_TELL });
  return parseTrustRoots(bundle.trust);
}

/** The trust roots, with what the registry says now of the device whose statement it is. */
async function current(trust: TrustRoots, { statement }: Bundle, { rpc, registry: address }: VerifyOptions): Promise<TrustRoots> {
  if (address === undefined) return trust;
  if (rpc === undefined) throw new CliError("BAD_USAGE", "expected --rpc URL with --registry, got none", { exitCode: CANNOT_TELL });
  const issuer = issuerOf(statement);
  if (!trust.devices.some(({ id }) => id === issuer)) return trust;
  // The chain's client is loaded only for those who ask the chain.
  const [{ openRegistry }, { readDevice }] = await Promise.all([import("./registry.ts"), import("../contracts/registered-device.ts")]);
  const { client } = await openRegistry({ rpc, registry: address }, CANNOT_TELL);
  const registered = await readDevice(client, address, bytesToHex(decodeBase64url(issuer)!)).catch((cause: unknown) => {
    throw new VerificationError("RPC_FAILED", `expected the registry ${address} to answer, got an error`, { cause });
  });
  if (registered === undefined) throw new VerificationError("UNKNOWN_DEVICE", `expected the registry ${address} to know ${issuer}, got no such device`);
  return { ...trust, devices: trust.devices.map((device) => (device.id === issuer ? trustedDevice(issuer, registered) : device)) };
}

/** Whose statement it says it is. */
function issuerOf(statement: Uint8Array): string {
  try {
    return parseStatement(statement, sha256).issuer;
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    throw new VerificationError("BAD_FILE", cause.message, { cause });
  }
}

/** Runs features and model again, if that is asked for. */
async function replayOf(verified: Verified, { input }: Bundle, { replay: inputFile, model }: VerifyOptions): Promise<Claims["replayed"]> {
  if (model === undefined) {
    if (inputFile !== undefined) throw new CliError("BAD_USAGE", "expected --model FILE with --replay, got none", { exitCode: CANNOT_TELL });
    return undefined;
  }
  if (input === undefined) throw new CliError("BAD_USAGE", "expected --replay INPUT with --model, or a bundle that has an input", { exitCode: CANNOT_TELL });
  const boot = verified.chain?.boot;
  if (boot === undefined) throw new CliError("BAD_USAGE", "expected --boot FILE for a replay: the boot statement names model and front end", { exitCode: CANNOT_TELL });
  const { statement } = verified;
  if (statement.kind !== "inference") throw new CliError("BAD_USAGE", "expected an inference to replay, got a boot statement", { exitCode: CANNOT_TELL });
  // The engine is loaded only for those who replay.
  const [{ replay }, { parseRevealedInput }] = await Promise.all([import("../client/replay.ts"), import("../client/revealed-input.ts")]);
  return await replay({ statement: statement.claims, boot: boot.claims, input: parseRevealedInput(input), model: await readBounded(model) });
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(file);
    // One byte too many is enough for the readers to refuse it.
    return new Uint8Array(bytes.subarray(0, MAX_BUNDLE_LENGTH + 1));
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a file at ${file}: ${(cause as Error).message}`, { cause, exitCode: CANNOT_TELL });
  }
}

/** Asks the contract that the trust roots name for the log, never the one that the receipt names. */
async function confirm(verified: Verified, trust: TrustRoots, rpc: string): Promise<Verified> {
  const log = trust.logs.find(({ id }) => id === verified.inclusion?.log.id);
  if (log === undefined) throw new VerificationError("NO_RECEIPT", "expected a receipt to look up on the chain, got a statement alone");
  const contract = await chainLog({ rpc, contract: hexToBytes(log.contract) }).catch((cause: unknown) => {
    throw new VerificationError("RPC_FAILED", `expected an EVM chain at ${rpc}, got no answer`, { cause });
  });
  return await confirmTime(await confirmAnchor(verified, contract), contract);
}
