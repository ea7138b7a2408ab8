import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { thumbprint, type PublicKey } from "assay/statement/cose-key";
import { proveRegistration, proveRotation } from "assay/statement/possession";
import { hexToBytes, toHex, type Address, type Hex } from "viem";
import { anvilAccount } from "../../contracts/anvil.ts";
import { readDevice } from "../../contracts/registered-device.ts";
import { registryKey, registrySignature } from "../../cli/enrol.ts";
import { StatingDevice } from "../client/device.ts";
import { inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import type { TestKey } from "../statement/keys.ts";
import { attackedChain, type AttackedChain } from "./attacked-chain.ts";
import { algorithmName, curves, highS, keyOn, withSignature } from "./parties.ts";

/** Index of anvil's accounts. */
const OWNER = 1;
const THIEF = 2;
const addressOf = (index: number): Address => anvilAccount(index).address;

/** The call that registers a device for an owner, with the proof that the device has signed for that. */
function registration({ deployment }: AttackedChain, key: TestKey, owner: Address, simulator = false) {
  const proof = proveRegistration({ chainId: deployment.chainId, registry: hexToBytes(deployment.registry), owner: hexToBytes(owner), simulator }, key.signer, sha256);
  return [registryKey(key.publicKey), owner, simulator, registrySignature(proof)] as const;
}

const printOf = (publicKey: PublicKey): Uint8Array => thumbprint(publicKey, sha256);

for (const curve of curves) {
  const name = algorithmName(curve);

  test(`whoever copies a registration out of the waiting transactions (${name}) registers the device for the very owner that it names, and for no other`, async (t) => {
    const chain = await attackedChain(t);
    const key = keyOn(curve, "waiting to be registered");
    const [publicKey, owner, simulator, proof] = registration(chain, key, addressOf(OWNER));
    const asThief = (...args: readonly unknown[]): Promise<string> => chain.registry(THIEF, "register", args);
    t.is(await asThief(publicKey, addressOf(THIEF), simulator, proof), "BadSignature", "with himself as owner");
    t.is(await asThief(publicKey, owner, true, proof), "BadSignature", "with the simulator's flag turned");
    t.is(await asThief(registryKey(keyOn(curve, "thief's device").publicKey), owner, simulator, proof), "BadSignature", "with a key of his own");
    const twin = registrySignature(highS(curve, Uint8Array.of(...hexToBytes(proof.r), ...hexToBytes(proof.s))));
    t.is(await asThief(publicKey, owner, simulator, twin), "BadSignature", "with the high-S twin");
    const elsewhere = proveRegistration({ chainId: 1, registry: hexToBytes(chain.deployment.registry), owner: hexToBytes(owner), simulator }, key.signer, sha256);
    t.is(await asThief(publicKey, owner, simulator, registrySignature(elsewhere)), "BadSignature", "with a proof for another chain");
    const rotation = proveRotation({ chainId: chain.deployment.chainId, registry: hexToBytes(chain.deployment.registry), device: printOf(key.publicKey), newKey: key.publicKey, keyCount: 1 }, key.signer, sha256);
    t.is(await asThief(publicKey, owner, simulator, registrySignature(rotation)), "BadSignature", "with a proof that was given for a rotation");
    t.is(await asThief(publicKey, owner, simulator, proof), "no revert", "his copy is as good as the original");
    t.is(await chain.owner(printOf(key.publicKey)), owner, "and does the original's work");
    t.is(await chain.registry(OWNER, "register", [publicKey, owner, simulator, proof]), "AlreadyRegistered");
  });

  test(`nobody can make an equivocation out of one statement (${name}): not by copying it, not by its high-S twin, not by statements of two numbers or of two devices`, async (t) => {
    const chain = await attackedChain(t);
    const key = keyOn(curve, "honest device");
    const other = keyOn(curve, "another device");
    t.is(await chain.registry(OWNER, "register", registration(chain, key, addressOf(OWNER))), "no revert");
    const device = new StatingDevice(key);
    const [boot, first, second] = [device.boot(), device.infer("compute"), device.infer("compute")];
    const report = (a: Uint8Array, b: Uint8Array, by = key): Promise<string> => chain.registry(THIEF, "reportEquivocation", [toHex(printOf(by.publicKey)), toHex(a), toHex(b)]);
    t.is(await report(first, first), "SameStatement", "two copies");
    t.is(await report(boot, boot), "SameStatement");
    t.is(await report(first, withSignature(first, (signature) => highS(curve, signature))), "BadSignature", "the twin");
    t.is(await report(first, second), "DifferentNumbers");
    t.is(await report(boot, first), "DifferentNumbers");
    t.is(await report(first, statementOf(inferenceClaims({ previous: linkTo(boot), time: 1 }), other)), "BadSignature", "another device's");
    t.is(await report(first, statementOf(inferenceClaims({ previous: linkTo(boot), time: 1 }), { ...key, signer: other.signer })), "BadSignature", "in the device's name");
    t.is(await report(first, first, other), "UnknownKey");
    // What is an equivocation still is one: the device itself has signed another result under the same number.
    const lie = statementOf(inferenceClaims({ previous: linkTo(boot), results: [{ output: Uint8Array.of(1, 2, 3), label: "idle", score: 0.5 }] }), key);
    t.is(await report(first, lie), "no revert");
    t.is(await report(first, lie), "RevokedDevice");
  });
}

test("a device that equivocates is revoked for whoever reads the registry, from the block of the report on", async (t) => {
  const chain = await attackedChain(t);
  const key = keyOn("P-256", "liar");
  await chain.registry(OWNER, "register", registration(chain, key, addressOf(OWNER)));
  const id: Hex = toHex(printOf(key.publicKey));
  const pair = ["idle", "io"].map((label) => statementOf(inferenceClaims({ results: [{ output: Uint8Array.of(1), label, score: 0.5 }] }), key));
  t.is((await readDevice(chain.client, chain.deployment.registry, id))?.keys[0]?.revoked, undefined);
  t.is(await chain.registry(THIEF, "reportEquivocation", [id, ...pair.map((bytes) => toHex(bytes))]), "no revert");
  const { time } = await chain.beacon();
  t.deepEqual((await readDevice(chain.client, chain.deployment.registry, id))?.keys[0]?.revoked, { since: time, reason: "equivocation" });
});
