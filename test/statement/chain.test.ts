import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { parseStatement, type Statement } from "assay/statement";
import { chainHead, checkSuccessor, type ChainHead, type ChainProblemCode } from "assay/statement/chain";
import { bootClaims, device, digestOf, inferenceClaims, linkTo, statementOf } from "./examples.ts";
import { testKey } from "./keys.ts";

function bootAt(sequence: number, bootCount: number, before?: Statement): Statement {
  return parseStatement(statementOf(bootClaims({ sequence, bootCount, previous: before === undefined ? null : linkTo(before.bytes) })), sha256);
}

function inferenceAt(sequence: number, bootCount: number, before: Statement, time = 0): Statement {
  return parseStatement(statementOf(inferenceClaims({ sequence, bootCount, previous: linkTo(before.bytes), time })), sha256);
}

const first = bootAt(0, 1);
const second = inferenceAt(1, 1, first);
const third = inferenceAt(2, 1, second);
const reboot = bootAt(3, 2, third);
const afterReboot = inferenceAt(4, 2, reboot);

function code(previous: Statement | ChainHead | undefined, next: Statement): ChainProblemCode | undefined {
  return checkSuccessor(previous, next)?.code;
}

test("a chain over two boots follows without a problem", (t) => {
  let head: ChainHead | undefined;
  for (const statement of [first, second, third, reboot, afterReboot]) {
    t.is(checkSuccessor(head, statement), undefined);
    head = chainHead(statement);
  }
  t.deepEqual(head, { sequence: 4, bootCount: 2, digest: afterReboot.digest, keyId: afterReboot.keyId });
});

test("a boot count may rise by more than one: a boot can fail before it says anything", (t) => {
  t.is(code(third, bootAt(3, 9, third)), undefined);
});

test("missing statements are a GAP, also when nothing is known yet", (t) => {
  t.is(code(first, third), "GAP");
  t.is(code(undefined, second), "GAP");
});

test("the head once more, and older statements, are a REPLAY", (t) => {
  t.is(code(third, third), "REPLAY");
  t.is(code(third, second), "REPLAY");
  t.is(code(afterReboot, third), "REPLAY");
});

test("another statement with the head's number is a FORK", (t) => {
  t.is(code(third, inferenceAt(2, 1, second, 1)), "FORK");
  t.is(code(first, parseStatement(statementOf(bootClaims({ firmware: digestOf("other") })), sha256)), "FORK");
});

test("a boot count that falls, or a boot that does not raise it, is a BOOT_ROLLBACK", (t) => {
  t.is(code(afterReboot, inferenceAt(5, 1, afterReboot)), "BOOT_ROLLBACK");
  t.is(code(afterReboot, inferenceAt(9, 1, afterReboot)), "BOOT_ROLLBACK");
  t.is(code(afterReboot, bootAt(5, 2, afterReboot)), "BOOT_ROLLBACK");
  t.is(code(afterReboot, bootAt(5, 1, afterReboot)), "BOOT_ROLLBACK");
});

test("an inference of a boot that was not announced is BOOT_MISSING", (t) => {
  t.is(code(third, inferenceAt(3, 2, third)), "BOOT_MISSING");
  t.is(code(undefined, { ...second, sequence: 0 }), "BOOT_MISSING");
});

test("a link to another statement than the head is a BROKEN_LINK", (t) => {
  t.is(code(second, inferenceAt(2, 1, first)), "BROKEN_LINK");
  t.is(code(third, bootAt(3, 2, second)), "BROKEN_LINK");
});

test("a boot that says that the history is lost begins the chain anew, but only with a later boot", (t) => {
  const restart = (sequence: number, bootCount: number): Statement => parseStatement(statementOf(bootClaims({ sequence, bootCount, previous: null, historyLost: true })), sha256);
  t.is(code(undefined, restart(0, 3)), undefined);
  t.is(code(afterReboot, restart(0, 3)), undefined);
  t.is(code(afterReboot, restart(5, 3)), undefined, "one that still knows its number may go on from there");
  t.is(code(afterReboot, restart(5, 2)), "BOOT_ROLLBACK");
  const anew = restart(0, 3);
  t.is(code(anew, anew), "REPLAY");
  t.is(code(anew, inferenceAt(1, 3, anew)), undefined);
  t.is(code(anew, afterReboot), "BOOT_ROLLBACK");
  t.is(code(anew, first), "REPLAY");
});

test("an inference by another key than that of its boot is KEY_CHANGED", (t) => {
  const other = testKey("another key");
  const swapped = parseStatement(statementOf(inferenceClaims({ previous: linkTo(first.bytes) }), { ...device, keyId: other.keyId, signer: other.signer }), sha256);
  t.is(code(first, swapped), "KEY_CHANGED");
});

test("a problem says what was expected and what came", (t) => {
  t.deepEqual(checkSuccessor(first, third), { code: "GAP", message: "expected sequence 1, got 2" });
});
