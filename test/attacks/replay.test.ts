import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { parseStatement } from "assay/statement";
import { encodeReceiptMessage } from "assay/statement/messages";
import { parseSign1 } from "assay/statement/sign1";
import { bootTopic, receiptTopic, statementTopic } from "assay/statement/topics";
import { ChainFollower } from "../../client/chain.ts";
import { Inspector } from "../../client/inspector.ts";
import type { Trust } from "../../client/trust.ts";
import { verify } from "../../client/verify.ts";
import { StatingDevice } from "../client/device.ts";
import { bootClaims, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import { algorithmName, curves, keyOn, partyOf, signedObject, trusted, verdictOf } from "./parties.ts";

/** A subscriber, and what it makes of what comes: the kinds of what it takes, the codes of what it does not. */
function subscriber(trust: Trust): { readonly inspector: Inspector; readonly story: string[] } {
  const story: string[] = [];
  const onEvent: ConstructorParameters<typeof Inspector>[0]["onEvent"] = (event) => story.push(event.type === "receipt" ? `receipt ${event.sequence}` : `${event.chain} ${event.sequence}`);
  return { story, inspector: new Inspector({ trust, devices: undefined, log: undefined, verifySignature: undefined, pendingLimit: 8, onEvent, onRejected: ({ code }) => story.push(code), now: () => 0 }) };
}

/** What a follower makes of statements, in this order. */
function followed(statements: readonly Uint8Array[], follower = new ChainFollower()): string[] {
  return statements.map((bytes) => {
    const verdict = follower.follow(parseStatement(bytes, sha256));
    return verdict.status === "problem" ? verdict.problem.code : verdict.status;
  });
}

for (const curve of curves) {
  const name = algorithmName(curve);

  test(`a broker that delivers one device's statements on another device's topic does not make them that device's (${name})`, async (t) => {
    const victim = await partyOf(curve);
    const other = await partyOf(curve, "bystander");
    const trust: Trust = { ...victim.trust, devices: [trusted(victim.key), trusted(other.key)] };
    const { inspector, story } = subscriber(trust);
    inspector.receive(bootTopic(victim.key.id), victim.boot);
    inspector.receive(bootTopic(other.key.id), victim.boot);
    inspector.receive(statementTopic(other.key.id), victim.inference);
    inspector.receive(statementTopic(victim.key.id), victim.secondBoot);
    inspector.receive(bootTopic(victim.key.id), victim.inference);
    t.deepEqual(story, ["ok 0", "WRONG_TOPIC", "WRONG_TOPIC", "WRONG_TOPIC", "WRONG_TOPIC"]);
    // A receipt on another device's topic is looked for beside that device's statement, which it does not prove.
    inspector.receive(bootTopic(other.key.id), other.boot);
    inspector.receive(statementTopic(other.key.id), other.inference);
    inspector.receive(receiptTopic(other.key.id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: victim.receipt }));
    t.deepEqual(story.slice(5), ["ok 0", "ok 1", "BAD_RECEIPT_SIGNATURE"]);
  });

  test(`a device that signs another's result as its own gets neither the other's chain, nor boot, nor receipt (${name})`, async (t) => {
    const { boot, inference, receipt, trust, key } = await partyOf(curve);
    const copyist = keyOn(curve, "copyist");
    const both: Trust = { ...trust, devices: [trusted(key), trusted(copyist)] };
    const copied = statementOf(bootClaims({ publicKey: copyist.publicKey }), copyist);
    const ownHeader = parseSign1(statementOf(inferenceClaims(), copyist)).protectedBytes;
    const copy = signedObject(copyist.signer, ownHeader, parseSign1(inference).payload as Uint8Array);
    t.is(verify(copy, undefined, both).device.id, copyist.id, "it is a statement of the copyist, and of nobody else");
    t.is(verdictOf(() => verify(copy, receipt, both)), "BAD_RECEIPT_SIGNATURE");
    t.is(verdictOf(() => verify(copy, undefined, both, { boot })), "WRONG_BOOT");
    t.is(verdictOf(() => verify(copy, undefined, both, { previous: boot })), "BROKEN_LINK");
    t.is(verdictOf(() => verify(copy, undefined, both, { previous: copied })), "BROKEN_LINK", "its link is the other's");
    const { inspector, story } = subscriber(both);
    inspector.receive(bootTopic(copyist.id), copied);
    inspector.receive(statementTopic(copyist.id), copy);
    inspector.receive(statementTopic(key.id), copy);
    t.deepEqual(story, ["ok 0", "BROKEN_LINK", "WRONG_TOPIC"]);
  });

  test(`a statement of an old boot does not pass as one of the boot that runs now (${name})`, async (t) => {
    const { boot, inference, next, secondBoot, last, trust } = await partyOf(curve);
    t.is(verdictOf(() => verify(next, undefined, trust, { boot: secondBoot })), "WRONG_BOOT");
    t.is(verdictOf(() => verify(last, undefined, trust, { boot })), "WRONG_BOOT");
    t.is(verdictOf(() => verify(next, undefined, trust, { previous: secondBoot })), "REPLAY");
    t.is(verdictOf(() => verify(boot, undefined, trust, { previous: last })), "REPLAY");
    t.deepEqual(followed([boot, inference, next, secondBoot, last, next, boot]), ["ok", "ok", "ok", "ok", "ok", "duplicate", "duplicate"], "what was taken before is not taken twice");
    t.deepEqual(followed([boot, inference, secondBoot, last, next]), ["ok", "ok", "GAP", "ok", "REPLAY"], "what was held back comes too late");
  });
}

