import { sha256 } from "@noble/hashes/sha2.js";
import { parseCheckpoint } from "assay/statement/checkpoint";
import { leafHash, rootFromInclusion } from "assay/statement/merkle";
import { decodeBeacon } from "assay/statement/messages";
import { parsePolicy } from "assay/statement/policy";
import { parseReceipt, receiptDigest } from "assay/statement/receipt";
import { beaconTopic, checkpointTopic } from "assay/statement/topics";
import test from "ava";
import mqtt from "mqtt";
import { toHex } from "viem";
import { verifySignature } from "../../gateway/signature.ts";
import { buildWorld, Listener, TestDevice, until } from "./world.ts";

test("a signed statement travels through to a receipt that the chain bears out", async (t) => {
  const world = await buildWorld(t);
  const devices = ["one", "two", "three"].map((name) => new TestDevice(name));
  await world.register(...devices);
  const gateway = await world.gateway();
  await Promise.all(devices.map((device) => world.listener.send(device, 21)));
  for (const device of devices) {
    const { topic, bytes } = device.boot();
    await world.listener.publish(topic, bytes, true);
  }
  await until("all statements to be stored", () => gateway.counters().stored === 66);
  await gateway.flush();
  await until("all receipts", () => world.listener.receipts.size === 66);

  for (const device of devices) {
    await until("the last ack", () => world.listener.acks.get(device.id) === 21);
    for (const [sequence, bytes] of device.statements.entries()) {
      const [receiptBytes, ...more] = world.listener.receipts.get(`${device.id}/${sequence}`) as [Uint8Array, ...Uint8Array[]];
      t.is(more.length, 0);
      const receipt = parseReceipt(receiptBytes);
      t.is(receipt.issuer, gateway.id);
      const root = rootFromInclusion(leafHash(bytes, sha256), receipt.leafIndex, receipt.treeSize, receipt.path, sha256) as Uint8Array;
      t.true(verifySignature(gateway.publicKey, receiptDigest(receipt, root, sha256), receipt.signature));
      t.is(await world.rootAt(receipt.treeSize), toHex(root), "the root that the contract has for this size");
      const transaction = await world.client.getTransactionReceipt({ hash: toHex(receipt.anchor.transaction) });
      t.is(Number(transaction.blockNumber), receipt.anchor.block);
      t.is(transaction.to, world.deployment.log.toLowerCase() as typeof transaction.to);
    }
  }
  const counters = gateway.counters();
  t.is(counters.stored, 66);
  t.is(counters.rejected, 0);
  t.is(counters.receipts, 66);
  const { logSize, anchored, pending } = await gateway.status();
  t.deepEqual([logSize, anchored?.size, pending], [67, 67, null]);
});

test("entry 0 of the log is the policy, signed by the gateway, and has a receipt too", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("policy reader");
  await world.register(device);
  const gateway = await world.gateway();
  await world.listener.send(device, 2);
  await until("two statements", () => gateway.counters().stored === 2);
  await gateway.flush();
  const [entry] = await gateway.store.entries(0, 1);
  t.is(entry?.kind, "policy");
  const policy = parsePolicy(entry?.bytes as Uint8Array, sha256);
  t.is(policy.issuer, gateway.id);
  t.true(verifySignature(gateway.publicKey, policy.digestToVerify, policy.signature));
  t.true(policy.rules.some((rule) => rule.includes(world.deployment.registry)));
  const receipt = parseReceipt((await gateway.store.receipt(0))?.bytes as Uint8Array);
  t.is(receipt.leafIndex, 0);
});

test("who comes later finds the newest beacon and checkpoint retained", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("beacon reader");
  await world.register(device);
  const gateway = await world.gateway();
  await world.listener.send(device, 5);
  await until("five statements", () => gateway.counters().stored === 5);
  await gateway.flush();
  await until("a checkpoint", () => world.listener.last.has(checkpointTopic));
  await world.chain.mine({ blocks: 1 });
  const newest = await world.client.getBlock();
  await until("the newest beacon", () => decodeBeacon(world.listener.last.get(beaconTopic) as Uint8Array).number === Number(newest.number));

  const late = new Listener(await mqtt.connectAsync(world.broker.url));
  t.teardown(() => late.client.endAsync(true));
  await late.client.subscribeAsync("assay/v1/#", { qos: 1 });
  await until("the retained messages", () => late.last.has(beaconTopic) && late.last.has(checkpointTopic));
  const beacon = decodeBeacon(late.last.get(beaconTopic) as Uint8Array);
  t.is(toHex(beacon.hash), newest.hash);
  const checkpoint = parseCheckpoint(late.last.get(checkpointTopic) as Uint8Array, sha256);
  t.true(verifySignature(gateway.publicKey, checkpoint.digestToVerify, checkpoint.signature));
  t.is(toHex(checkpoint.root), await world.rootAt(checkpoint.size));
  t.is(checkpoint.size, 6);
});

test("a statement that comes once more is acknowledged once more, and is no new entry", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("sends twice");
  await world.register(device);
  const gateway = await world.gateway();
  const first = device.boot();
  await world.listener.publish(first.topic, first.bytes);
  await world.listener.send(device, 2);
  await until("the ack", () => world.listener.acks.get(device.id) === 2);
  world.listener.acks.clear();
  await world.listener.publish(first.topic, first.bytes);
  await until("the ack again", () => world.listener.acks.get(device.id) === 2);
  const { stored, redelivered, rejected } = gateway.counters();
  t.deepEqual([stored, redelivered, rejected], [3, 1, 0]);
  t.is((await gateway.status()).logSize, 4);
});

test("many statements at once are stored in few transactions, and all are acknowledged", async (t) => {
  const world = await buildWorld(t);
  const devices = Array.from({ length: 20 }, (_, i) => new TestDevice(`busy ${i}`));
  await world.register(...devices);
  const gateway = await world.gateway({ anchorEveryMs: 5_000 });
  // Signed before: noble is slower than the gateway.
  const queues = devices.map((device) => Array.from({ length: 25 }, () => device.next()));
  const started = performance.now();
  await Promise.all(
    queues.map(async (queue) => {
      // Eight under way per device, as a device with an outbox does.
      for (let i = 0; i < queue.length; i += 8) await Promise.all(queue.slice(i, i + 8).map(({ topic, bytes }) => world.listener.publish(topic, bytes)));
    }),
  );
  await until("all acks", () => devices.every((device) => world.listener.acks.get(device.id) === 24));
  t.log(`500 statements acknowledged in ${Math.round(performance.now() - started)} ms`);
  const { stored, rejected, redelivered } = gateway.counters();
  t.deepEqual([stored, rejected, redelivered], [500, 0, 0]);
});
