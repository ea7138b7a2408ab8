import test from "ava";
import { hexToBytes, toHex, zeroAddress, zeroHash } from "viem";
import type { Hex } from "viem";
import { curveNumber, deviceRegistryAbi as abi, revocationReasons } from "../../contracts/abi.ts";
import { curveNames, deviceKey, highS, registrationDigest, rotationDigest, signatureOf } from "./device-keys.ts";
import { revertOf } from "./local-chain.ts";
import { passSeconds, registryOf } from "./registry.ts";
import { statement } from "./statements.ts";

const reason = (name: (typeof revocationReasons)[number]): number => revocationReasons.indexOf(name);
const noDevice = { owner: zeroAddress, simulator: false, keyCount: 0, keyInUse: zeroHash, revokedAt: 0n, reason: 0, bond: 0n, bondReleaseAt: 0n };
const noKey = { thumbprint: zeroHash, curve: 0, x: zeroHash, y: zeroHash, deviceId: zeroHash, registeredAt: 0n, retiredAt: 0n, revokedAt: 0n, reason: 0 };

for (const curve of curveNames) {
  test(`a device with a key of ${curve} is registered by its proof of possession, and the views and the event tell of it`, async (t) => {
    const registry = await registryOf(t);
    const key = deviceKey(curve, 1);
    const owner = registry.chain.stranger.address;
    t.deepEqual(await registry.device(key.thumbprint), noDevice);
    t.deepEqual(await registry.keyOf(key.thumbprint), noKey);
    t.deepEqual(await registry.keysOf(key.thumbprint), []);
    const simulated = await registry.simulate("register", [key.publicKey, owner, true, registry.proof(key, owner, true)]);
    t.is(simulated.result, key.thumbprint, "the id is the RFC 9679 thumbprint");
    const { timestamp } = await registry.register(key, owner, true);
    t.deepEqual(await registry.device(key.thumbprint), { ...noDevice, owner, simulator: true, keyCount: 1, keyInUse: key.thumbprint });
    const kept = { ...noKey, ...key.publicKey, thumbprint: key.thumbprint, deviceId: key.thumbprint, registeredAt: timestamp };
    t.deepEqual(await registry.keyOf(key.thumbprint), kept);
    t.deepEqual(await registry.keysOf(key.thumbprint), [kept]);
    t.deepEqual(await registry.keyAt(key.thumbprint, 0n), kept);
    t.is(await revertOf(registry.keyAt(key.thumbprint, 1n)), "KeyIndexOutOfRange");
    const [event] = await registry.events();
    t.is(event?.eventName, "DeviceRegistered");
    t.deepEqual(event?.args, { deviceId: key.thumbprint, owner, simulator: true, ...key.publicKey });
  });

  test(`a proof of ${curve} holds for one chain, registry, owner, flag and key, and with low S only`, async (t) => {
    const registry = await registryOf(t);
    const { account, stranger } = registry.chain;
    const key = deviceKey(curve, 2);
    const owner = account.address;
    const digest = registrationDigest(key, registry.place, owner, false);
    const proof = key.sign(digest);
    const outcome = (signature: Uint8Array, forOwner: Hex = owner, simulator = false, of = key) => revertOf(registry.simulate("register", [of.publicKey, forOwner, simulator, signatureOf(signature)]));
    t.is(await outcome(proof), "no revert");
    t.is(await outcome(key.sign(digest, new Uint8Array(32).fill(9))), "no revert", "another nonce");
    t.is(await outcome(highS(curve, proof)), "BadSignature", "high S");
    t.is(await outcome(proof, stranger.address), "BadSignature", "another owner");
    t.is(await outcome(proof, owner, true), "BadSignature", "another flag");
    t.is(await outcome(proof, owner, false, deviceKey(curve, 3)), "BadSignature", "another key");
    t.is(await outcome(key.sign(registrationDigest(key, { ...registry.place, chainId: 1 }, owner, false))), "BadSignature", "another chain");
    t.is(await outcome(key.sign(registrationDigest(key, { ...registry.place, registry: stranger.address }, owner, false))), "BadSignature", "another registry");
    t.is(await outcome(key.sign(rotationDigest(key, registry.place, key.thumbprint, key, 1))), "BadSignature", "a rotation");
    t.is(await outcome(new Uint8Array(64)), "BadSignature", "zeros");
    t.is(await outcome(proof, zeroAddress), "OwnerIsZero");
    for (let bit = 0; bit < 512; bit += 7) {
      const flipped = Uint8Array.from(proof);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      t.is(await outcome(flipped), "BadSignature", `bit ${bit}`);
    }
    t.is(await registry.chain.client.readContract({ abi: abi, address: registry.address, functionName: "registrationDigest", args: [curveNumber[curve], owner, false] }), toHex(digest));
  });

  test(`what is not a point of ${curve} with reduced coordinates is no key`, async (t) => {
    const registry = await registryOf(t);
    const key = deviceKey(curve, 4);
    const { x, y } = key.publicKey;
    const prime = curve === "p256" ? 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn : 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
    const number = (value: bigint) => toHex(value, { size: 32 });
    const outcome = (publicKey: object) => revertOf(registry.simulate("register", [publicKey, registry.chain.account.address, false, registry.proof(key)]));
    t.is(await outcome({ ...key.publicKey, y: x }), "NotOnCurve");
    t.is(await outcome({ ...key.publicKey, x: zeroHash, y: zeroHash }), "NotOnCurve");
    t.is(await outcome({ ...key.publicKey, x: number(prime), y }), "NotOnCurve");
    t.is(await outcome({ ...key.publicKey, y: number(prime + 1n) }), "NotOnCurve");
    t.is(await outcome({ ...key.publicKey, curve: 0 }), "NotOnCurve", "no curve");
    t.is(await outcome({ ...key.publicKey, curve: 3 - key.publicKey.curve }), "NotOnCurve", "the other curve");
    t.is(await outcome({ ...key.publicKey, y: number(prime - BigInt(y)) }), "BadSignature", "the point's negative is a key, but not this one");
  });
}

