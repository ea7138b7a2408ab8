/** What was proven of a statement, claim by claim, for people and for machines. */
import { encodePublicKey } from "assay/statement/cose-key";
import type { Replayed } from "../client/replay.ts";
import type { TimeBound } from "../client/time-bracket.ts";
import type { Verified } from "../client/verify.ts";
import { proven } from "./output.ts";

/** A verified statement, and what a replay has found. */
export interface Claims {
  readonly verified: Verified;
  readonly replayed: Replayed | undefined;
}

/** Room for the longest name of a claim. */
const NAME_WIDTH = 13;
const INDENT = " ".repeat(NAME_WIDTH + 2);

/** A line for each claim, and lines of what it says below. */
export function claimLines({ verified, replayed }: Claims): string[] {
  const { statement, device, registration, chain, inclusion, checkpoint, anchor, time } = verified;
  const lines = [claim("signature", `${statement.kind} statement #${statement.sequence} of ${device.id}, app ${statement.subject}, boot ${statement.bootCount}`)];
  if (statement.kind === "inference") {
    for (const { label, score } of statement.claims.results) lines.push(`${INDENT}${label} ${score.toFixed(2)}`);
    if (statement.claims.time !== null) lines.push(`${INDENT}made at ${isoTime(statement.claims.time)} by the device's own clock`);
  }
  lines.push(claim("registration", `${{ current: "by its key in use", retired: "by a key that it had before", revoked: "by a key that is revoked, but it was anchored before that" }[registration.status]}${registration.simulator ? "; a simulator" : ""}`));
  if (chain?.previous !== undefined) lines.push(claim("chain", `follows on statement #${chain.previous.sequence}, nothing is missing in between`));
  if (chain?.boot !== undefined) {
    const { board, version, kernels } = chain.boot.claims;
    lines.push(claim("boot", `boot ${chain.boot.bootCount} on ${board}, version ${version}, kernels ${kernels.variant} (self-check ${kernels.selfCheck ? "passed" : "FAILED"}), model ${short(chain.boot.claims.model)}`));
  }
  if (inclusion === undefined || anchor === undefined) lines.push(`${INDENT}no receipt: nothing is proven about a log`);
  else lines.push(claim("inclusion", `entry ${inclusion.index} of ${inclusion.size} in the log ${inclusion.log.id}, root ${hex(inclusion.root)}`));
  if (checkpoint !== undefined) {
    const witnesses = checkpoint.cosignatures.map(({ witness, time: at }) => `${witness.name} at ${isoTime(at)}`);
    lines.push(claim("checkpoint", `${checkpoint.origin}, ${checkpoint.size} entries, ${witnesses.length === 0 ? "no witness" : `cosigned by ${witnesses.join(", ")}`}`));
  }
  if (anchor !== undefined) {
    const place = `block ${anchor.block} of chain ${anchor.chainId}, transaction ${hex(anchor.transaction)}`;
    lines.push(anchor.confirmed ? claim("anchor", place) : `${INDENT}the log says that it is anchored in ${place}; --rpc asks the chain`);
  }
  if (time !== undefined) {
    const bracket = [bound("after", time.after), bound("before", time.before)].filter((text) => text !== "").join(" and ");
    lines.push(time.confirmed ? claim("time", `made ${bracket}`) : `${INDENT}said to be made ${bracket}`);
  }
  if (replayed !== undefined) lines.push(claim("replayed", "equal: the input is the one committed to, and front end and model give the stated output, every bit of it"));
  return lines;
}

/** The same as an object. */
export function claimsJson({ verified, replayed }: Claims): object {
  const { statement, device, registration, chain, inclusion, checkpoint, anchor, time } = verified;
  return {
    device: device.id,
    kind: statement.kind,
    app: statement.subject,
    sequence: statement.sequence,
    bootCount: statement.bootCount,
    results: statement.kind === "inference" ? statement.claims.results.map(({ label, score }) => ({ label, score })) : undefined,
    signature: true,
    registration: { status: registration.status, simulator: registration.simulator, publicKey: hex(encodePublicKey(registration.key.publicKey)) },
    chain: chain && { boot: chain.boot?.sequence, previous: chain.previous?.sequence },
    inclusion: inclusion && { log: inclusion.log.id, index: inclusion.index, size: inclusion.size, root: hex(inclusion.root) },
    checkpoint: checkpoint && { origin: checkpoint.origin, size: checkpoint.size, witnesses: checkpoint.cosignatures.map(({ witness, time: at }) => ({ name: witness.name, time: at })) },
    anchor: anchor && { chainId: anchor.chainId, contract: hex(anchor.contract), block: anchor.block, time: anchor.time, transaction: hex(anchor.transaction) },
    onChain: anchor?.confirmed === true,
    time,
    replayed: replayed && "equal",
  };
}

function claim(name: string, text: string): string {
  return `${proven(name)}${" ".repeat(Math.max(1, NAME_WIDTH - name.length))}${text}`;
}

function bound(word: string, at: TimeBound | undefined): string {
  return at === undefined ? "" : `${word} block ${at.block}${at.time === undefined ? "" : ` (${isoTime(at.time)})`}`;
}

/** The last second that JavaScript has a date for (ECMA-262 §21.4.1.1). Statements and receipts may name later ones. */
const LAST_SECOND = 8_640_000_000_000;

function isoTime(seconds: number): string {
  return seconds <= LAST_SECOND ? new Date(seconds * 1000).toISOString() : `second ${seconds}`;
}

function short(digest: Uint8Array): string {
  return `${hex(digest).slice(0, 18)}…`;
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
