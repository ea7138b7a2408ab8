import { sha256 } from "@noble/hashes/sha2.js";
import { parseStatement, StatementError, type BootStatement, type Statement } from "assay/statement";
import type { Anchor } from "assay/statement/anchor";
import { equalKeys } from "assay/statement/cose-key";
import { chainHead, checkSuccessor } from "assay/statement/chain";
import { leafHash, rootFromInclusion } from "assay/statement/merkle";
import { parseReceipt, receiptDigest, type Receipt } from "assay/statement/receipt";
import { verifySignature, type SignatureVerifier } from "./signature.ts";
import type { TimeBracket } from "./time-bracket.ts";
import type { VerifiedCheckpoint } from "./tlog-checkpoint.ts";
import { findDevice, findLog, type Revocation, type Trust, type TrustedDevice, type TrustedKey, type TrustedLog } from "./trust.ts";
import { VerificationError, type VerificationErrorCode } from "./verification-error.ts";

/** Where an entry stands in the tree whose root the log has signed. */
export interface Inclusion {
  readonly log: TrustedLog;
  readonly index: number;
  readonly size: number;
  /** 32 bytes */
  readonly root: Uint8Array;
}

/** What was proven of a statement, claim by claim. What is not here was not proven. */
export interface Verified {
  /** the statement, parsed */
  readonly statement: Statement;
  /** whose it is, as the trust list has it */
  readonly device: TrustedDevice;
  /** the device has signed it */
  readonly signature: true;
  /** the key that it is signed with, and whether that is still in use; a revoked one counts for what was anchored before */
  readonly registration: { readonly key: TrustedKey; readonly status: "current" | "retired" | "revoked"; readonly simulator: boolean };
  /** what it follows on, as far as that was given */
  readonly chain?: { readonly boot?: BootStatement; readonly previous?: Statement };
  /** it is an entry of the tree whose root the log has signed */
  readonly inclusion?: Inclusion;
  /** where the root is anchored: the log's word only, until `confirmAnchor` has asked the chain */
  readonly anchor?: Anchor & { readonly confirmed: boolean };
  /** a checkpoint of the log that the receipt's tree is consistent with (`confirmCheckpoint`) */
  readonly checkpoint?: VerifiedCheckpoint;
  /** between which blocks it was made: said only, until `confirmTime` has asked the chain */
  readonly time?: TimeBracket;
}

/** How to verify. */
export interface VerifyOptions {
  /** default: noble. Node may pass a native one, which has to refuse a high s */
  readonly verifySignature?: SignatureVerifier;
  /** the boot statement of the boot that the statement is from: proves what was running */
  readonly boot?: Uint8Array | undefined;
  /** the statement before: proves that nothing is missing between the two, unless this is a boot statement that says that the history is lost */
  readonly previous?: Uint8Array | undefined;
}

/**
 * Verifies a statement, and its receipt if there is one, against a trust list. Touches nothing but its arguments: no network, no clock.
 *
 * Whether the device is a simulator is known from the trust list, from a boot statement itself, and from the one that is given for an inference.
 *
 * @example
 * const { statement, inclusion } = verify(statementBytes, receiptBytes, { devices: [{ id, keys: [{ publicKey }] }], logs: [{ id: logId, publicKey: logKey }] });
 *
 * @param statement the tagged COSE_Sign1 with an empty unprotected header
 * @param receipt undefined: inclusion is not proven
 * @throws VerificationError with the codes of statements, trust, keys, chains and receipts; never one of the chain or of replay
 */
export function verify(statement: Uint8Array, receipt: Uint8Array | undefined, trust: Trust, options: VerifyOptions = {}): Verified {
  const isSignature = options.verifySignature ?? verifySignature;
  const { parsed, device, key } = verifySigned(statement, trust, isSignature);
  const boot = options.boot === undefined ? undefined : bootOf({ statement: parsed, key }, options.boot, trust, isSignature);
  const previous = options.previous === undefined ? undefined : follow({ statement: parsed, key }, options.previous, trust, isSignature);
  const simulator = device.simulator === true || [parsed, boot].some((said) => said?.kind === "boot" && said.claims.simulator);
  if (simulator && trust.allowSimulated !== true) throw new VerificationError("SIMULATED_DEVICE", `expected a device in hardware, got the simulated ${device.id}`);
  const included = receipt === undefined ? undefined : verifyReceipt(parsed.bytes, receipt, trust, isSignature);
  const revocation = earliest(key.revoked, device.revoked);
  if (revocation !== undefined) expectAnchoredBefore(revocation, included?.anchor, device.id);
  const time = bracketOf(parsed, included?.anchor);
  return {
    statement: parsed,
    device,
    signature: true,
    registration: { key, status: revocation !== undefined ? "revoked" : key.retired !== undefined ? "retired" : "current", simulator },
    ...(boot === undefined && previous === undefined ? {} : { chain: { ...(boot && { boot }), ...(previous && { previous }) } }),
    ...included,
    ...(time && { time }),
  };
}

/** A statement whose signature is one of a trusted key of its device. */
function verifySigned(bytes: Uint8Array, trust: Trust, isSignature: SignatureVerifier): { readonly parsed: Statement; readonly device: TrustedDevice; readonly key: TrustedKey } {
  const parsed = parse(bytes);
  const found = findDevice(trust.devices, parsed);
  if (found === undefined) throw new VerificationError("UNKNOWN_DEVICE", `expected a device of the trust list, got ${parsed.issuer}`);
  const { device, key } = found;
  if (parsed.kind === "boot" && !equalKeys(parsed.claims.publicKey, key.publicKey)) throw new VerificationError("KEY_MISMATCH", `expected the trusted key of ${device.id} in its boot statement, got another`);
  if (!isSignature(key.publicKey, parsed.digestToVerify, parsed.signature)) throw new VerificationError("BAD_SIGNATURE", `expected a signature by ${device.id} with a low s, got another`);
  return { parsed, device, key };
}