test("on secp256k1 a coordinate that is not reduced is refused though the point is on the curve", async (t) => {
  const registry = await registryOf(t);
  // x = 1 is on the curve, and 1 + p fits into 32 bytes.
  const y = "0x4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee";
  const prime = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
  const outcome = (x: bigint) => revertOf(registry.simulate("register", [{ curve: 1, x: toHex(x, { size: 32 }), y }, registry.chain.account.address, false, { r: zeroHash, s: zeroHash }]));
  t.is(await outcome(1n), "BadSignature");
  t.is(await outcome(1n + prime), "NotOnCurve");
});

test("whoever copies a registration out of the waiting transactions registers the device for the same owner", async (t) => {
  const registry = await registryOf(t);
  const { account, stranger } = registry.chain;
  const key = deviceKey("secp256k1", 5);
  const call = [key.publicKey, account.address, false, registry.proof(key)] as const;
  t.is(await revertOf(registry.simulate("register", [key.publicKey, stranger.address, false, call[3]], stranger)), "BadSignature");
  await registry.send("register", call, stranger);
  t.is((await registry.device(key.thumbprint)).owner, account.address);
  t.is(await revertOf(registry.simulate("register", call)), "AlreadyRegistered");
  t.is(await revertOf(registry.simulate("transfer", [key.thumbprint, stranger.address], stranger)), "NotOwner");
  t.is(await revertOf(registry.simulate("register", [key.publicKey, stranger.address, false, registry.proof(key, stranger.address)], stranger)), "AlreadyRegistered", "also with a new proof");
});

test("the thumbprint of no curve is refused", async (t) => {
  const registry = await registryOf(t);
  t.is(await revertOf(registry.simulate("thumbprint", [{ ...deviceKey("p256", 1).publicKey, curve: 0 }])), "NotOnCurve");
  for (const curve of curveNames) t.is((await registry.simulate("thumbprint", [deviceKey(curve, 1).publicKey])).result, deviceKey(curve, 1).thumbprint);
});

