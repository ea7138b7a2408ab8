import test from "ava";
import type { ExecutionContext } from "ava";
import { encode } from "assay/statement/cbor";
import { parseEther } from "viem";
import type { Abi } from "viem";
import { deviceRegistryAbi, revocationReasons } from "../../contracts/abi.ts";
import { artifactOf, compileSources } from "../../contracts/compile.ts";
import { curveNames, deviceKey, highS } from "./device-keys.ts";
import type { DeviceKey } from "./device-keys.ts";
import { revertOf } from "./local-chain.ts";
import { passSeconds, registryOf } from "./registry.ts";
import { bootStatement, headerOf, hexOf, signed, statement, withSignature } from "./statements.ts";

const equivocation = revocationReasons.indexOf("equivocation");
const nobody = "0x000000000000000000000000000000000000dEaD";
const week = 604_800;

async function registered(t: ExecutionContext, key: DeviceKey) {
  const registry = await registryOf(t);
  await registry.register(key);
  const report = (a: Uint8Array, b: Uint8Array, by = key) => revertOf(registry.simulate("reportEquivocation", [by.thumbprint, hexOf(a), hexOf(b)], registry.chain.stranger));
  return { registry, report };
}

for (const curve of curveNames) {
  test(`two different statements of one number, signed with ${curve}, revoke the device for good, whoever shows them`, async (t) => {
    const key = deviceKey(curve, 60);
    const id = key.thumbprint;
    const { registry, report } = await registered(t, key);
    const [a, b] = [statement(key, { label: "compute" }), statement(key, { label: "idle" })];
    const { receipt, timestamp } = await registry.send("reportEquivocation", [id, hexOf(a), hexOf(b)], registry.chain.stranger);
    t.log(`${receipt.gasUsed} gas`);
    const device = await registry.device(id);
    t.deepEqual([device.revokedAt, device.reason], [timestamp, equivocation]);
    const kept = await registry.keyOf(id);
    t.deepEqual([kept.revokedAt, kept.reason], [timestamp, equivocation]);
    t.is(await report(a, b), "RevokedDevice", "once is enough");
    t.is(await revertOf(registry.simulate("rotate", registry.rotation(key, deviceKey(curve, 61), id, 1))), "RevokedDevice");
    t.is(await revertOf(registry.simulate("depositBond", [id], registry.chain.account, 1n)), "RevokedDevice");
    const event = (await registry.events()).at(-1);
    t.deepEqual([event?.eventName, event?.args], ["EquivocationReported", { deviceId: id, key: id, reporter: registry.chain.stranger.address, bootCount: 3n, sequence: 41n }]);
    await registry.send("revoke", [id, id, 1n, 1]);
    t.deepEqual([(await registry.keyOf(id)).revokedAt, (await registry.keyOf(id)).reason], [1n, equivocation], "the owner can only make it worse");
  });

  test(`one statement, copied or signed in several ways with ${curve}, is no equivocation`, async (t) => {
    const key = deviceKey(curve, 62);
    const { report } = await registered(t, key);
    const a = statement(key);
    const again = statement(key, { entropy: new Uint8Array(32).fill(1) });
    t.notDeepEqual(again, a, "a second nonce makes another signature");
    t.is(await report(a, a), "SameStatement");
    t.is(await report(a, again), "SameStatement", "a second nonce");
    t.is(await report(a, withSignature(a, (signature) => highS(curve, signature))), "BadSignature", "the twin with high S");
    t.is(await report(withSignature(a, (signature) => highS(curve, signature)), again), "BadSignature");
  });

  test(`statements of different numbers, or not signed with that key of ${curve}, are no equivocation`, async (t) => {
    const key = deviceKey(curve, 63);
    const stranger = deviceKey(curve, 64);
    const { report } = await registered(t, key);
    const a = statement(key);
    t.is(await report(a, statement(key, { bootCount: 4 })), "DifferentNumbers");
    t.is(await report(a, statement(key, { sequence: 42 })), "DifferentNumbers");
    t.is(await report(a, statement(key, { sequence: 41n + 2n ** 63n })), "DifferentNumbers");
    t.is(await report(a, statement(stranger, { label: "idle" })), "BadSignature");
    t.is(await report(statement(stranger), statement(stranger, { label: "idle" })), "BadSignature");
    t.is(await report(a, statement(key, { label: "idle" }), stranger), "UnknownKey");
    t.is(await report(a, statement(key, { label: "idle" }).subarray(0, -1)), "StatementTruncated");
    t.is(await report(a, Uint8Array.of()), "StatementTruncated");
    t.is(await report(a, statement(key, { label: "idle" })), "no revert");
  });
}