/** A statement with the key whose signature it has: the statement itself may name only the first bytes of that key's id. */
interface Signed {
  readonly statement: Statement;
  readonly key: TrustedKey;
}

function bootOf({ statement, key }: Signed, bytes: Uint8Array, trust: Trust, isSignature: SignatureVerifier): BootStatement {
  const { parsed: boot, key: bootKey } = verifySigned(bytes, trust, isSignature);
  const { issuer, subject, bootCount, sequence } = statement;
  const same = boot.kind === "boot" && boot.issuer === issuer && boot.subject === subject && boot.bootCount === bootCount && (statement.kind === "boot" ? boot.sequence === sequence : boot.sequence < sequence);
  if (!same || boot.kind !== "boot") throw new VerificationError("WRONG_BOOT", `expected the statement of boot ${bootCount} of ${issuer}, got the ${boot.kind} statement ${boot.sequence} of boot ${boot.bootCount} of ${boot.issuer}`);
  // Keys change at boots only.
  if (!equalKeys(bootKey.publicKey, key.publicKey)) throw new VerificationError("KEY_CHANGED", `expected the key of boot ${bootCount}, got another`);
  return boot;
}

function follow({ statement, key }: Signed, bytes: Uint8Array, trust: Trust, isSignature: SignatureVerifier): Statement {
  const { parsed: previous, key: previousKey } = verifySigned(bytes, trust, isSignature);
  if (previous.issuer !== statement.issuer) throw new VerificationError("BROKEN_LINK", `expected a statement of ${statement.issuer} before this one, got one of ${previous.issuer}`);
  const problem = checkSuccessor(chainHead(previous), statement);
  if (problem !== undefined) throw new VerificationError(problem.code, problem.message);
  if (statement.kind === "inference" && !equalKeys(previousKey.publicKey, key.publicKey)) throw new VerificationError("KEY_CHANGED", `expected the key of boot ${statement.bootCount}, got another without a boot`);
  return previous;
}

function parse(bytes: Uint8Array): Statement {
  try {
    return parseStatement(bytes, sha256);
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    // The parser of statements has no use for the three codes that are excluded.
    throw new VerificationError(cause.code as VerificationErrorCode, cause.message, { cause });
  }
}

function earliest(a: Revocation | undefined, b: Revocation | undefined): Revocation | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.since <= b.since ? a : b;
}

function expectAnchoredBefore({ since, reason }: Revocation, anchor: Anchor | undefined, device: string): void {
  const revoked = `${device} is revoked since ${instant(since)} (${reason})`;
  if (anchor === undefined) throw new VerificationError("REVOKED_KEY", `expected a receipt that shows an anchor before the revocation, got none: ${revoked}`);
  if (anchor.time >= since) throw new VerificationError("REVOKED_KEY", `expected an anchor before the revocation, got one of ${instant(anchor.time)}: ${revoked}`);
}

/** Latest second that a `Date` holds (ECMA-262 §21.4.1.1). A receipt may name any, and a refusal has to be told all the same. */
const LATEST_DATE = 8_640_000_000_000;

function instant(seconds: number): string {
  return seconds <= LATEST_DATE ? new Date(seconds * 1000).toISOString() : `second ${seconds}`;
}

/** What statement and receipt say of the time, if it can be true. */
function bracketOf(statement: Statement, anchor: Anchor | undefined): TimeBracket | undefined {
  const beacon = statement.kind === "inference" ? statement.claims.beacon : null;
  if (beacon === null && anchor === undefined) return undefined;
  if (beacon !== null && anchor !== undefined && beacon.number >= anchor.block) throw new VerificationError("BEACON_AFTER_ANCHOR", `expected a beacon from before the anchor in block ${anchor.block}, got block ${beacon.number}`);
  return { confirmed: false, ...(beacon && { after: { block: beacon.number } }), ...(anchor && { before: { block: anchor.block, time: anchor.time } }) };
}

function verifyReceipt(statement: Uint8Array, bytes: Uint8Array, trust: Trust, isSignature: SignatureVerifier): Required<Pick<Verified, "inclusion" | "anchor">> {
  const receipt = parseAnyReceipt(bytes);
  const { issuer, leafIndex: index, treeSize: size, path, anchor } = receipt;
  const log = findLog(trust.logs, receipt);
  if (log === undefined) throw new VerificationError("WRONG_LOG", `expected a log of the trust list, got ${issuer}`);
  const root = rootFromInclusion(leafHash(statement, sha256), index, size, path, sha256);
  if (root === undefined) throw new VerificationError("BAD_INCLUSION", `expected a path from entry ${index} of ${size} to the root, got one of ${path.length} hashes`);
  if (!isSignature(log.publicKey, receiptDigest(receipt, root, sha256), receipt.signature)) throw new VerificationError("BAD_RECEIPT_SIGNATURE", `expected a signature by ${log.id} of the root that the statement leads to, got another`);
  return { inclusion: { log, index, size, root }, anchor: { ...anchor, confirmed: false } };
}

function parseAnyReceipt(bytes: Uint8Array): Receipt {
  try {
    return parseReceipt(bytes);
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    throw new VerificationError("BAD_RECEIPT", cause.message, { cause });
  }
}
