/**
 * Second stage: is this message, by itself, a statement of a registered device? Form, topic, key and signature are checked
 * here; its place in the device's chain is checked by the next stage, which knows what is stored.
 */
import { startsWith } from "assay/statement/bytes";
import { equalKeys, thumbprint } from "assay/statement/cose-key";
import { curveOf } from "assay/statement/signer";
import { MAX_STATEMENT_LENGTH, parseStatement, StatementError } from "assay/statement";
import type { Statement } from "assay/statement";
import { parseTopic } from "assay/statement/topics";
import type { BoundedQueue } from "./bounded-queue.ts";
import type { DeviceDirectory, DirectoryAnswer } from "./directory.ts";
import type { Incoming } from "./ingest.ts";
import { sha256 } from "./log.ts";
import { KEPT_BYTES, rejectionCodeOf } from "./rejection.ts";
import type { Rejection, RejectionCode } from "./rejection.ts";
import { hasHighS, verifySignature } from "./signature.ts";

/** What became of a message: a statement with a good signature, or a rejection. */
export interface Verified {
  readonly message: Incoming;
  /** `keyIndex`: number of the key that has signed it among the device's keys, from 0 */
  readonly outcome: { readonly statement: Statement; readonly keyIndex: number } | { readonly rejection: Rejection };
  /** It has waited in vain for the statement before it. */
  readonly waited?: true;
}

/** Why a message is refused. */
export interface Refusal {
  readonly code: RejectionCode;
  readonly reason: string;
}

/** How many messages are looked up in the directory together. */
const batchLimit = 256;

/** Runs the stage until the incoming queue is closed and empty; then closes the outgoing one. */
export async function runVerify(incoming: BoundedQueue<Incoming>, outgoing: BoundedQueue<Verified>, directory: DeviceDirectory, maxStatementBytes: number): Promise<void> {
  for (;;) {
    const messages = await incoming.takeBatch(batchLimit);
    if (messages.length === 0) break;
    for (const verified of await verifyBatch(messages, directory, maxStatementBytes)) await outgoing.push(verified);
  }
  outgoing.close();
}

/** Verifies messages, in their order. Each device is looked up once, all at the same time. */
export async function verifyBatch(messages: readonly Incoming[], directory: DeviceDirectory, maxStatementBytes: number): Promise<Verified[]> {
  const screened = messages.map((message) => ({ message, result: screen(message, maxStatementBytes) }));
  const answers = new Map<string, Promise<DirectoryAnswer>>();
  for (const { result } of screened) if ("issuer" in result && !answers.has(questionOf(result))) answers.set(questionOf(result), directory.lookUp(result.issuer, result.keyId));
  const verified: Verified[] = [];
  for (const { message, result } of screened) {
    const judged = "issuer" in result ? verifyKey(result, await (answers.get(questionOf(result)) as Promise<DirectoryAnswer>)) : result;
    verified.push({ message, outcome: "code" in judged ? { rejection: rejectionOf(message, judged) } : judged });
  }
  return verified;
}

/** Makes the record of a refused message. */
export function rejectionOf(message: Incoming, refusal: Refusal): Rejection {
  return { ...refusal, topic: message.topic.slice(0, 256), bytes: message.payload.subarray(0, KEPT_BYTES), length: message.length, time: message.receivedAt };
}

/** Checks that need nothing but the message. */
function screen(message: Incoming, maxStatementBytes: number): Statement | Refusal {
  const { topic, payload, length } = message;
  const limit = Math.min(maxStatementBytes, MAX_STATEMENT_LENGTH);
  if (length === 0) return refuse("EMPTY_PAYLOAD", "expected a statement, got an empty payload");
  if (length > limit) return refuse("TOO_LARGE", `expected a statement of at most ${limit} bytes, got ${length}`);
  const place = parseTopic(topic);
  if (place === undefined || (place.kind !== "boot" && place.kind !== "statement")) return refuse("BAD_TOPIC", "expected assay/v1/<device id>/boot or …/statement");
  let statement: Statement;
  try {
    statement = parseStatement(payload, sha256);
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    return refuse(rejectionCodeOf(error.code), error.message);
  }
  if (statement.issuer !== place.device) return refuse("WRONG_TOPIC", `expected a statement of ${place.device} on its topic, got one of ${statement.issuer}`);
  const kind = place.kind === "boot" ? "boot" : "inference";
  if (statement.kind !== kind) return refuse("WRONG_TOPIC", `expected a statement of kind ${kind} on this topic, got one of kind ${statement.kind}`);
  return statement;
}

/** Statements with the same one need the same answer. */
function questionOf({ issuer, keyId }: Statement): string {
  return `${issuer}/${hex(keyId)}`;
}

/** Checks that need the device's keys. */
function verifyKey(statement: Statement, answer: DirectoryAnswer): { readonly statement: Statement; readonly keyIndex: number } | Refusal {
  const { issuer, signature, algorithm } = statement;
  if (answer.status === "unknown") return refuse("UNKNOWN_DEVICE", `expected a registered device, got ${issuer}; register it in the DeviceRegistry`);
  if (answer.status === "unavailable") return refuse("DIRECTORY_UNAVAILABLE", `expected the device registry to know ${issuer}, but it does not answer now`);
  const { keys } = answer;
  // An inference names the first bytes of its key's thumbprint only: of several keys it is the one that fits the signature.
  const named = keys.flatMap((key, index) => (startsWith(thumbprint(key.publicKey, sha256), statement.keyId) ? [index] : []));
  const fits = (index: number): boolean => verifySignature(keys[index]!.publicKey, statement.digestToVerify, signature);
  const signer = named.find(fits);
  const keyIndex = signer ?? named[0];
  const key = keyIndex === undefined ? undefined : keys[keyIndex];
  if (keyIndex === undefined || key === undefined) return refuse("WRONG_KEY", `expected the id of one of the ${keys.length} keys of ${issuer}, got ${hex(statement.keyId)}`);
  const { publicKey, revoked } = key;
  if (curveOf(algorithm) !== publicKey.curve) return refuse("BAD_ALGORITHM", `expected an algorithm for ${publicKey.curve}, got ${algorithm}`);
  if (statement.claims.kind === "boot" && !equalKeys(statement.claims.publicKey, publicKey)) return refuse("WRONG_KEY", "expected the boot statement to name the key that it is signed with, got another");
  if (hasHighS(signature, publicKey)) return refuse("HIGH_S", "expected a signature with s ≤ n/2, got its malleated twin");
  if (signer === undefined) return refuse("BAD_SIGNATURE", `expected a signature by the key of ${issuer}`);
  if (revoked !== undefined) return refuse("REVOKED_KEY", `expected a key that counts, got one that is revoked since ${new Date(revoked.since * 1000).toISOString()}`);
  return { statement, keyIndex };
}

function refuse(code: RejectionCode, reason: string): Refusal {
  return { code, reason };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