test("a boot and an inference of one number are an equivocation, as is one claim under two headers", async (t) => {
  const key = deviceKey("secp256k1", 65);
  const { report } = await registered(t, key);
  t.is(await report(bootStatement(key), statement(key, { bootCount: 3, sequence: 0 })), "no revert");
  t.is(await report(statement(key), statement(key, { header: new Map([[16, "another"]]) })), "no revert");
});

test("what a device signs that is no statement equivocates with nothing", async (t) => {
  const key = deviceKey("secp256k1", 66);
  const { registry, report } = await registered(t, key);
  t.is(await report(statement(key), signed(key, encode(headerOf(key)), encode(["assay-register", 3, 41]))), "StatementMalformed");
  t.is(await report(statement(key), signed(key, encode(headerOf(key)), encode(new Map([[267, 3]])))), "ClaimMissing");
  t.is((await registry.device(key.thumbprint)).revokedAt, 0n);
});

test("retired and revoked keys equivocate too, and the whole device ends", async (t) => {
  const [first, second] = [deviceKey("secp256k1", 67), deviceKey("p256", 68)];
  const id = first.thumbprint;
  const { registry, report } = await registered(t, first);
  await registry.send("rotate", registry.rotation(first, second, id, 1));
  const { timestamp } = await registry.send("revoke", [id, id, 5n, 1]);
  t.true(timestamp > 5n);
  t.is(await report(statement(first), statement(second, { label: "idle" })), "AlgorithmMismatch", "one key signs both");
  const report1 = await registry.send("reportEquivocation", [id, hexOf(statement(first)), hexOf(statement(first, { label: "idle" }))], registry.chain.stranger);
  const [retired, inUse] = await registry.keysOf(id);
  t.deepEqual([retired?.revokedAt, retired?.reason], [5n, equivocation]);
  t.deepEqual([inUse?.revokedAt, inUse?.reason], [report1.timestamp, equivocation]);
});

test("half of a bond goes to who shows the equivocation, half to nobody, also when the owner asked for it before", async (t) => {
  const key = deviceKey("p256", 69);
  const id = key.thumbprint;
  const { registry } = await registered(t, key);
  const { client, stranger } = registry.chain;
  const bond = parseEther("1") + 1n;
  await registry.send("depositBond", [id], stranger, bond - 1n);
  await registry.send("requestBond", [id]);
  await registry.send("depositBond", [id], stranger, 1n);
  t.is((await registry.device(id)).bond, bond);
  await passSeconds(registry, week);
  const before = await client.getBalance({ address: stranger.address });
  const { receipt } = await registry.send("reportEquivocation", [id, hexOf(statement(key)), hexOf(statement(key, { label: "idle" }))], stranger);
  const fee = receipt.gasUsed * receipt.effectiveGasPrice;
  t.is(await client.getBalance({ address: stranger.address }), before - fee + bond / 2n);
  t.is(await client.getBalance({ address: nobody }), bond - bond / 2n);
  t.is(await client.getBalance({ address: registry.address }), 0n);
  const device = await registry.device(id);
  t.deepEqual([device.bond, device.bondReleaseAt], [0n, 0n]);
  t.is(await revertOf(registry.simulate("withdrawBond", [id])), "NoBond");
  t.is(await revertOf(registry.simulate("requestBond", [id])), "NoBond");
  const events = await registry.events();
  t.deepEqual([events.at(-1)?.eventName, events.at(-1)?.args], ["BondSlashed", { deviceId: id, reporter: stranger.address, reward: bond / 2n, burned: bond - bond / 2n }]);
});

