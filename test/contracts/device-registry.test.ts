import { createHash } from "node:crypto";
import * as noble from "@noble/secp256k1";
import test from "ava";
import type { ExecutionContext } from "ava";
import { toHex } from "viem";
import type { Hex } from "viem";
import { deviceRegistryAbi as abi } from "../../contracts/abi.ts";
import { compileContracts } from "../../contracts/compile.ts";
import { localChain, revertOf } from "./local-chain.ts";

interface DeviceKey {
  readonly id: Hex;
  readonly x: Hex;
  readonly y: Hex;
}

/** A key with its RFC 9679 thumbprint, written out here byte for byte. */
function deviceKey(seed: number): DeviceKey {
  const point = noble.getPublicKey(new Uint8Array(32).fill(seed), false);
  const x = point.subarray(1, 33);
  const y = point.subarray(33);
  const coseKey = Buffer.concat([Buffer.from("a401022008215820", "hex"), x, Buffer.from("225820", "hex"), y]);
  return { id: toHex(createHash("sha256").update(coseKey).digest()), x: toHex(x), y: toHex(y) };
}

async function registry(t: ExecutionContext) {
  const chain = await localChain(t);
  const address = await chain.deploy((await compileContracts()).DeviceRegistry, chain.account.address);
  const { client, wallet, account } = chain;
  return {
    chain,
    address,
    lookUp: (id: Hex) => client.readContract({ abi, address, functionName: "deviceKey", args: [id] }),
    simulate: (key: DeviceKey, from = account) => client.simulateContract({ abi, address, functionName: "register", args: [key.id, key.x, key.y], account: from }),
    register: async (key: DeviceKey) => {
      const hash = await wallet.writeContract({ abi, address, functionName: "register", args: [key.id, key.x, key.y], chain: null });
      return client.waitForTransactionReceipt({ hash });
    },
  };
}

test("a registered device has its key, and the event tells of it", async (t) => {
  const contract = await registry(t);
  const key = deviceKey(1);
  const zero: Hex = `0x${"00".repeat(32)}`;
  t.deepEqual(await contract.lookUp(key.id), [zero, zero, false]);
  t.is((await contract.register(key)).status, "success");
  t.deepEqual(await contract.lookUp(key.id), [key.x, key.y, true]);
  const events = await contract.chain.client.getContractEvents({ abi, address: contract.address, eventName: "DeviceRegistered", fromBlock: 0n });
  t.deepEqual(events.map((event) => event.args), [{ deviceId: key.id, x: key.x, y: key.y }]);
});

test("the contract computes the RFC 9679 thumbprint itself and refuses another id", async (t) => {
  const contract = await registry(t);
  const key = deviceKey(2);
  t.is(await contract.chain.client.readContract({ abi, address: contract.address, functionName: "thumbprint", args: [key.x, key.y] }), key.id);
  t.is(await revertOf(contract.simulate({ ...key, id: deviceKey(3).id })), "ThumbprintMismatch");
});

test("a device is registered once, by the registrar, with a point of the curve", async (t) => {
  const contract = await registry(t);
  const key = deviceKey(4);
  t.is(await revertOf(contract.simulate(key, contract.chain.stranger)), "NotRegistrar");
  t.is(await revertOf(contract.simulate({ ...key, y: key.x })), "NotOnCurve");
  const prime = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;
  t.is(await revertOf(contract.simulate({ ...key, x: toHex(prime + 1n, { size: 32 }) })), "NotOnCurve", "a coordinate that is not reduced");
  await contract.register(key);
  t.is(await revertOf(contract.simulate(key)), "AlreadyRegistered");
});
