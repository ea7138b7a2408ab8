import type { Statement, BootClaims, InferenceClaims } from "assay/statement";
import type { Anchor } from "assay/statement/anchor";
import type { VerificationErrorCode } from "./verification-error.ts";
import type { Inclusion } from "./verify.ts";

/**
 * How a verified statement stands in its device's chain: "ok" follows on the one before; "start" is the first that this subscriber saw;
 * "restart" is a boot after which the device does not know any more what it said before; "GAP" has statements missing before it that this
 * subscriber has not got.
 */
export type ChainStanding = "ok" | "start" | "restart" | "GAP";

interface VerifiedEvent {
  /** device id */
  readonly device: string;
  readonly bootCount: number;
  readonly sequence: number;
  /** Unix time in milliseconds, with fractions */
  readonly receivedAt: number;
  /** Unix time in milliseconds, with fractions */
  readonly verifiedAt: number;
}

/** A verified boot statement. */
export interface BootEvent extends VerifiedEvent {
  readonly type: "boot";
  readonly chain: ChainStanding;
  /** the app */
  readonly subject: string;
  readonly claims: BootClaims;
  /** the statement's bytes */
  readonly statement: Uint8Array;
}

/** A verified inference. */
export interface InferenceEvent extends VerifiedEvent {
  readonly type: "inference";
  readonly chain: ChainStanding;
  /** the app */
  readonly subject: string;
  /** of the last result, of which there mostly is one; `claims.results` has all */
  readonly label: string;
  readonly score: number;
  readonly claims: InferenceClaims;
  /** the statement's bytes */
  readonly statement: Uint8Array;
}

/** A verified receipt of a verified statement. */
export interface ReceiptEvent extends VerifiedEvent {
  readonly type: "receipt";
  readonly anchor: Anchor & { readonly confirmed: boolean };
  readonly inclusion: Inclusion;
  /** true if the chain was asked and has this root; false if it was not asked */
  readonly anchored: boolean;
  /** the bytes of the statement and of its receipt, as `toTransparent` takes them */
  readonly statement: Uint8Array;
  readonly receipt: Uint8Array;
}

/** What a subscription yields: verified things only. */
export type SubscriptionEvent = BootEvent | InferenceEvent | ReceiptEvent;

/** Why something was not yielded. */
export type RejectionCode =
  | VerificationErrorCode
  /** the topic is none of ours, or the statement is another device's or of another kind than the topic says */
  | "WRONG_TOPIC"
  /** the message around a receipt is not one */
  | "BAD_MESSAGE"
  /** no statement came for a receipt, as long as it was kept */
  | "NO_STATEMENT";

/** Something that came and is not proven. */
export interface Rejected {
  readonly topic: string;
  readonly code: RejectionCode;
  readonly message: string;
  /** what came */
  readonly bytes: Uint8Array;
}

/** The event that says that a statement is verified. */
export function statementEvent(statement: Statement, chain: ChainStanding, receivedAt: number, verifiedAt: number): BootEvent | InferenceEvent {
  const { issuer: device, bootCount, sequence, subject, bytes } = statement;
  const common = { device, bootCount, sequence, subject, chain, statement: bytes, receivedAt, verifiedAt };
  if (statement.kind === "boot") return { type: "boot", claims: statement.claims, ...common };
  const { claims } = statement;
  const last = claims.results[claims.results.length - 1];
  // The parser refuses an inference without results.
  if (last === undefined) throw new RangeError("expected one result at least");
  return { type: "inference", label: last.label, score: last.score, claims, ...common };
}
