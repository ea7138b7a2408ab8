import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { encodeReceiptMessage } from "assay/statement/messages";
import { leafHash, nodeHash } from "assay/statement/merkle";
import { encodeReceipt } from "assay/statement/receipt";
import { ackTopic, bootTopic, receiptTopic, statementTopic } from "assay/statement/topics";
import type { AnchoredLog } from "../../client/anchor.ts";
import type { Rejected, SubscriptionEvent } from "../../client/events.ts";
import { Inspector, type InspectorOptions } from "../../client/inspector.ts";
import { anchor, device as deviceKey, inferenceClaims, linkTo, log, statementOf } from "../statement/examples.ts";
import { testKey } from "../statement/keys.ts";
import { StatingDevice } from "./device.ts";

const { id } = deviceKey;
const stranger = testKey("a stranger");
const trust = { devices: [{ id, keys: [{ publicKey: deviceKey.publicKey }] }], logs: [{ id: log.id, publicKey: log.publicKey }] };

/** The receipt of `statement` as the second of two entries. */
function receiptOf(statement: Uint8Array): { receipt: Uint8Array; root: Uint8Array } {
  const first = sha256(Uint8Array.of(1));
  const root = nodeHash(first, leafHash(statement, sha256), sha256);
  return { root, receipt: encodeReceipt({ treeSize: 2, leafIndex: 1, path: [first], anchor }, root, { issuer: log.id, keyId: log.keyId }, log.signer, sha256) };
}

function setUp(options: Partial<InspectorOptions> = {}): { inspector: Inspector; events: SubscriptionEvent[]; rejected: Rejected[]; device: StatingDevice; seen: () => string[] } {
  const events: SubscriptionEvent[] = [];
  const rejected: Rejected[] = [];
  let now = 1000;
  const inspector = new Inspector({ trust, devices: undefined, log: undefined, verifySignature: undefined, pendingLimit: 100, onEvent: (event) => events.push(event), onRejected: (entry) => rejected.push(entry), now: () => now++, ...options });
  const seen = (): string[] => [...events.map(({ type, sequence }) => `${type} ${sequence}`), ...rejected.map(({ code }) => code)];
  return { inspector, events, rejected, device: new StatingDevice(), seen };
}

test("boot, inferences and receipts are yielded with what was verified", (t) => {
  const { inspector, events, device, rejected } = setUp();
  inspector.receive(bootTopic(id), device.boot());
  inspector.receive(statementTopic(id), device.infer("compute"));
  const statement = device.statements[1] as Uint8Array;
  const { receipt, root } = receiptOf(statement);
  inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt }));
  t.is(events.length, 3);
  t.like(events[0], { type: "boot", device: id, sequence: 0, chain: "ok", subject: "machine-health" });
  t.like(events[1], { type: "inference", device: id, sequence: 1, chain: "ok", label: "compute", score: 0.5, receivedAt: 1002, verifiedAt: 1003 });
  t.like(events[2], { type: "receipt", device: id, sequence: 1, anchored: false });
  const [, inference, proof] = events;
  if (inference?.type !== "inference" || proof?.type !== "receipt") return t.fail();
  t.deepEqual(inference.statement, statement);
  t.deepEqual(proof.anchor, { ...anchor, confirmed: false });
  t.deepEqual(proof.inclusion.root, root);
  t.deepEqual([proof.statement, proof.receipt], [statement, receipt]);
  t.deepEqual(rejected, []);
  t.deepEqual(inspector.counts, { verified: 2, receipts: 1, rejected: 0, duplicates: 0 });
});

test("what comes twice is yielded once and counted", (t) => {
  const { inspector, device, seen } = setUp();
  const boot = device.boot();
  const inference = device.infer();
  const message = encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: receiptOf(inference).receipt });
  for (let i = 0; i < 3; i++) {
    inspector.receive(bootTopic(id), boot);
    inspector.receive(statementTopic(id), inference);
    inspector.receive(receiptTopic(id), message);
  }
  t.deepEqual(seen(), ["boot 0", "inference 1", "receipt 1"]);
  t.is(inspector.counts.duplicates, 6);
});

