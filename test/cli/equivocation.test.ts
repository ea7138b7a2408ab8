import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { createWalletClient, formatEther, http, parseEther } from "viem";
import { anvilAccount } from "../../contracts/anvil.ts";
import { deviceRegistryAbi as abi } from "../../contracts/abi.ts";
import { readDevice } from "../../contracts/registered-device.ts";
import { toTransparent } from "../../client/statement-file.ts";
import { writeTrust } from "../../cli/trust-file.ts";
import { buildWorld, TestDevice, until, type World } from "../gateway/world.ts";
import { inferenceClaims, linkTo, receipt, statementOf } from "../statement/examples.ts";
import type { TestKey } from "../statement/keys.ts";
import { accountFile } from "./account-file.ts";
import { assay, jsonLines } from "./assay.ts";

/** A device that boots and then says two things under number 1, and the files that a witness has of that. */
async function lies(t: ExecutionContext, world: World) {
  const device = new TestDevice(t.title);
  const [boot, honest] = [device.next(), device.next()];
  const other = statementOf(inferenceClaims({ previous: linkTo(boot.bytes), results: [{ output: Uint8Array.of(9), label: "io", score: 1 }] }), device.key);
  const [a, b, trust] = ["a.cose", "b.cose", "trust.json"].map((name) => join(world.folder, name)) as [string, string, string];
  // Whoever subscribes has a statement with its receipts, or without.
  await writeFile(a, toTransparent(honest.bytes, [receipt]));
  await writeFile(b, other);
  await writeTrust(trust, { devices: [trusted(device.key)], logs: [], allowSimulated: false });
  return { device, boot, honest, other, a, b, trust };
}

function trusted({ id, publicKey }: TestKey) {
  return { id, keys: [{ publicKey }] };
}

test.serial("two statements of a device under one number revoke it on the chain, and pay half of its bond to whoever shows them", async (t) => {
  const world = await buildWorld(t);
  const { anvil, deployment, client, listener } = world;
  const { device, boot, honest, other, a, b, trust } = await lies(t, world);
  await world.register(device);
  const gateway = await world.gateway();
  for (const { topic, bytes } of [boot, honest]) await listener.publish(topic, bytes);
  await until("the statements", () => gateway.counters().stored === 2);

  const wallet = createWalletClient({ transport: http(anvil.rpcUrl), account: anvilAccount(1) });
  const deviceId = `0x${Buffer.from(device.key.keyId).toString("hex")}` as const;
  const deposit = await wallet.writeContract({ abi, address: deployment.registry, functionName: "depositBond", args: [deviceId], value: parseEther("2"), chain: null });
  await client.waitForTransactionReceipt({ hash: deposit });
  const reporter = anvilAccount(2);
  const before = await client.getBalance({ address: reporter.address });

  const out = join(world.folder, "proof.json");
  const options = ["--trust", trust, "--rpc", anvil.rpcUrl, "--registry", deployment.registry, "--account", await accountFile(world.folder, 2)];
  const { exitCode, stdout, stderr } = await assay("equivocation", a, b, ...options, "--out", out, "--json");
  t.is(exitCode, 0, stderr);
  const [proof] = jsonLines(stdout) as [{ proven: boolean; device: string; bootCount: number; sequence: number; key: string; reported: { reward: string; burned: string } }];
  t.like(proof, { proven: true, device: device.id, bootCount: 1, sequence: 1, key: deviceId.slice(2) });
  t.deepEqual([proof.reported.reward, proof.reported.burned], [String(parseEther("1")), String(parseEther("1"))]);
  t.regex(stderr, /its bond is lost: 1 ETH for 0x[0-9a-fA-F]{40}, 1 ETH for nobody/);

  const gained = (await client.getBalance({ address: reporter.address })) - before;
  t.true(gained > parseEther("0.99") && gained < parseEther("1"), `${formatEther(gained)} ETH after fees`);
  const registered = await readDevice(client, deployment.registry, deviceId);
  t.is(registered?.bond, 0n);
  t.is(registered?.keys[0]?.revoked?.reason, "equivocation");
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  t.like(JSON.parse(await readFile(out, "utf8")) as object, { device: device.id, sequence: 1, a: hex(honest.bytes), b: hex(other) });

  await until("the gateway to refuse the device", async () => {
    const next = device.infer();
    await listener.publish(next.topic, next.bytes);
    return (gateway.counters().rejectedBy.REVOKED_KEY ?? 0) > 0;
  });

  const again = await assay("equivocation", a, b, ...options);
  t.is(again.exitCode, 2);
  t.regex(again.stderr, /^assay: the registry refuses: RevokedDevice\(0x[0-9a-f]{64}\): the device has equivocated and is revoked for good/m);
});

test.serial("what is no equivocation ends with 1, what cannot be told with 2, and only a proof with 0", async (t) => {
  const world = await buildWorld(t);
  const { device, boot, honest, a, b, trust } = await lies(t, world);
  const proven = await assay("equivocation", a, b, "--trust", trust);
  t.is(proven.exitCode, 0);
  t.regex(proven.stdout, new RegExp(`^✓ equivocation  ${device.id} has signed two statements with number 1 of boot 1$`, "m"));

  const plain = join(world.folder, "plain.cose");
  await writeFile(plain, honest.bytes);
  const twice = await assay("equivocation", a, plain, "--trust", trust, "--json");
  t.is(twice.exitCode, 1);
  t.like(jsonLines(twice.stdout)[0], { proven: false, code: "NO_EQUIVOCATION" });
  const bootFile = join(world.folder, "boot.cose");
  await writeFile(bootFile, boot.bytes);
  t.is((await assay("equivocation", a, bootFile, "--trust", trust)).exitCode, 1);

  const nobody = join(world.folder, "nobody.json");
  await writeTrust(nobody, { devices: [], logs: [], allowSimulated: false });
  const unknown = await assay("equivocation", a, b, "--trust", nobody, "--json");
  t.is(unknown.exitCode, 2);
  t.like(jsonLines(unknown.stdout)[0], { proven: null, code: "UNKNOWN_DEVICE" });
  t.is((await assay("equivocation", a, join(world.folder, "absent.cose"), "--trust", trust)).exitCode, 2);

  const keyless = await assay("equivocation", a, b, "--trust", trust, "--registry", world.deployment.registry, "--rpc", world.anvil.rpcUrl);
  t.is(keyless.exitCode, 2);
  t.regex(keyless.stderr, /^assay: expected the account that reports it and gets the reward: --account FILE/);
  // The registry does not know this device, so its proof counts for nothing there.
  const unregistered = await assay("equivocation", a, b, "--trust", trust, "--registry", world.deployment.registry, "--rpc", world.anvil.rpcUrl, "--account", await accountFile(world.folder, 2));
  t.is(unregistered.exitCode, 2);
  t.regex(unregistered.stderr, /UnknownKey\(0x[0-9a-f]{64}\): no device has or had this key in this registry/);
});