test("a device's key is rotated from curve to curve, and every key it had stays known with its times", async (t) => {
  const registry = await registryOf(t);
  const [first, second, third] = [deviceKey("secp256k1", 10), deviceKey("p256", 11), deviceKey("secp256k1", 12)];
  const id = first.thumbprint;
  const registered = await registry.register(first);
  const rotated = await registry.send("rotate", registry.rotation(first, second, id, 1));
  const again = await registry.send("rotate", registry.rotation(second, third, id, 2));
  const device = await registry.device(id);
  t.is(device.keyInUse, third.thumbprint);
  t.is(device.keyCount, 3);
  const keys = await registry.keysOf(id);
  t.deepEqual(keys.map((key) => [key.thumbprint, key.deviceId, key.registeredAt, key.retiredAt]), [
    [first.thumbprint, id, registered.timestamp, rotated.timestamp],
    [second.thumbprint, id, rotated.timestamp, again.timestamp],
    [third.thumbprint, id, again.timestamp, 0n],
  ]);
  t.deepEqual(await registry.keyAt(id, 1n), keys[1]);
  for (const key of [first, second, third]) t.deepEqual(await registry.verify(key.thumbprint, statement(key, { bootCount: 5, sequence: 6 })), [id, 5n, 6n]);
  t.deepEqual(await registry.device(second.thumbprint), noDevice, "a later key is no id");
  const events = (await registry.events()).filter((event) => event.eventName === "KeyRotated");
  t.deepEqual(events.map((event) => event.args), [
    { deviceId: id, retiredKey: first.thumbprint, newKey: second.thumbprint, ...second.publicKey },
    { deviceId: id, retiredKey: second.thumbprint, newKey: third.thumbprint, ...third.publicKey },
  ]);
});

test("a rotation needs the owner, both signatures over this very rotation, and a key that nobody has", async (t) => {
  const registry = await registryOf(t);
  const { stranger } = registry.chain;
  const [current, next, other] = [deviceKey("p256", 20), deviceKey("secp256k1", 21), deviceKey("p256", 22)];
  const id = current.thumbprint;
  await registry.register(current);
  await registry.register(other);
  const outcome = (args: readonly unknown[], from = registry.chain.account) => revertOf(registry.simulate("rotate", args, from));
  const [, publicKey, byCurrent, byNew] = registry.rotation(current, next, id, 1);
  t.is(await outcome([id, publicKey, byCurrent, byNew]), "no revert");
  t.is(await outcome([id, publicKey, byCurrent, byNew], stranger), "NotOwner", "a thief of the device's key");
  t.is(await outcome([next.thumbprint, publicKey, byCurrent, byNew]), "UnknownDevice");
  t.is(await outcome([id, publicKey, byNew, byNew]), "BadSignature", "without the key in use");
  t.is(await outcome([id, publicKey, byCurrent, byCurrent]), "BadSignature", "without the new key");
  t.is(await outcome([id, publicKey, signatureOf(highS("p256", hexToBytes(`${byCurrent.r}${byCurrent.s.slice(2)}`))), byNew]), "BadSignature", "high S");
  t.is(await outcome(registry.rotation(current, next, id, 2)), "BadSignature", "another number of keys");
  t.is(await outcome([id, ...registry.rotation(current, next, other.thumbprint, 1).slice(1)]), "BadSignature", "a rotation of another device");
  t.is(await outcome(registry.rotation(current, other, id, 1)), "AlreadyRegistered", "another device's key");
  t.is(await outcome(registry.rotation(current, current, id, 1)), "AlreadyRegistered", "the key in use");
  t.is(await outcome([id, { ...publicKey, y: publicKey.x }, byCurrent, byNew]), "NotOnCurve");
  await registry.send("rotate", [id, publicKey, byCurrent, byNew]);
  t.is(await outcome(registry.rotation(next, current, id, 2)), "AlreadyRegistered", "back to a retired key");
  t.is(await outcome(registry.rotation(current, deviceKey("p256", 23), id, 2)), "BadSignature", "a retired key has no word in it");
  t.is(await revertOf(registry.simulate("register", [next.publicKey, stranger.address, false, registry.proof(next, stranger.address)])), "AlreadyRegistered", "a later key is not registered as a device");
});

