import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { Rejection, RejectionCode } from "../../gateway/rejection.ts";
import { SqliteStore } from "../../gateway/sqlite-store.ts";
import type { AnchorRecord, LogEntry } from "../../gateway/store.ts";

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const nothing = { entries: [], tiles: [], heads: [], rejections: [] };

function rejection(code: RejectionCode, topic: string): Rejection {
  return { code, reason: "because", topic, bytes: Uint8Array.of(1, 2), length: 2, time: 5 };
}

function entry(leaf: number, sequence: number | null): LogEntry {
  return { leaf, kind: sequence === null ? "policy" : "boot", issuer: "someone", bootCount: sequence === null ? null : 1, sequence, bytes: Uint8Array.of(leaf), receivedAt: 7 };
}

async function file(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "assay-store-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "store.sqlite");
}

test("what is committed is there after the store is opened again", async (t) => {
  const path = await file(t);
  const first = new SqliteStore({ file: path });
  const head = { device: "someone", sequence: 0, bootCount: 1, digest: hash(3), keyId: hash(4).slice(0, 4), keyIndex: 0 };
  const anchor: AnchorRecord = {
    size: 2,
    root: hash(9),
    state: "sent",
    nonce: 4,
    attempts: [{ hash: "0x01", raw: "0x02", maxFeePerGas: 10n ** 20n, maxPriorityFeePerGas: 3n, sentAt: 6 }],
    place: null,
  };
  await first.commit({ entries: [entry(0, null), entry(1, 0)], tiles: [{ level: 0, index: 0, hashes: hash(1) }], heads: [head], rejections: [rejection("NOT_CBOR", "a")] });
  await first.putAnchor(anchor);
  await first.close();
  await first.close();

  const second = new SqliteStore({ file: path });
  t.teardown(() => second.close());
  t.is(await second.logSize(), 2);
  t.deepEqual(await second.head("someone"), head);
  t.is(await second.head("nobody"), undefined);
  t.deepEqual(await second.entryOf("someone", 1, 0), entry(1, 0));
  t.deepEqual(await second.readLogTiles([{ level: 0, index: 0 }]), [hash(1)]);
  t.is((await second.rejections(5))[0]?.code, "NOT_CBOR");
  t.deepEqual(await second.pendingAnchor(), anchor);
});

test("a transaction that fails half way leaves nothing behind", async (t) => {
  const store = new SqliteStore({ file: ":memory:" });
  await store.commit({ ...nothing, entries: [entry(0, 0)] });
  await t.throwsAsync(store.commit({ ...nothing, entries: [entry(1, 1), entry(2, 0)] }), { code: "STORE_FAILED" });
  t.is(await store.logSize(), 1);
  await store.commit({ ...nothing, entries: [entry(1, 1)] });
  t.is(await store.logSize(), 2);
});

test("of each code the newest rejections are kept, so that a flood does not wash out the evidence of another kind", async (t) => {
  const store = new SqliteStore({ file: ":memory:", rejectionsPerCode: 3 });
  await store.commit({ ...nothing, rejections: [rejection("EQUIVOCATION", "proof")] });
  for (let i = 0; i < 5; i++) await store.commit({ ...nothing, rejections: [rejection("NOT_CBOR", `${2 * i}`), rejection("NOT_CBOR", `${2 * i + 1}`)] });
  t.deepEqual((await store.rejections(100, "NOT_CBOR")).map((kept) => kept.topic), ["9", "8", "7"]);
  t.deepEqual((await store.rejections(100, "EQUIVOCATION")).map((kept) => kept.topic), ["proof"]);
});

test("receipts are published once, and one that was replaced meanwhile is not taken for published", async (t) => {
  const store = new SqliteStore({ file: ":memory:" });
  await store.commit({ ...nothing, entries: [entry(0, null), entry(1, 0), entry(2, 1)] });
  await store.putReceipts([0, 1, 2].map((leaf) => ({ leaf, anchorSize: 3, bytes: Uint8Array.of(leaf) })));
  t.is(await store.firstWithoutReceipt(), 3);
  const due = await store.unpublishedReceipts(10);
  t.deepEqual(due.map(({ leaf, device, sequence }) => [leaf, device, sequence]), [[1, "someone", 0], [2, "someone", 1]]);
  await store.removeReceipts(3);
  t.is(await store.firstWithoutReceipt(), 0);
  await store.putReceipts([0, 1, 2].map((leaf) => ({ leaf, anchorSize: 3, bytes: Uint8Array.of(leaf, 99) })));
  await store.markPublished(due);
  t.is((await store.unpublishedReceipts(10)).length, 2);
  await store.markPublished(await store.unpublishedReceipts(10));
  t.is((await store.unpublishedReceipts(10)).length, 0);
});

test("only an anchor that is not confirmed can be removed", async (t) => {
  const store = new SqliteStore({ file: ":memory:" });
  const place = { blockNumber: 7n, blockHash: "0x07", blockTime: 70, transaction: "0x08" } as const;
  await store.putAnchor({ size: 5, root: hash(5), state: "confirmed", nonce: 0, attempts: [], place });
  await store.putAnchor({ size: 9, root: hash(9), state: "prepared", nonce: null, attempts: [], place: null });
  await store.removeAnchor(5);
  await store.removeAnchor(9);
  t.is(await store.pendingAnchor(), undefined);
  t.deepEqual((await store.confirmedAnchor())?.place, place);
  t.is((await store.anchorCovering(4))?.size, 5);
  t.is(await store.anchorCovering(5), undefined);
});

test("a store of another version is refused", async (t) => {
  const path = await file(t);
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  t.throws(() => new SqliteStore({ file: path }), { code: "STORE_FAILED", message: /expected a store of schema 2, got 99/ });
});
