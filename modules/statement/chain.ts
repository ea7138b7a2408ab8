/**
 * The chain rule: a device's statements, boot and inference alike, follow each other by number and by digest, over all its boots.
 * Gateways and clients judge by this one function.
 */
import { startsWith } from "assay/statement/bytes";
import type { Statement } from "assay/statement";

/** The newest statement of a device that somebody has accepted. */
export interface ChainHead {
  readonly sequence: number;
  readonly bootCount: number;
  /** SHA-256 of the whole statement */
  readonly digest: Uint8Array;
  /** thumbprint of the key that it is signed with, or the first bytes of it that it carries */
  readonly keyId: Uint8Array;
}

/** What a statement does wrong in its chain. */
export type ChainProblemCode =
  /** statements before it are missing */
  | "GAP"
  /** the head itself once more, or an older number */
  | "REPLAY"
  /** another statement with the head's number; with the same boot count it is an equivocation, a proof that the device lies */
  | "FORK"
  /** a boot count below the head's, or a boot statement that does not raise it */
  | "BOOT_ROLLBACK"
  /** an inference of a boot that no boot statement has announced, or a chain that does not begin with one */
  | "BOOT_MISSING"
  /** its link names another statement than the head */
  | "BROKEN_LINK"
  /** an inference by another key than that of the boot before it: keys change at boots only */
  | "KEY_CHANGED";

/** Why a statement does not follow on a head. */
export interface ChainProblem {
  readonly code: ChainProblemCode;
  readonly message: string;
}

/** The head that a chain has after `statement`. */
export function chainHead(statement: Statement): ChainHead {
  const { sequence, bootCount, digest, keyId } = statement;
  return { sequence, bootCount, digest, keyId };
}

/** Whether this is a boot statement of a device that says that it does not know any more what it has said before. */
export function isRestart(statement: Statement): boolean {
  return statement.kind === "boot" && statement.claims.historyLost;
}

/**
 * What keeps `next` from following on `previous`, or undefined if nothing does. Signatures are verified before, not here.
 *
 * A boot statement that says that the history is lost follows on everything, provided that its boot is a new one: the chain begins anew, and
 * the boot count, which the device keeps elsewhere, still orders what it says.
 * @param previous undefined: nothing of this device is known, so only its first statement follows
 */
export function checkSuccessor(previous: ChainHead | undefined, next: Statement): ChainProblem | undefined {
  const { sequence, bootCount } = next;
  if (previous === undefined) {
    if (isRestart(next)) return undefined;
    if (sequence !== 0) return problem("GAP", `expected sequence 0, got ${sequence}`);
    return next.kind === "boot" ? undefined : problem("BOOT_MISSING", "expected a boot statement at sequence 0, got an inference");
  }
  const expected = `expected sequence ${previous.sequence + 1}`;
  if (startsWith(previous.digest, next.digest)) return problem("REPLAY", `${expected}, got ${sequence} once more`);
  if (isRestart(next)) return bootCount > previous.bootCount ? undefined : problem("BOOT_ROLLBACK", `expected a boot after boot ${previous.bootCount}, got ${bootCount}`);
  if (bootCount < previous.bootCount && sequence > previous.sequence) return problem("BOOT_ROLLBACK", `expected boot ${previous.bootCount} or later, got ${bootCount}`);
  if (bootCount < previous.bootCount || sequence < previous.sequence) return problem("REPLAY", `${expected}, got ${sequence} of boot ${bootCount}`);
  if (sequence === previous.sequence) return problem("FORK", `expected one statement with sequence ${sequence}, got another one`);
  if (sequence > previous.sequence + 1) return problem("GAP", `${expected}, got ${sequence}`);
  // Only sequence 0 has no link, and that follows on nothing.
  if (next.previous === null || !startsWith(previous.digest, next.previous)) return problem("BROKEN_LINK", `expected a link to statement ${previous.sequence}, got one to another`);
  if (next.kind === "boot") return bootCount > previous.bootCount ? undefined : problem("BOOT_ROLLBACK", `expected a boot after boot ${previous.bootCount}, got ${bootCount}`);
  if (bootCount !== previous.bootCount) return problem("BOOT_MISSING", `expected boot ${previous.bootCount} or a boot statement, got an inference of boot ${bootCount}`);
  return startsWith(previous.keyId, next.keyId) ? undefined : problem("KEY_CHANGED", `expected the key of boot ${bootCount}, got another one without a boot`);
}

function problem(code: ChainProblemCode, message: string): ChainProblem {
  return { code, message };
}
