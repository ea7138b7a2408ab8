import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { parseStatement, type Statement } from "assay/statement";
import { ChainFollower } from "../../client/chain.ts";
import { bootClaims, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import { StatingDevice } from "./device.ts";

/** A boot, four inferences, another boot, an inference. */
const device = new StatingDevice();
device.boot();
for (let i = 0; i < 4; i++) device.infer();
device.boot();
device.infer();
const all = device.statements.map((bytes) => parseStatement(bytes, sha256));
const at = (sequence: number): Statement => all[sequence] as Statement;

function follow(follower: ChainFollower, sequences: readonly number[]): string[] {
  return sequences.map((sequence) => {
    const verdict = follower.follow(at(sequence));
    return verdict.status === "problem" ? verdict.problem.code : verdict.status;
  });
}

test("a whole chain follows", (t) => {
  const follower = new ChainFollower();
  t.deepEqual(follow(follower, [0, 1, 2, 3, 4, 5, 6]), Array(7).fill("ok"));
  t.is(follower.head?.sequence, 6);
  t.false(follower.isBeforeStart({ bootCount: 1, sequence: 0 }));
});

test("who comes late starts at the retained boot statement, and at the first inference after it", (t) => {
  const follower = new ChainFollower();
  t.deepEqual(follow(follower, [0, 3, 4, 5, 6]), ["ok", "start", "ok", "ok", "ok"]);
  t.true(follower.isBeforeStart({ bootCount: 1, sequence: 2 }));
  t.false(follower.isBeforeStart({ bootCount: 1, sequence: 3 }));
});

test("the running boot's statement may come after its first inference", (t) => {
  const follower = new ChainFollower();
  t.deepEqual(follow(follower, [3, 0, 4]), ["start", "start", "ok"]);
});

test("missing statements are a GAP, after which the chain is followed on", (t) => {
  const follower = new ChainFollower();
  t.deepEqual(follow(follower, [0, 1, 3, 4]), ["ok", "ok", "GAP", "ok"]);
  t.deepEqual(follow(new ChainFollower(), [0, 1, 5, 6]), ["ok", "ok", "GAP", "ok"]);
  t.deepEqual(follow(new ChainFollower(), [0, 6]), ["ok", "GAP"]);
});

test("repetitions are duplicates as long as they are remembered, and replays after that", (t) => {
  t.deepEqual(follow(new ChainFollower(), [0, 1, 1, 2, 0, 1, 2, 3]), ["ok", "ok", "duplicate", "ok", "duplicate", "duplicate", "duplicate", "ok"]);
  t.deepEqual(follow(new ChainFollower(2), [0, 1, 2, 3, 1, 3]), ["ok", "ok", "ok", "ok", "REPLAY", "duplicate"]);
});

test("the boot statement that a broker keeps is a duplicate after any number of statements, as long as it is the newest", (t) => {
  t.deepEqual(follow(new ChainFollower(2), [0, 1, 2, 3, 4, 0]), ["ok", "ok", "ok", "ok", "ok", "duplicate"]);
});

test("another statement with a number that was used is a FORK, and does not move the chain", (t) => {
  const follower = new ChainFollower();
  follow(follower, [0, 1, 2, 3]);
  for (const sequence of [2, 3]) {
    const fork = parseStatement(statementOf(inferenceClaims({ sequence, previous: linkTo(at(sequence - 1).bytes), time: 5 })), sha256);
    const verdict = follower.follow(fork);
    t.is(verdict.status === "problem" ? verdict.problem.code : verdict.status, "FORK");
  }
  t.deepEqual(follow(follower, [4]), ["ok"]);
});

test("a link to another statement is a BROKEN_LINK, and does not move the chain", (t) => {
  const follower = new ChainFollower();
  follow(follower, [0, 1]);
  const broken = parseStatement(statementOf(inferenceClaims({ sequence: 2, previous: new Uint8Array(16) })), sha256);
  const verdict = follower.follow(broken);
  t.is(verdict.status === "problem" ? verdict.problem.code : verdict.status, "BROKEN_LINK");
  t.deepEqual(follow(follower, [2]), ["ok"]);
});

test("a boot that says that the history is lost is a restart, whatever its number, and an older one is a rollback", (t) => {
  const restart = (sequence: number, bootCount: number): Statement => parseStatement(statementOf(bootClaims({ sequence, bootCount, previous: null, historyLost: true })), sha256);
  const follower = new ChainFollower();
  follow(follower, [0, 1, 2]);
  const anew = restart(0, 5);
  t.is(follower.follow(anew).status, "restart");
  const next = parseStatement(statementOf(inferenceClaims({ sequence: 1, bootCount: 5, previous: linkTo(anew.bytes) })), sha256);
  t.is(follower.follow(next).status, "ok");
  // Number 1 of boot 1 is another statement than number 1 of boot 5, and known.
  t.deepEqual(follow(follower, [1]), ["duplicate"]);
  const verdict = follower.follow(restart(7, 4));
  t.is(verdict.status === "problem" ? verdict.problem.code : verdict.status, "BOOT_ROLLBACK");
  t.is(new ChainFollower().follow(anew).status, "restart");
});
