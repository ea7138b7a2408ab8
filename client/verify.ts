import { sha256 } from "@noble/hashes/sha2.js";
import { parseStatement, StatementError, type Statement } from "assay/statement";
import type { Anchor } from "assay/statement/anchor";
import { equalBytes } from "assay/statement/bytes";
import { leafHash, rootFromInclusion } from "assay/statement/merkle";
import { parseReceipt, receiptDigest, type Receipt } from "assay/statement/receipt";
import { verifySignature, type SignatureVerifier } from "./signature.ts";
import { findKey, type Trust, type TrustedDevice, type TrustedLog } from "./trust.ts";
import { VerificationError, type VerificationErrorCode } from "./verification-error.ts";

/** What was proven of a statement, claim by claim. What is not here was not proven. */
export interface Verified {
  /** the statement, parsed */
  readonly statement: Statement;
  /** whose it is, as the trust list has it */
  readonly device: TrustedDevice;
  /** the device has signed it */
  readonly signature: true;
  /** it is an entry of the tree whose root the log has signed */
  readonly inclusion?: { readonly log: TrustedLog; readonly index: number; readonly size: number; readonly root: Uint8Array };
  /** where the log says that the root is anchored. The log's word only, until `checkAnchor` has asked the chain */
  readonly anchor?: Anchor;
}

/** How to verify. */
export interface VerifyOptions {
  /** default: noble. Node may pass a native one, which has to refuse a high s */
  readonly verifySignature?: SignatureVerifier;
}

/**
 * Verifies a statement, and its receipt if there is one, against a trust list. Touches nothing but its arguments: no network, no clock.
 *
 * Whether the device is a simulator is known from the trust list, and from a boot statement itself; an inference statement does not say.
 *
 * @example
 * const { statement, inclusion } = verify(statementBytes, receiptBytes, { devices: [{ id, publicKey }], logs: [{ id: logId, publicKey: logKey }] });
 *
 * @param statement the tagged COSE_Sign1 with an empty unprotected header
 * @param receipt undefined: inclusion is not proven
 * @throws VerificationError with every code but `NO_RECEIPT`, `WRONG_CONTRACT`, `NOT_ANCHORED`, `ROOT_MISMATCH`, `RPC_FAILED`, `BAD_FILE`
 */
export function verify(statement: Uint8Array, receipt: Uint8Array | undefined, trust: Trust, options: VerifyOptions = {}): Verified {
  const isSignature = options.verifySignature ?? verifySignature;
  const parsed = parse(statement);
  const device = findKey(trust.devices, parsed.issuer, parsed.keyId);
  if (device === undefined) throw new VerificationError("UNKNOWN_DEVICE", `expected a device of the trust list, got ${parsed.issuer}`);
  if (parsed.kind === "boot" && !equalBytes(parsed.claims.publicKey, device.publicKey)) throw new VerificationError("KEY_MISMATCH", `expected the trusted key of ${device.id} in its boot statement, got another`);
  if (!isSignature(device.publicKey, parsed.digestToVerify, parsed.signature)) throw new VerificationError("BAD_SIGNATURE", `expected a signature by ${device.id} with a low s, got another`);
  const simulated = device.simulator === true || (parsed.kind === "boot" && parsed.claims.simulator);
  if (simulated && trust.allowSimulated !== true) throw new VerificationError("SIMULATED_DEVICE", `expected a device in hardware, got the simulated ${device.id}`);
  const verified: Verified = { statement: parsed, device, signature: true };
  return receipt === undefined ? verified : { ...verified, ...verifyReceipt(parsed.bytes, receipt, trust, isSignature) };
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

function verifyReceipt(statement: Uint8Array, bytes: Uint8Array, trust: Trust, isSignature: SignatureVerifier): Required<Pick<Verified, "inclusion" | "anchor">> {
  const receipt = parseAnyReceipt(bytes);
  const { issuer, keyId, leafIndex: index, treeSize: size, path, anchor } = receipt;
  const log = findKey(trust.logs, issuer, keyId);
  if (log === undefined) throw new VerificationError("WRONG_LOG", `expected a log of the trust list, got ${issuer}`);
  const root = rootFromInclusion(leafHash(statement, sha256), index, size, path, sha256);
  if (root === undefined) throw new VerificationError("BAD_INCLUSION", `expected a path from entry ${index} of ${size} to the root, got one of ${path.length} hashes`);
  if (!isSignature(log.publicKey, receiptDigest(receipt, root, sha256), receipt.signature)) throw new VerificationError("BAD_RECEIPT_SIGNATURE", `expected a signature by ${log.id} of the root that the statement leads to, got another`);
  return { inclusion: { log, index, size, root }, anchor };
}

function parseAnyReceipt(bytes: Uint8Array): Receipt {
  try {
    return parseReceipt(bytes);
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    throw new VerificationError("BAD_RECEIPT", cause.message, { cause });
  }
}
