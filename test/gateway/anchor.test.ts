import { sha256 } from "@noble/hashes/sha2.js";
import { leafHash, rootFromInclusion } from "assay/statement/merkle";
import { parseReceipt, receiptDigest } from "assay/statement/receipt";
import test from "ava";
import type { ExecutionContext } from "ava";
import { createPublicClient, http, toHex } from "viem";
import type { Hex } from "viem";
import { anvilAccount } from "../../contracts/anvil.ts";
import { Anchorer } from "../../gateway/anchor.ts";
import { newCounters } from "../../gateway/counters.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { LogContract } from "../../gateway/log-contract.ts";
import { MerkleLog } from "../../gateway/log.ts";
import { SqliteStore } from "../../gateway/sqlite-store.ts";
import { verifySignature } from "../../gateway/signature.ts";
import { leafHashOf } from "../contracts/grown-log.ts";
import { buildWorld, TestDevice, until } from "./world.ts";
import type { World } from "./world.ts";

async function growing(t: ExecutionContext, name: string, statements: number): Promise<{ world: World; gateway: Gateway; device: TestDevice }> {
  const world = await buildWorld(t);
  const device = new TestDevice(name);
  await world.register(device);
  const gateway = await world.gateway({ resendAfterMs: 700 });
  await world.listener.send(device, statements);
  await until("the statements", () => gateway.counters().stored === statements);
  return { world, gateway, device };
}

/** Every size once, and strictly growing. */
async function expectNoHeadTwice(t: ExecutionContext, world: World): Promise<void> {
  const sizes = await world.anchoredSizes();
  t.deepEqual(sizes, [...new Set(sizes)].sort((a, b) => a - b));
}

/** The newest receipt of each statement holds against the chain as it is now. */
async function expectReceiptsHold(t: ExecutionContext, { world, gateway, device }: { world: World; gateway: Gateway; device: TestDevice }): Promise<void> {
  for (const [sequence, bytes] of device.statements.entries()) {
    const receipt = parseReceipt(world.listener.receipts.get(`${device.id}/${sequence}`)?.at(-1) as Uint8Array);
    const root = rootFromInclusion(leafHash(bytes, sha256), receipt.leafIndex, receipt.treeSize, receipt.path, sha256) as Uint8Array;
    t.true(verifySignature(gateway.publicKey, receiptDigest(receipt, root, sha256), receipt.signature));
    t.is(await world.rootAt(receipt.treeSize), toHex(root));
    const mined = await world.client.getTransactionReceipt({ hash: toHex(receipt.anchor.transaction) });
    t.is(Number(mined.blockNumber), receipt.anchor.block);
  }
}

test("a transaction that the chain dropped is sent again, with the same bytes", async (t) => {
  const g = await growing(t, "dropped", 0);
  await g.world.chain.setAutomine(false);
  await g.world.listener.send(g.device, 3);
  await until("an anchor under way", () => g.gateway.counters().transactions === 1);
  const [first] = (await g.gateway.store.pendingAnchor())?.attempts ?? [];
  await g.world.chain.dropTransaction({ hash: first?.hash as Hex });
  await until("it to be sent again", async () => (await inPool(g.world)).includes(first?.hash as string));
  await g.world.chain.setAutomine(true);
  await g.world.chain.mine({ blocks: 1 });
  await g.gateway.flush();
  await until("the receipts", () => g.world.listener.receipts.size === 3);
  t.true(g.gateway.counters().retries >= 1);
  await expectReceiptsHold(t, g);
  await expectNoHeadTwice(t, g.world);
});

async function inPool(world: World): Promise<string[]> {
  const pool = (await world.client.request({ method: "txpool_content" as never })) as unknown as { pending: Record<string, Record<string, { hash: string }>> };
  return Object.values(pool.pending).flatMap((byNonce) => Object.values(byNonce).map((transaction) => transaction.hash));
}

test("a transaction that is stuck is replaced at the same nonce for a higher fee, and only one of them counts", async (t) => {
  const g = await growing(t, "stuck", 0);
  await g.world.chain.setAutomine(false);
  await g.world.listener.send(g.device, 4);
  await until("a replacement", () => g.gateway.counters().transactions === 2);
  const pending = await g.gateway.store.pendingAnchor();
  t.is(pending?.attempts.length, 2);
  const [first, second] = pending?.attempts ?? [];
  t.true((second?.maxFeePerGas as bigint) >= ((first?.maxFeePerGas as bigint) * 125n) / 100n);
  t.deepEqual(await inPool(g.world), [second?.hash as string], "the chain holds one transaction for the nonce");
  await g.world.chain.setAutomine(true);
  await g.world.chain.mine({ blocks: 1 });
  await g.gateway.flush();
  await until("the receipts", () => g.world.listener.receipts.size === 4);
  t.true(g.world.lines.some((line) => line.msg.startsWith("an anchor is stuck")));
  await expectReceiptsHold(t, g);
  await expectNoHeadTwice(t, g.world);
});

