import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import type { Anchor } from "assay/statement/anchor";
import { encodeReceiptMessage } from "assay/statement/messages";
import { verifyConsistency } from "assay/statement/merkle";
import { bootTopic, receiptTopic, statementTopic } from "assay/statement/topics";
import { confirmAnchor } from "../../client/anchor.ts";
import type { SubscriptionEvent } from "../../client/events.ts";
import { Inspector } from "../../client/inspector.ts";
import { confirmTime } from "../../client/time-bracket.ts";
import type { Trust } from "../../client/trust.ts";
import { verify } from "../../client/verify.ts";
import { StatingDevice } from "../client/device.ts";
import { anchor as someAnchor, digestOf, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import { attackedChain } from "./attacked-chain.ts";
import { flipped, keyOn, partyOf, trustIn, verdictOf, verdictOfAsync } from "./parties.ts";
import { TestLog } from "./test-log.ts";

function subscriber(trust: Trust): { readonly inspector: Inspector; readonly story: string[] } {
  const story: string[] = [];
  const onEvent = (event: SubscriptionEvent): void => void story.push(event.type === "receipt" ? `receipt ${event.sequence}` : `${event.chain} ${event.sequence}`);
  return { story, inspector: new Inspector({ trust, devices: undefined, log: undefined, verifySignature: undefined, pendingLimit: 2, onEvent, onRejected: ({ code }) => story.push(code), now: () => 0 }) };
}

test("a gateway or broker that drops a statement leaves a gap that the next one shows, and a receipt without a statement that is told of", async (t) => {
  const { key, boot, inference, next, secondBoot, receipts, trust } = await partyOf("secp256k1");
  const { inspector, story } = subscriber(trust);
  inspector.receive(bootTopic(key.id), boot);
  inspector.receive(statementTopic(key.id), inference);
  inspector.receive(receiptTopic(key.id), encodeReceiptMessage({ bootCount: 1, sequence: 2, receipt: receipts[2] as Uint8Array }));
  inspector.receive(bootTopic(key.id), secondBoot);
  t.deepEqual(story, ["ok 0", "ok 1", "GAP 3"]);
  for (const sequence of [7, 8]) inspector.receive(receiptTopic(key.id), encodeReceiptMessage({ bootCount: 2, sequence, receipt: receipts[3] as Uint8Array }));
  t.deepEqual(story.slice(3), ["NO_STATEMENT"]);
  t.is(verdictOf(() => verify(secondBoot, undefined, trust, { previous: inference })), "GAP");
  t.is(verdictOf(() => verify(next, undefined, trust, { previous: inference })), "accepted");
});

test("a gateway or broker that delivers out of order changes nobody's order: what comes early has a gap before it, what comes late is refused", async (t) => {
  const { key, boot, inference, next, trust } = await partyOf("secp256k1");
  const { inspector, story } = subscriber(trust);
  inspector.receive(bootTopic(key.id), boot);
  const third = statementOf(inferenceClaims({ sequence: 3, previous: linkTo(next) }), key);
  for (const statement of [inference, third, next]) inspector.receive(statementTopic(key.id), statement);
  t.deepEqual(story, ["ok 0", "ok 1", "GAP 3", "REPLAY"]);
  t.is(verdictOf(() => verify(third, undefined, trust, { previous: inference })), "GAP");
  t.is(verdictOf(() => verify(next, undefined, trust, { previous: third })), "REPLAY");
  t.is(verdictOf(() => verify(third, undefined, trust, { previous: next })), "accepted");
});

test("a gateway or broker that alters a statement, even by one bit, delivers nothing, and the true one is still taken after it", async (t) => {
  const { key, boot, inference, trust } = await partyOf("P-256");
  const { inspector, story } = subscriber(trust);
  inspector.receive(bootTopic(key.id), flipped(boot, 8 * 300));
  inspector.receive(bootTopic(key.id), boot);
  const label = Buffer.from(inference).indexOf("compute");
  inspector.receive(statementTopic(key.id), flipped(inference, 8 * label));
  inspector.receive(statementTopic(key.id), inference);
  t.deepEqual(story, ["BAD_SIGNATURE", "ok 0", "BAD_SIGNATURE", "ok 1"]);
});

/** A log that was forked: both grow from the same entries, and from the size `common` on one has a statement that the other has not. */
async function forkedLog() {
  const key = keyOn("secp256k1", "two-faced log");
  const device = new StatingDevice(keyOn("secp256k1", "device of a two-faced log"), null);
  const [boot, shown, also] = [device.boot(), device.infer("compute"), device.infer("idle")];
  const hidden = statementOf(inferenceClaims({ sequence: 1, previous: linkTo(boot), results: [{ output: Uint8Array.of(1), label: "io", score: 0.5 }], beacon: null }), device.key);
  const [one, two] = [await TestLog.open(key), await TestLog.open(key)];
  for (const log of [one, two]) log.append(boot);
  const common = one.size;
  one.append(shown, also);
  two.append(hidden, also);
  return { one, two, common, boot, shown, hidden, also, trust: trustIn(key, device.key), device };
}

test("a gateway that forks its log, signing two roots of one size, convinces two clients offline, and whoever asks the chain finds the false one out", async (t) => {
  const { one, two, common, shown, hidden, trust } = await forkedLog();
  const chain = await attackedChain(t);
  await chain.anchor(one, 0, common);
  const anchor = await chain.anchor(one, common, one.size);
  const first = verify(shown, await one.receiptOf(shown, one.size, anchor), trust);
  const second = verify(hidden, await two.receiptOf(hidden, two.size, anchor), trust);
  t.deepEqual([first.inclusion?.size, second.inclusion?.size], [4, 4]);
  t.notDeepEqual(first.inclusion?.root, second.inclusion?.root, "the log has signed both: that alone convicts it, once the two are laid side by side");
  t.deepEqual([first.anchor?.confirmed, second.anchor?.confirmed], [false, false]);
  t.true((await confirmAnchor(first, chain.log)).anchor.confirmed);
  t.is(await verdictOfAsync(() => confirmAnchor(second, chain.log)), "ROOT_MISMATCH");
  two.append(hidden);
  t.is(await chain.refusal(two, await two.tree.consistencyProof(4, 5), 5), "InconsistentHead", "nor does the contract ever take the other branch");
  t.is(await chain.refusal(two, await two.tree.consistencyProof(2, 5), 5), "InconsistentHead");
});

test("a gateway that shows two heads of different sizes to two clients is found out by whoever asks the chain, and by the two of them", async (t) => {
  const { one, two, common, shown, hidden, also, trust } = await forkedLog();
  const chain = await attackedChain(t);
  await chain.anchor(one, 0, common);
  const anchored = await chain.anchor(one, common, 4);
  one.append(shown);
  two.append(hidden);
  const later = await chain.anchor(one, 4, 5);
  const toFirst = verify(also, await one.receiptOf(also, 4, anchored), trust);
  const toSecond = verify(also, await two.receiptOf(also, 5, later), trust);
  t.true((await confirmAnchor(toFirst, chain.log)).anchor.confirmed);
  t.is(await verdictOfAsync(() => confirmAnchor(toSecond, chain.log)), "ROOT_MISMATCH");
  // Without a chain: the two compare, and ask for a proof that one head continues the other. There is none.
  const [old, now] = [toFirst.inclusion!.root, toSecond.inclusion!.root];
  for (const log of [one, two]) t.false(verifyConsistency(4, 5, await log.tree.consistencyProof(4, 5), old, now, sha256));
  t.true(verifyConsistency(4, 5, await one.tree.consistencyProof(4, 5), old, await one.tree.rootAt(5), sha256));
  // A head that was never anchored is not confirmed either.
  two.append(hidden);
  const never = verify(also, await two.receiptOf(also, 6, later), trust);
  t.is(await verdictOfAsync(() => confirmAnchor(never, chain.log)), "NOT_ANCHORED");
});

test("a gateway that backdates an anchor to beat a revocation is believed offline, where it is the log's word, and found out by the chain", async (t) => {
  const device = new StatingDevice(keyOn("P-256", "stolen"), null);
  const log = await TestLog.open(keyOn("secp256k1", "log of a thief"));
  const chain = await attackedChain(t);
  log.append(device.boot());
  const before = await chain.anchor(log, 0, log.size);
  await chain.pass(3600);
  const { time: since } = await chain.beacon();
  const trust: Trust = { ...trustIn(log.key, device.key), devices: [{ id: device.key.id, keys: [{ publicKey: device.key.publicKey, revoked: { since, reason: "key-compromise" } }] }] };
  const forged = device.infer();
  log.append(forged);
  const after = await chain.anchor(log, 2, log.size);
  t.true(before.time < since && after.time >= since);
  const receiptWith = (anchor: Anchor): Promise<Uint8Array> => log.receiptOf(forged, log.size, anchor);
  const honest = await receiptWith(after);
  t.is(verdictOf(() => verify(forged, honest, trust, {})), "REVOKED_KEY", "the true anchor comes too late");
  for (const [what, anchor] of Object.entries({ "the block of an earlier head": before, "the true block with an earlier time": { ...after, time: since - 1 }, "an earlier block with the true transaction": { ...after, block: before.block, time: before.time } })) {
    const backdated = verify(forged, await receiptWith(anchor), trust);
    t.deepEqual([backdated.registration.status, backdated.anchor?.confirmed], ["revoked", false], `${what}: offline`);
    t.is(await verdictOfAsync(() => confirmAnchor(backdated, chain.log)), "ANCHOR_MISPLACED", what);
  }
  // To claim the earlier head itself, the log would have to find its root from this statement.
  const asEarlier = verify(forged, log.sign({ treeSize: 2, leafIndex: 1, path: [await log.tree.rootAt(1)], anchor: before }, await rootWith(log, forged)), trust);
  t.is(await verdictOfAsync(() => confirmAnchor(asEarlier, chain.log)), "ROOT_MISMATCH");
  // What was anchored before the revocation stays proven.
  const boot = device.statements[0] as Uint8Array;
  t.true((await confirmAnchor(verify(boot, await log.receiptOf(boot, 2, before), trust), chain.log)).anchor.confirmed);
});

/** The root of the tree of a log's policy and this statement. */
async function rootWith(log: TestLog, statement: Uint8Array): Promise<Uint8Array> {
  const twin = await TestLog.open(log.key);
  twin.append(statement);
  return twin.tree.rootAt(2);
}

test("a gateway that names an honest anchor in one receipt does not get a false one of the same tree past a subscriber who asks the chain", async (t) => {
  const device = new StatingDevice(keyOn("secp256k1", "device of a half-honest log"), null);
  const log = await TestLog.open(keyOn("secp256k1", "half-honest log"));
  const chain = await attackedChain(t);
  const statements = [device.boot(), device.infer(), device.infer(), device.infer()];
  log.append(...statements);
  const anchor = await chain.anchor(log, 0, log.size);
  const lies = [{ ...anchor, time: anchor.time - 1000 }, { ...anchor, block: anchor.block - 1 }, { ...anchor, transaction: digestOf("another transaction") }];
  const story: string[] = [];
  let settled = (): void => {};
  const note = (what: string): void => {
    story.push(what);
    settled();
  };
  const next = (): Promise<void> => new Promise((resolve) => (settled = resolve));
  const inspector = new Inspector({
    trust: trustIn(log.key, device.key),
    devices: undefined,
    log: chain.log,
    verifySignature: undefined,
    pendingLimit: 8,
    onEvent: (event) => (event.type === "receipt" ? note(`${event.sequence} ${event.anchored}`) : undefined),
    onRejected: ({ code }) => note(code),
    now: () => 0,
  });
  for (const [sequence, claimed] of [anchor, ...lies].entries()) {
    inspector.receive(sequence === 0 ? bootTopic(device.key.id) : statementTopic(device.key.id), statements[sequence] as Uint8Array);
    const receipt = await log.receiptOf(statements[sequence] as Uint8Array, log.size, claimed);
    const done = next();
    inspector.receive(receiptTopic(device.key.id), encodeReceiptMessage({ bootCount: 1, sequence, receipt }));
    await done;
  }
  t.deepEqual(story, ["0 true", "ANCHOR_MISPLACED", "ANCHOR_MISPLACED", "ANCHOR_MISPLACED"]);
});

test("a gateway cannot pass another chain, or a contract of its own, for the one that is trusted", async (t) => {
  const { one, shown, trust } = await forkedLog();
  const chain = await attackedChain(t);
  const anchor = await chain.anchor(one, 0, one.size);
  const verdict = async (claimed: Anchor): Promise<string> => {
    const verified = verify(shown, await one.receiptOf(shown, one.size, claimed), trust);
    return verdictOfAsync(() => confirmAnchor(verified, chain.log));
  };
  t.is(await verdict(anchor), "accepted");
  t.is(await verdict({ ...anchor, chainId: 1 }), "WRONG_CONTRACT");
  t.is(await verdict({ ...anchor, contract: someAnchor.contract }), "WRONG_CONTRACT");
});

test("a device that forges its beacon is found out by the chain, and the blocks of an honest one are the chain's own, whatever its clock says", async (t) => {
  const key = keyOn("secp256k1", "device with a beacon");
  const log = await TestLog.open(keyOn("secp256k1", "log"));
  const chain = await attackedChain(t);
  const known = await chain.beacon();
  const [oneNibble] = [known.hash.map((byte, i) => (i === 7 ? byte ^ 1 : byte))];
  const claims = [known, { number: known.number, hash: digestOf("made up") }, { number: known.number, hash: oneNibble as Uint8Array }, { number: known.number - 1, hash: known.hash }, { number: known.number + 500, hash: known.hash }];
  const statements = claims.map((beacon, i) => statementOf(inferenceClaims({ sequence: i + 1, previous: new Uint8Array(16), beacon, time: 1 }), key));
  log.append(...statements);
  const anchor = await chain.anchor(log, 0, log.size);
  const trust = trustIn(log.key, key);
  const verdicts: string[] = [];
  for (const statement of statements) {
    const receipt = await log.receiptOf(statement, log.size, anchor);
    verdicts.push(
      await verdictOfAsync(async () => {
        const { time } = await confirmTime(await confirmAnchor(verify(statement, receipt, trust), chain.log), chain.log);
        t.deepEqual(time, { confirmed: true, after: { block: known.number, time: known.time }, before: { block: anchor.block, time: anchor.time } });
      }),
    );
  }
  t.deepEqual(verdicts, ["accepted", "BEACON_MISMATCH", "BEACON_MISMATCH", "BEACON_MISMATCH", "BEACON_AFTER_ANCHOR"]);
  const future = statementOf(inferenceClaims({ sequence: 9, previous: new Uint8Array(16), beacon: { number: known.number + 500, hash: known.hash } }), key);
  t.is(await verdictOfAsync(() => confirmTime(verify(future, undefined, trust), chain.log)), "BEACON_MISMATCH", "a block that the chain does not have yet");
});