test("a receipt may come before its statement", (t) => {
  const { inspector, device, seen } = setUp();
  const boot = device.boot();
  const inference = device.infer();
  inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: receiptOf(inference).receipt }));
  inspector.receive(bootTopic(id), boot);
  t.deepEqual(seen(), ["boot 0"]);
  inspector.receive(statementTopic(id), inference);
  t.deepEqual(seen(), ["boot 0", "inference 1", "receipt 1"]);
});

test("a bad receipt is rejected and a good one after it is still taken", (t) => {
  const { inspector, device, seen } = setUp();
  inspector.receive(bootTopic(id), device.boot());
  const inference = device.infer();
  inspector.receive(statementTopic(id), inference);
  inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: receiptOf(device.statements[0] as Uint8Array).receipt }));
  inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: new Uint8Array(9) }));
  inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: receiptOf(inference).receipt }));
  t.deepEqual(seen(), ["boot 0", "inference 1", "receipt 1", "BAD_RECEIPT_SIGNATURE", "BAD_RECEIPT"]);
});

test("everything that is not proven is rejected under its own code, and the good ones beside it still arrive", (t) => {
  const { inspector, device, seen, rejected } = setUp();
  const boot = device.boot();
  const inference = device.infer();
  const flipped = inference.slice();
  flipped[flipped.length - 1] = (flipped[flipped.length - 1] as number) ^ 1;
  const noise = new Uint8Array(1_000_000).fill(0x5a);
  inspector.receive(bootTopic(id), boot);
  for (const topic of [bootTopic(id), statementTopic(id), receiptTopic(id)]) {
    inspector.receive(topic, new Uint8Array(0));
    inspector.receive(topic, noise);
  }
  inspector.receive(statementTopic(id), flipped);
  inspector.receive(statementTopic(stranger.id), statementOf(inferenceClaims(), stranger));
  inspector.receive(receiptTopic(stranger.id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: receiptOf(inference).receipt }));
  inspector.receive(bootTopic(id), inference);
  inspector.receive(statementTopic(stranger.id), inference);
  inspector.receive(ackTopic(id), inference);
  inspector.receive("assay/v1/x/statement", inference);
  inspector.receive(statementTopic(id), inference);
  t.deepEqual(seen(), ["boot 0", "inference 1", "NOT_CBOR", "TOO_LARGE", "NOT_CBOR", "TOO_LARGE", "BAD_MESSAGE", "TOO_LARGE", "BAD_SIGNATURE", "UNKNOWN_DEVICE", "UNKNOWN_DEVICE", "WRONG_TOPIC", "WRONG_TOPIC", "WRONG_TOPIC", "WRONG_TOPIC"]);
  t.is(inspector.counts.rejected, 13);
  t.deepEqual(rejected[1], { topic: bootTopic(id), code: "TOO_LARGE", message: "expected a statement of at most 4096 bytes, got 1000000", bytes: noise });
});

test("gaps are yielded as such; forks, replays and rollbacks are rejected", (t) => {
  const { inspector, device, events, rejected } = setUp();
  device.boot();
  for (let i = 0; i < 4; i++) device.infer();
  const send = (bytes: Uint8Array | undefined): void => inspector.receive(statementTopic(id), bytes as Uint8Array);
  inspector.receive(bootTopic(id), device.statements[0] as Uint8Array);
  send(device.statements[1]);
  send(device.statements[3]);
  send(statementOf(inferenceClaims({ sequence: 3, previous: linkTo(device.statements[2] as Uint8Array), time: 1 })));
  send(statementOf(inferenceClaims({ sequence: 4, previous: new Uint8Array(16) })));
  send(device.statements[4]);
  t.deepEqual(events.map((event) => ("chain" in event ? event.chain : undefined)), ["ok", "ok", "GAP", "ok"]);
  t.deepEqual(rejected.map(({ code }) => code), ["FORK", "BROKEN_LINK"]);
});

