/** `assay verify`: checks a statement and its receipt from a file. */
import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { hexToBytes } from "viem";
import { confirmAnchor } from "../client/anchor.ts";
import { chainLog } from "../client/chain-root.ts";
import { fromTransparent, MAX_FILE_LENGTH } from "../client/statement-file.ts";
import { confirmTime, type TimeBound, type TimeBracket } from "../client/time-bracket.ts";
import { VerificationError } from "../client/verification-error.ts";
import { verify, type Verified } from "../client/verify.ts";
import { CliError } from "./cli-error.ts";
import { createOutput, proven, unproven, type Output } from "./output.ts";
import { readTrust, type TrustRoots } from "./trust-file.ts";

interface VerifyOptions {
  readonly trust: string;
  readonly rpc?: string;
  readonly json: boolean;
}

/** The exit codes, as --help gives them. */
const PROVEN = 0;
const DISPROVEN = 1;
const CANNOT_TELL = 2;

/** Codes that say nothing about the statement: the chain could not be asked, or the trust list itself is wrong. */
const UNDECIDED: ReadonlySet<string> = new Set(["RPC_FAILED", "BAD_TRUST"]);

/** The command. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("check a statement and its receipt; needs no network, but the chain with --rpc")
    .argument("<FILE>", "a statement, with its receipts if there are any (COSE, SCITT transparent statement)")
    .requiredOption("--trust <FILE>", "trust roots: devices and logs whose keys count (JSON; assay sim writes one)")
    .option("--rpc <URL>", "also ask the chain whether it has the root that the receipt proves")
    .option("--json", "one JSON object on stdout", false)
    .addHelpText("after", "\nexit codes: 0 proven, 1 disproven, 2 cannot tell\n\nexample:\n  assay verify out/k3JxQa7b…-12.cose --trust trust.json --rpc http://127.0.0.1:8545")
    .action(async (file: string, options: VerifyOptions) => {
      process.exitCode = await verifyFile(file, options);
    });
}

async function verifyFile(file: string, options: VerifyOptions): Promise<number> {
  const output = createOutput(options.json);
  const trust = await readTrust(options.trust);
  const bytes = await readBounded(file);
  try {
    const { statement, receipts } = fromTransparent(bytes);
    const verified = verify(statement, receipts[0], trust);
    report(verified, output);
    const confirmed = options.rpc === undefined ? verified : await confirm(verified, trust, options.rpc);
    const { anchor, inclusion, time } = confirmed;
    if (anchor?.confirmed === true) output.text(`${proven("anchor")}      chain ${anchor.chainId} has this root for ${inclusion!.size} entries: block ${anchor.block}, transaction ${hex(anchor.transaction)}`);
    if (time !== undefined) output.text(`${time.confirmed ? proven("time") : "            "}        ${describeBracket(time)}`);
    output.json({ proven: true, ...facts(confirmed), onChain: anchor?.confirmed === true });
    return PROVEN;
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    const undecided = UNDECIDED.has(error.code);
    output.text(unproven(`${error.code}: ${error.message}`));
    output.json({ proven: undecided ? null : false, code: error.code, message: error.message });
    return undecided ? CANNOT_TELL : DISPROVEN;
  }
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(file);
    // One byte too many is enough for the reader to refuse it.
    return new Uint8Array(bytes.subarray(0, MAX_FILE_LENGTH + 1));
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a statement at ${file}: ${(cause as Error).message}`, { cause, exitCode: CANNOT_TELL });
  }
}

/** Asks the contract that the trust file names for the log, never the one that the receipt names. */
async function confirm(verified: Verified, trust: TrustRoots, rpc: string): Promise<Verified> {
  const log = trust.logs.find(({ id }) => id === verified.inclusion?.log.id);
  if (log === undefined) throw new VerificationError("NO_RECEIPT", "expected a receipt to look up on the chain, got a statement alone");
  const contract = await chainLog({ rpc, contract: hexToBytes(log.contract) }).catch((cause: unknown) => {
    throw new VerificationError("RPC_FAILED", `expected an EVM chain at ${rpc}, got no answer`, { cause });
  });
  return await confirmTime(await confirmAnchor(verified, contract), contract);
}

function report({ statement, inclusion, anchor, device }: Verified, output: Output): void {
  output.text(`${proven("signature")}   ${statement.kind} statement #${statement.sequence} of ${device.id}, app ${statement.subject}, boot ${statement.bootCount}`);
  if (statement.kind === "inference") {
    for (const { label, score } of statement.claims.results) output.text(`              ${label} ${score.toFixed(2)}`);
    if (statement.claims.time !== null) output.text(`              made at ${new Date(statement.claims.time * 1000).toISOString()} by the device's own clock`);
    if (statement.claims.beacon !== null) output.text(`              names block ${statement.claims.beacon.number} ${hex(statement.claims.beacon.hash)}…`);
  }
  if (inclusion === undefined || anchor === undefined) return output.text("              no receipt in this file: nothing is proven about a log");
  output.text(`${proven("inclusion")}   entry ${inclusion.index} of ${inclusion.size} in the log ${inclusion.log.id}`);
  output.text(`              root ${hex(inclusion.root)}; the log says that it is anchored in block ${anchor.block} of chain ${anchor.chainId}`);
}

function describeBracket({ after, before }: TimeBracket): string {
  const bound = (word: string, at: TimeBound | undefined): string => (at === undefined ? "" : `${word} block ${at.block}${at.time === undefined ? "" : `, ${new Date(at.time * 1000).toISOString()}`}`);
  return `made ${[bound("after", after), bound("before", before)].filter((text) => text !== "").join("; ")}`;
}

function facts({ statement, inclusion, anchor, device }: Verified): object {
  return {
    device: device.id,
    kind: statement.kind,
    app: statement.subject,
    sequence: statement.sequence,
    bootCount: statement.bootCount,
    results: statement.kind === "inference" ? statement.claims.results.map(({ label, score }) => ({ label, score })) : undefined,
    inclusion: inclusion && { log: inclusion.log.id, index: inclusion.index, size: inclusion.size, root: hex(inclusion.root) },
    anchor: anchor && { chainId: anchor.chainId, contract: hex(anchor.contract), block: anchor.block, transaction: hex(anchor.transaction) },
  };
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