test("a bond is had back by the owner a week after it was asked for, and not before", async (t) => {
  const key = deviceKey("secp256k1", 70);
  const id = key.thumbprint;
  const { registry } = await registered(t, key);
  const { client, account, stranger } = registry.chain;
  const outcome = (functionName: string, from = account) => revertOf(registry.simulate(functionName, [id], from));
  t.is(await revertOf(registry.simulate("depositBond", [id], stranger, 0n)), "NoValue");
  t.is(await revertOf(registry.simulate("depositBond", [deviceKey("p256", 71).thumbprint], stranger, 1n)), "UnknownDevice");
  t.is(await outcome("requestBond"), "NoBond");
  t.is(await outcome("withdrawBond"), "NoBond");
  await registry.send("depositBond", [id], stranger, 1000n);
  t.is(await outcome("requestBond", stranger), "NotOwner", "who deposited has no right to it");
  t.is(await outcome("withdrawBond", stranger), "NotOwner");
  t.is(await outcome("withdrawBond"), "BondNotReleased", "not asked for");
  const asked = await registry.send("requestBond", [id]);
  t.is((await registry.device(id)).bondReleaseAt, asked.timestamp + BigInt(week));
  await passSeconds(registry, week - 60);
  t.is(await outcome("withdrawBond"), "BondNotReleased");
  const askedAgain = await registry.send("requestBond", [id]);
  await passSeconds(registry, week - 60);
  t.is(await outcome("withdrawBond"), "BondNotReleased", "asking again begins anew");
  await passSeconds(registry, 120);
  t.is(await outcome("withdrawBond", stranger), "NotOwner");
  const before = await client.getBalance({ address: account.address });
  const { receipt, timestamp } = await registry.send("withdrawBond", [id]);
  t.true(timestamp >= askedAgain.timestamp + BigInt(week));
  t.is(await client.getBalance({ address: account.address }), before - receipt.gasUsed * receipt.effectiveGasPrice + 1000n);
  t.deepEqual([(await registry.device(id)).bond, (await registry.device(id)).bondReleaseAt], [0n, 0n]);
  await registry.send("depositBond", [id], stranger, 5n);
  t.is(await outcome("withdrawBond"), "BondNotReleased", "a new bond has to be asked for");
  t.deepEqual((await registry.events()).slice(1).map((event) => event.eventName), ["BondDeposited", "BondRequested", "BondRequested", "BondWithdrawn", "BondDeposited"]);
});

test("a bond beyond 128 bits is refused", async (t) => {
  const key = deviceKey("secp256k1", 72);
  const { registry } = await registered(t, key);
  const { client, stranger } = registry.chain;
  const request = client.request as (request: { method: string; params: readonly unknown[] }) => Promise<unknown>;
  await request({ method: "anvil_setBalance", params: [stranger.address, `0x${(2n ** 200n).toString(16)}`] });
  t.is(await revertOf(registry.simulate("depositBond", [key.thumbprint], stranger, 2n ** 128n)), "BondTooLarge");
  t.is(await revertOf(registry.simulate("depositBond", [key.thumbprint], stranger, 2n ** 128n - 1n)), "no revert");
});

test("an owner that calls back while it is paid gets the bond once, and one that takes no ether gets nothing", async (t) => {
  const registry = await registryOf(t);
  const artifacts = await compileSources([`${import.meta.dirname}/CallingBack.sol`]);
  const artifact = artifactOf(artifacts, "CallingBack");
  const address = await registry.chain.deploy(artifact, registry.address);
  const { client, wallet, stranger } = registry.chain;
  const [key, other] = [deviceKey("secp256k1", 73), deviceKey("secp256k1", 74)];
  await registry.register(key, address);
  await registry.register(other);
  for (const { thumbprint } of [key, other]) await registry.send("depositBond", [thumbprint], stranger, 1000n);
  const call = async (functionName: string, ...args: unknown[]) => {
    const hash = await wallet.writeContract({ abi: artifact.abi, address, functionName, args, chain: null });
    return (await client.waitForTransactionReceipt({ hash })).status;
  };
  t.is(await call("request", key.thumbprint), "success");
  await passSeconds(registry, week + 1);
  await call("prepare", key.thumbprint, true);
  t.is(await revertOf(client.simulateContract({ abi: [...artifact.abi, ...(deviceRegistryAbi as Abi)], address, functionName: "withdraw", args: [], account: stranger })), "PaymentFailed", "it takes no ether");
  await call("prepare", key.thumbprint, false);
  t.is(await call("withdraw"), "success");
  t.is(await client.readContract({ abi: artifact.abi, address, functionName: "callsBack" }), 1n, "it did call back");
  t.is(await client.getBalance({ address }), 1000n);
  t.is(await client.getBalance({ address: registry.address }), 1000n, "the other device's bond is there");
});