test("a retained boot statement that the broker does not replace is found out by the first inference of the new boot", async (t) => {
  const { key, boot, inference, next, secondBoot, last, trust } = await partyOf("secp256k1");
  const { inspector, story } = subscriber(trust);
  inspector.receive(bootTopic(key.id), boot);
  inspector.receive(statementTopic(key.id), last);
  t.deepEqual(story, ["ok 0", "GAP 4"], "not ok: between the two there was more");
  t.is(verdictOf(() => verify(last, undefined, trust, { boot })), "WRONG_BOOT");
  t.deepEqual(followed([boot, inference, next, last]), ["ok", "ok", "ok", "GAP"]);
  t.is(verify(last, undefined, trust, { boot: secondBoot }).chain?.boot?.bootCount, 2);
});

test("a device whose flash was put back to an older state, or that runs twice, forks its chain or rolls it back, and both show", (t) => {
  const device = new StatingDevice();
  const original = [device.boot(), device.infer(), device.infer(), device.boot(), device.infer()] as const;
  const again = (overrides: Parameters<typeof inferenceClaims>[0]): Uint8Array => statementOf(inferenceClaims({ results: [{ output: Uint8Array.of(9), label: "io", score: 0.25 }], ...overrides }));
  const restored = again({ sequence: 2, bootCount: 1, previous: linkTo(original[1]) });
  t.deepEqual(followed([...original, restored]), ["ok", "ok", "ok", "ok", "ok", "FORK"]);
  const further = again({ sequence: 5, bootCount: 1, previous: linkTo(original[4]) });
  t.deepEqual(followed([...original, further]).at(-1), "BOOT_ROLLBACK");
  const clone = again({ sequence: 4, bootCount: 2, previous: linkTo(original[3]) });
  t.deepEqual(followed([...original, clone]).at(-1), "FORK");
  const bootedAgain = statementOf(bootClaims({ sequence: 5, bootCount: 2, previous: linkTo(original[4]) }));
  t.deepEqual(followed([...original, bootedAgain]).at(-1), "BOOT_ROLLBACK");
  const forgetful = statementOf(bootClaims({ sequence: 0, bootCount: 2, previous: null, historyLost: true }));
  t.deepEqual(followed([...original, forgetful]).at(-1), "BOOT_ROLLBACK", "losing the history is no way back");
});

test("a chain that is cut off at its beginning is told to begin in the middle: it is a start, never ok", async (t) => {
  const { key, inference, next, secondBoot, last, trust } = await partyOf("secp256k1");
  const { inspector, story } = subscriber(trust);
  inspector.receive(statementTopic(key.id), next);
  inspector.receive(bootTopic(key.id), secondBoot);
  inspector.receive(statementTopic(key.id), last);
  t.deepEqual(story, ["start 2", "ok 3", "ok 4"]);
  t.deepEqual(followed([inference, next]), ["start", "ok"]);
});

test("a chain from whose middle something was cut has a gap, and whoever asks for a proof of one step is refused it", async (t) => {
  const { boot, inference, next, secondBoot, last, trust } = await partyOf("secp256k1");
  t.deepEqual(followed([boot, inference, secondBoot, last]), ["ok", "ok", "GAP", "ok"]);
  t.deepEqual(followed([boot, inference, next, last]), ["ok", "ok", "ok", "GAP"]);
  t.is(verdictOf(() => verify(secondBoot, undefined, trust, { previous: inference })), "GAP");
  t.is(verdictOf(() => verify(last, undefined, trust, { previous: boot })), "GAP");
  t.is(verdictOf(() => verify(next, undefined, trust, { previous: inference })), "accepted");
});

test("a chain that is cut off at its end cannot be told from a device that has said nothing more: only the next statement, or the newest one in the log, finds it out", async (t) => {
  const { device, boot, inference, next, secondBoot, last, log, trust } = await partyOf("secp256k1");
  const follower = new ChainFollower();
  t.deepEqual(followed([boot, inference], follower), ["ok", "ok"], "nothing shows");
  t.deepEqual(followed([last], follower), ["GAP"], "the next statement shows it");
  // Somebody who only has what the broker delivered, and asks the log for the newest entry of that device.
  const newest = verify(last, await log.receiptOf(last), trust);
  t.true(newest.statement.sequence > parseStatement(inference, sha256).sequence);
  t.is(verdictOf(() => verify(last, undefined, trust, { previous: inference })), "GAP");
  // The log cannot cut it off either once it is anchored: entry 5 of a tree of 6 cannot be left out of one that begins with it.
  t.is(newest.inclusion?.index, device.statements.length);
  t.deepEqual(followed([boot, inference, next, secondBoot, last]), ["ok", "ok", "ok", "ok", "ok"]);
});

test("a device that says that its history is lost is told to have begun anew: what it said before it may be incomplete, even for a verifier who holds the statement before", async (t) => {
  const { boot, inference, key, trust } = await partyOf("secp256k1");
  const anew = statementOf(bootClaims({ sequence: 0, bootCount: 9, previous: null, historyLost: true, publicKey: key.publicKey }), key);
  t.deepEqual(followed([boot, inference, anew]), ["ok", "ok", "restart"]);
  const { statement } = verify(anew, undefined, trust, { previous: inference });
  t.true(statement.kind === "boot" && statement.claims.historyLost);
  t.is(statement.previous, null, "there is no link between the two");
});
