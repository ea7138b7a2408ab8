/** Why a message from outside did not become part of the log. */
import type { StatementErrorCode } from "assay/statement/statement-error";

/** What the parser can find wrong with the bytes of a statement: its own codes, but for those of encoders and other formats. */
const parserCodes = ["NOT_CBOR", "NOT_CANONICAL", "TOO_DEEP", "UNSUPPORTED_VALUE", "NOT_SIGN1", "BAD_HEADER", "BAD_ALGORITHM", "BAD_CLAIMS", "BAD_SIGNATURE_LENGTH", "BAD_KEY"] as const satisfies readonly StatementErrorCode[];

/**
 * Codes of rejected input, a closed set. First what is wrong with the message, then with its bytes, then with who says it, then
 * with its place in the device's chain.
 */
export const rejectionCodes = [
  /** No bytes: on a retained topic, somebody deleted the retained message. */
  "EMPTY_PAYLOAD",
  /** More bytes than `maxStatementBytes`. */
  "TOO_LARGE",
  /** The topic's device segment is not a device id. */
  "BAD_TOPIC",
  ...parserCodes,
  /** A statement of one device on another's topic, or of one kind on the other's topic. */
  "WRONG_TOPIC",
  /** The issuer is not registered. */
  "UNKNOWN_DEVICE",
  /** The registry cannot be asked now, and the device is not known from before; it will send the statement again. */
  "DIRECTORY_UNAVAILABLE",
  /** The key id is not that of a key of the device, or a boot statement names another key than it is signed with. */
  "WRONG_KEY",
  /** The key, or the device, is revoked: what comes now would be anchored after that. */
  "REVOKED_KEY",
  /** A key that the device had before the one that its chain has gone over to. */
  "RETIRED_KEY",
  /** s > n/2: the second valid form of a signature, which would make two statements of one. */
  "HIGH_S",
  "BAD_SIGNATURE",
  /** A statement before it is missing; the device will send both again. */
  "GAP",
  /** It is older than what the log has of the device, and not in the log; or it is there with another signature. */
  "REPLAY",
  /** Another statement of the same boot with this sequence number is in the log: proof that the device lies. */
  "EQUIVOCATION",
  /** Another statement has this sequence number, and it is of an earlier boot. */
  "FORK",
  "BOOT_ROLLBACK",
  /** An inference of a boot that no boot statement has announced. */
  "BOOT_MISSING",
  /** It does not link to the statement before it. */
  "BROKEN_LINK",
  /** An inference by another key than that of its boot. */
  "KEY_CHANGED",
] as const;

export type RejectionCode = (typeof rejectionCodes)[number];

/** The rejection code for a code of the parser. Those that it never gives for a statement (see above) count as claims that make no sense. */
export function rejectionCodeOf(code: StatementErrorCode): RejectionCode {
  return rejectionCodes.find((candidate) => candidate === code) ?? "BAD_CLAIMS";
}

/** A message that was refused. */
export interface Rejection {
  readonly code: RejectionCode;
  /** What was expected and what came, for a human. */
  readonly reason: string;
  readonly topic: string;
  /** The message, or its first {@link KEPT_BYTES} bytes. */
  readonly bytes: Uint8Array;
  /** Length of the whole message. */
  readonly length: number;
  /** Unix time in milliseconds. */
  readonly time: number;
}

/** So much of a rejected message is kept for inspection. */
export const KEPT_BYTES = 65_536;