test("a revoked key stays revoked, its time moves to the past only, and in use it is the device's end", async (t) => {
  const registry = await registryOf(t);
  const { account, stranger } = registry.chain;
  const [first, second] = [deviceKey("secp256k1", 30), deviceKey("p256", 31)];
  const id = first.thumbprint;
  const { timestamp } = await registry.register(first);
  const outcome = (key: Hex, since: bigint, why: number, from = account) => revertOf(registry.simulate("revoke", [id, key, since, why], from));
  t.is(await outcome(id, timestamp, 0, stranger), "NotOwner");
  t.is(await revertOf(registry.simulate("revoke", [second.thumbprint, id, timestamp, 0])), "UnknownDevice");
  t.is(await outcome(second.thumbprint, timestamp, 0), "KeyNotOfDevice", "an unknown key");
  t.is(await outcome(zeroHash, timestamp, 0), "KeyNotOfDevice");
  t.is(await outcome(id, 0n, 0), "SinceOutOfRange");
  t.is(await outcome(id, timestamp + 1000n, 0), "SinceOutOfRange");
  t.is(await outcome(id, timestamp, reason("equivocation")), "ReasonReserved");

  await registry.send("rotate", registry.rotation(first, second, id, 1));
  await registry.send("revoke", [id, first.thumbprint, timestamp, reason("superseded")]);
  const { revokedAt, reason: why } = await registry.keyOf(first.thumbprint);
  t.deepEqual([revokedAt, why], [timestamp, reason("superseded")]);
  t.is((await registry.device(id)).revokedAt, 0n, "the key in use is not revoked");
  t.is(await outcome(first.thumbprint, timestamp, reason("key-compromise")), "RevocationNotEarlier");
  await passSeconds(registry, 100);
  t.is(await outcome(first.thumbprint, timestamp + 50n, reason("key-compromise")), "RevocationNotEarlier");
  await registry.send("revoke", [id, first.thumbprint, 1n, reason("key-compromise")]);
  t.is((await registry.keyOf(first.thumbprint)).revokedAt, 1n);
  t.is((await registry.keyOf(first.thumbprint)).reason, reason("key-compromise"));
  t.is(await outcome(first.thumbprint, 1n, 0), "RevocationNotEarlier");

  await registry.send("revoke", [id, second.thumbprint, timestamp + 50n, reason("cessation-of-operation")]);
  const device = await registry.device(id);
  t.deepEqual([device.revokedAt, device.reason], [timestamp + 50n, reason("cessation-of-operation")]);
  t.is(await revertOf(registry.simulate("rotate", registry.rotation(second, deviceKey("p256", 32), id, 2))), "RevokedKey");
  t.deepEqual(
    (await registry.events()).filter((event) => event.eventName === "KeyRevoked").map((event) => event.args),
    [
      { deviceId: id, key: first.thumbprint, since: timestamp, reason: reason("superseded") },
      { deviceId: id, key: first.thumbprint, since: 1n, reason: reason("key-compromise") },
      { deviceId: id, key: second.thumbprint, since: timestamp + 50n, reason: reason("cessation-of-operation") },
    ],
  );
});

test("an owner revokes keys of his own devices only", async (t) => {
  const registry = await registryOf(t);
  const { stranger } = registry.chain;
  const [mine, yours] = [deviceKey("secp256k1", 40), deviceKey("secp256k1", 41)];
  await registry.register(mine);
  const { timestamp } = await registry.register(yours, stranger.address);
  t.is(await revertOf(registry.simulate("revoke", [mine.thumbprint, yours.thumbprint, timestamp, 0])), "KeyNotOfDevice");
});

test("a device goes to another owner, who then is the only one", async (t) => {
  const registry = await registryOf(t);
  const { account, stranger } = registry.chain;
  const key = deviceKey("p256", 50);
  await registry.register(key);
  t.is(await revertOf(registry.simulate("transfer", [key.thumbprint, stranger.address], stranger)), "NotOwner");
  t.is(await revertOf(registry.simulate("transfer", [key.thumbprint, zeroAddress])), "OwnerIsZero");
  t.is(await revertOf(registry.simulate("transfer", [deviceKey("p256", 51).thumbprint, stranger.address])), "UnknownDevice");
  await registry.send("transfer", [key.thumbprint, stranger.address]);
  t.is((await registry.device(key.thumbprint)).owner, stranger.address);
  t.is(await revertOf(registry.simulate("transfer", [key.thumbprint, account.address])), "NotOwner");
  t.is(await revertOf(registry.simulate("rotate", registry.rotation(key, deviceKey("p256", 52), key.thumbprint, 1))), "NotOwner");
  t.is(await revertOf(registry.simulate("rotate", registry.rotation(key, deviceKey("p256", 52), key.thumbprint, 1), stranger)), "no revert");
  const event = (await registry.events()).at(-1);
  t.deepEqual([event?.eventName, event?.args], ["DeviceTransferred", { deviceId: key.thumbprint, from: account.address, to: stranger.address }]);
});