test("a reorganisation that takes heads away is noticed: they are anchored again, and their receipts made anew", async (t) => {
  const g = await growing(t, "reorganised", 0);
  // Blocks that the reorganisation replaces must not hold the contracts or the registration.
  await g.world.chain.mine({ blocks: 1 });
  const snapshot = await g.world.chain.snapshot();
  await g.world.listener.send(g.device, 3);
  await until("three statements", () => g.gateway.counters().stored === 3);
  await g.gateway.flush();
  await g.world.listener.send(g.device, 3);
  await until("six statements", () => g.gateway.counters().stored === 6);
  await g.gateway.flush();
  t.is((await g.gateway.status()).anchored?.size, 7);

  await g.world.chain.revert({ id: snapshot });
  // Other blocks in the place of those that held the anchors, so that the new anchors are elsewhere.
  await g.world.chain.mine({ blocks: 3 });
  t.deepEqual(await g.world.anchoredSizes(), []);
  await until("the gateway to notice", () => g.gateway.counters().reorganisations >= 2);
  await g.gateway.flush();
  t.is((await g.gateway.status()).anchored?.size, 7);
  await until("new receipts", () => receiptsOf(g).every((receipts) => receipts.length >= 2));
  await expectReceiptsHold(t, g);
  await expectNoHeadTwice(t, g.world);
});

/** All receipts that came for each statement. */
function receiptsOf({ world, device }: { world: World; device: TestDevice }): Uint8Array[][] {
  return device.statements.map((_, sequence) => world.listener.receipts.get(`${device.id}/${sequence}`) ?? []);
}

test("a reorganisation that only moves an anchor to another block renews the receipts", async (t) => {
  const g = await growing(t, "moved", 2);
  await g.gateway.flush();
  await until("receipts", () => g.world.listener.receipts.size === 2);
  const before = (await g.gateway.status()).anchored;
  const raw = (await g.gateway.store.confirmedAnchor())?.attempts.at(-1)?.raw as Hex;
  const depth = Number((await g.world.client.getBlockNumber()) - (before?.blockNumber as bigint)) + 1;
  await g.world.chain.request({ method: "anvil_reorg" as never, params: [depth + 1, [[raw, depth]]] as never });
  await until("the gateway to notice", () => g.gateway.counters().reorganisations >= 1);
  await g.gateway.flush();
  const after = (await g.gateway.status()).anchored;
  t.not(after?.blockHash, before?.blockHash);
  await until("new receipts", () => receiptsOf(g).every((receipts) => receipts.length >= 2));
  await expectReceiptsHold(t, g);
  await expectNoHeadTwice(t, g.world);
});