test("what is from before the subscription is neither yielded nor rejected", (t) => {
  const { inspector, device, seen } = setUp();
  device.boot();
  for (let i = 0; i < 5; i++) device.infer();
  inspector.receive(bootTopic(id), device.statements[0] as Uint8Array);
  inspector.receive(statementTopic(id), device.statements[4] as Uint8Array);
  inspector.receive(statementTopic(id), device.statements[2] as Uint8Array);
  inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 2, receipt: receiptOf(device.statements[2] as Uint8Array).receipt }));
  inspector.receive(statementTopic(id), device.statements[5] as Uint8Array);
  t.deepEqual(seen(), ["boot 0", "inference 4", "inference 5"]);
  t.is(inspector.counts.duplicates, 2);
});

test("a device whose boot statement says that it is simulated is refused from then on", (t) => {
  const { inspector, device, seen } = setUp();
  inspector.receive(bootTopic(id), device.boot(true));
  inspector.receive(statementTopic(id), device.infer());
  t.deepEqual(seen(), ["SIMULATED_DEVICE", "SIMULATED_DEVICE"]);
  const allowed = setUp({ trust: { ...trust, allowSimulated: true } });
  allowed.inspector.receive(bootTopic(id), allowed.device.boot(true));
  allowed.inspector.receive(statementTopic(id), allowed.device.infer());
  t.deepEqual(allowed.seen(), ["boot 0", "inference 1"]);
});

test("other devices than the wanted ones are left alone", (t) => {
  const { inspector, device, seen } = setUp({ devices: new Set([stranger.id]) });
  inspector.receive(bootTopic(id), device.boot());
  t.deepEqual(seen(), []);
});

test("receipts for which no statement comes are given up when there are too many", (t) => {
  const { inspector, seen } = setUp({ pendingLimit: 3 });
  const { receipt } = receiptOf(Uint8Array.of(1));
  for (let sequence = 0; sequence < 5; sequence++) inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence, receipt }));
  t.deepEqual(seen(), ["NO_STATEMENT", "NO_STATEMENT"]);
});

test("with a chain to ask, a receipt is yielded once the chain has the root, which is asked for once for each tree", async (t) => {
  let asked = 0;
  let root: Uint8Array | undefined;
  const chain: AnchoredLog = {
    chainId: anchor.chainId,
    contract: anchor.contract,
    acceptedIn: async () => ({ time: anchor.time, transaction: anchor.transaction }),
    rootAt: async () => {
      asked++;
      // The node is behind at first.
      return asked === 1 ? undefined : root;
    },
  };
  let yielded: () => void = () => {};
  const done = new Promise<void>((resolve) => (yielded = resolve));
  const events: SubscriptionEvent[] = [];
  const { inspector, device } = setUp({
    log: chain,
    onEvent: (event) => {
      events.push(event);
      if (event.type === "receipt") yielded();
    },
  });
  inspector.receive(bootTopic(id), device.boot());
  const inference = device.infer();
  inspector.receive(statementTopic(id), inference);
  const made = receiptOf(inference);
  root = made.root;
  const message = encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: made.receipt });
  inspector.receive(receiptTopic(id), message);
  inspector.receive(receiptTopic(id), message);
  await done;
  t.like(events.at(-1), { type: "receipt", sequence: 1, anchored: true });
  t.is(asked, 2);
  t.is(inspector.counts.duplicates, 1);
});

test("a receipt that the chain contradicts is rejected", async (t) => {
  let rejected: (entry: Rejected) => void = () => {};
  const first = new Promise<Rejected>((resolve) => (rejected = resolve));
  const { inspector, device } = setUp({ log: { chainId: anchor.chainId, contract: anchor.contract, rootAt: async () => new Uint8Array(32), acceptedIn: async () => undefined }, onRejected: (entry) => rejected(entry) });
  inspector.receive(bootTopic(id), device.boot());
  const inference = device.infer();
  inspector.receive(statementTopic(id), inference);
  inspector.receive(receiptTopic(id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt: receiptOf(inference).receipt }));
  t.is((await first).code, "ROOT_MISMATCH");
});