test("receipts wait for the confirmations asked for", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("patient");
  await world.register(device);
  const gateway = await world.gateway({ confirmations: 3 });
  await world.listener.send(device, 2);
  await until("the anchor to be mined", async () => (await world.anchoredSizes()).length === 1);
  await world.chain.mine({ blocks: 1 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.is(gateway.counters().anchors, 0);
  t.is(world.listener.receipts.size, 0);
  await world.chain.mine({ blocks: 1 });
  await until("the receipts", () => world.listener.receipts.size === 2);
});

/** The anchor stage alone, on a log of leaves, so that a test can stop it between two steps. */
async function stage(t: ExecutionContext, leaves: number) {
  const world = await buildWorld(t);
  const store = new SqliteStore({ file: ":memory:" });
  t.teardown(() => store.close());
  const log = await MerkleLog.open(store, 0);
  const grow = async (count: number) => {
    const growth = log.prepare(Array.from({ length: count }, (_, i) => leafHashOf(Uint8Array.of(i))));
    await store.commit({ entries: Array.from({ length: count }, (_, i) => ({ leaf: growth.from + i, kind: "boot", issuer: "someone", bootCount: 1, sequence: growth.from + i, bytes: Uint8Array.of(i), receivedAt: 0 }) as const), tiles: growth.tiles, heads: [], rejections: [] });
    log.commit(growth);
  };
  await grow(leaves);
  const client = createPublicClient({ transport: http(world.anvil.rpcUrl), cacheTime: 0 });
  const contract = await LogContract.open({ client, address: world.deployment.log, account: anvilAccount(0) });
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const counters = newCounters();
  const start = () => new Anchorer({ store, log, contract, counters, logger: quiet, confirmations: 1, resendAfterMs: 60_000 });
  return { world, store, log, contract, counters, grow, start };
}

test("a gateway that stops between storing a transaction and sending it sends the same one after the restart", async (t) => {
  const { world, store, contract, start } = await stage(t, 5);
  const broadcast = contract.broadcast.bind(contract);
  contract.broadcast = () => Promise.reject(new Error("the power is gone"));
  await t.throwsAsync(start().step(), { message: "the power is gone" });
  const stored = await store.pendingAnchor();
  t.is(stored?.state, "sent");
  t.deepEqual(await world.anchoredSizes(), []);

  contract.broadcast = broadcast;
  const restarted = start();
  await until("the confirmation", async () => (await restarted.step()) === "confirmed");
  t.is((await store.confirmedAnchor())?.place?.transaction, stored?.attempts[0]?.hash);
  t.deepEqual(await world.anchoredSizes(), [5]);
});

test("a gateway that stops between sending a transaction and noticing it in a block does not anchor the head again", async (t) => {
  const { world, store, grow, start } = await stage(t, 5);
  t.is(await start().step(), "waiting");
  await grow(3);
  const restarted = start();
  t.is(await restarted.step(), "confirmed");
  t.is((await store.confirmedAnchor())?.size, 5);
  await until("the grown log", async () => (await restarted.step()) === "current");
  t.deepEqual(await world.anchoredSizes(), [5, 8]);
});

test("a nonce used by another transaction of the account costs a new transaction, not the anchor", async (t) => {
  const { world, store, contract, counters, start } = await stage(t, 6);
  const broadcast = contract.broadcast.bind(contract);
  contract.broadcast = () => Promise.resolve();
  t.is(await start().step(), "waiting");
  contract.broadcast = broadcast;
  await world.chain.impersonateAccount({ address: anvilAccount(0).address });
  await world.client.request({ method: "eth_sendTransaction" as never, params: [{ from: anvilAccount(0).address, to: anvilAccount(2).address, value: "0x1" }] as never });
  const anchorer = start();
  await until("the confirmation", async () => (await anchorer.step()) === "confirmed");
  t.deepEqual(await world.anchoredSizes(), [6]);
  t.is(counters.anchors, 1);
  t.is((await store.confirmedAnchor())?.attempts.length, 1);
});

test("a reorganisation in the middle of a step is left to the next step, which withdraws the receipts first", async (t) => {
  const { world, store, contract, counters, start } = await stage(t, 4);
  const snapshot = await world.chain.snapshot();
  const anchorer = start();
  await until("the confirmation", async () => (await anchorer.step()) === "confirmed");
  await store.putReceipts([{ leaf: 0, anchorSize: 4, bytes: Uint8Array.of(1) }]);
  const head = contract.head.bind(contract);
  contract.head = async () => {
    contract.head = head;
    await world.chain.revert({ id: snapshot });
    await world.chain.mine({ blocks: 3 });
    return head();
  };
  t.is(await anchorer.step(), "waiting");
  t.is(counters.reorganisations, 0);
  t.is((await store.confirmedAnchor())?.size, 4);
  await until("the anchor to be back", async () => (await anchorer.step()) === "confirmed");
  t.is(counters.reorganisations, 1);
  t.is(await store.receipt(0), undefined);
  t.deepEqual(await world.anchoredSizes(), [4]);
});

test("a head on the chain that the store does not know of is taken over, with its transaction", async (t) => {
  const { store, start } = await stage(t, 4);
  const anchorer = start();
  await until("the confirmation", async () => (await anchorer.step()) === "confirmed");
  const known = await store.confirmedAnchor();
  // As a copy of the store would be that was made before the anchor.
  await store.putAnchor({ ...(known as NonNullable<typeof known>), state: "sent", place: null });
  await store.removeAnchor(4);
  t.is(await start().step(), "confirmed");
  t.is((await store.confirmedAnchor())?.place?.transaction, known?.place?.transaction);
});

test("a head that is not one of this log's stops the anchoring with LOG_DIVERGED", async (t) => {
  const first = await stage(t, 4);
  await until("the confirmation", async () => (await first.start().step()) === "confirmed");
  const store = new SqliteStore({ file: ":memory:" });
  t.teardown(() => store.close());
  const log = await MerkleLog.open(store, 0);
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const other = new Anchorer({ store, log, contract: first.contract, counters: newCounters(), logger: quiet, confirmations: 1, resendAfterMs: 1_000 });
  await t.throwsAsync(other.step(), { code: "LOG_DIVERGED" });
});
