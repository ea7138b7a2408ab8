import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { parseStatement } from "assay/statement";
import { decodePublicKey, thumbprint } from "assay/statement/cose-key";
import { bootTopic } from "assay/statement/topics";
import test, { type ExecutionContext } from "ava";
import { toHex } from "viem";
import { deviceRegistryAbi } from "../../contracts/abi.ts";
import { anvilAccount } from "../../contracts/anvil.ts";
import { describeRefusal } from "../../cli/registry-refusals.ts";
import { readTrust, writeTrust } from "../../cli/trust-file.ts";
import { VerificationError } from "../../client/verification-error.ts";
import { toTransparent } from "../../client/statement-file.ts";
import { verify } from "../../client/verify.ts";
import type { DeviceEvent } from "../../host-sim/events.ts";
import { provisionDevice, startDevice, type DeviceOptions } from "../../host-sim/host-sim.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";
import { buildWorld, TestDevice, until, type World } from "../gateway/world.ts";
import { bootClaims, linkTo, statementOf } from "../statement/examples.ts";
import { signerOf, type TestKey } from "../statement/keys.ts";
import { accountFile } from "./account-file.ts";
import { assay, jsonLines, startAssayWith, type Finished } from "./assay.ts";

const examples = join(import.meta.dirname, "..", "..", "examples", "machine-health");
const owner = anvilAccount(1).address;

/** A world with a simulated device in it, the file of its owner's key, and `assay device` for its registry. */
async function ownedDevice(t: ExecutionContext) {
  const world = await buildWorld(t);
  const { device: host } = await buildHost();
  const { file: image } = await buildApp(join(examples, "app.ts"));
  const key = await accountFile(world.folder, 1);
  const lines: string[] = [];
  const device: DeviceOptions = {
    host,
    image,
    folder: join(world.folder, "device"),
    broker: { host: "127.0.0.1", port: world.broker.port },
    trace: { file: join(examples, "data", "io-ddsync.csv"), speed: 10, repeat: true },
    onEvent: (event: DeviceEvent) => lines.push(JSON.stringify(event)),
  };
  const place = { chainId: world.deployment.chainId, registry: world.deployment.registry };
  const command = (verb: string, ...parameters: string[]): Promise<Finished> => assay("device", verb, "--rpc", world.anvil.rpcUrl, "--registry", place.registry, ...parameters);
  /** What the device reports when it boots with these settings, and then stops, as a file. */
  const report = async (name: string, settings: Partial<DeviceOptions>): Promise<string> => {
    const file = join(world.folder, name);
    lines.length = 0;
    await provisionDevice({ ...device, ...settings });
    await writeFile(file, `${lines.join("\n")}\n`);
    return file;
  };
  return { world, device, key, place, command, report };
}

/** A line of a report file, changed. */
async function changed(file: string, change: (line: string) => string): Promise<string> {
  const lines = await readFile(file, "utf8");
  const other = change(lines);
  if (other === lines) throw new Error("expected the change to change something");
  await writeFile(`${file}.changed`, other);
  return `${file}.changed`;
}

/** So many transactions has the owner sent. */
function sent({ client }: World): Promise<number> {
  return client.getTransactionCount({ address: owner });
}

test.serial("a device is registered by its own report line, once; a line that was changed, or is for another place or owner, is refused before anything is sent", async (t) => {
  const { world, key, place, command, report } = await ownedDevice(t);
  const silent = await report("silent.log", {});
  const bare = await command("register", silent, "--account", key);
  t.is(bare.exitCode, 1);
  t.true(bare.stderr.includes(`"register":{"chainId":31337,"registry":"${place.registry}","owner":"${owner}"}`), bare.stderr);

  const file = await report("boot.log", { register: { ...place, owner } });
  const otherPlace = await report("elsewhere.log", { register: { ...place, chainId: 1, owner } });
  const refused: readonly (readonly [string, RegExp])[] = [
    [await changed(file, (line) => line.replace(/"proof":"(.)/, (_, digit: string) => `"proof":"${digit === "0" ? "1" : "0"}`)), /expected a proof that is signed by the device's key, got another: the line was changed; nothing was sent/],
    [await changed(file, (line) => line.replace('"simulator":true', '"simulator":false')), /got another: the line was changed/],
  ];
  for (const [line, message] of refused) t.regex((await command("register", line, "--account", key)).stderr, message);
  const renamed = await changed(file, (line) => line.replace(/"device":"[^"]{43}"/, `"device":"${new TestDevice("another").id}"`));
  t.regex((await command("register", renamed, "--account", key)).stderr, /expected the key whose thumbprint is the device's id/);
  t.regex((await command("register", otherPlace, "--account", key)).stderr, /expected a proof for chain 31337, got one for 1; nothing was sent/);
  t.regex((await command("register", file, "--account", await accountFile(world.folder, 2))).stderr, new RegExp(`got one for ${owner.toLowerCase()}; nothing was sent`, "i"));
  t.is(await sent(world), 0);

  // As the journal has it: with times and names before the line, and other lines around it.
  const journal = (await readFile(file, "utf8")).replace(/^/gm, "Nov 26 06:45:58 pi assay-app[812]: ");
  const first = startAssayWith({ input: `starting\n${journal}` }, "device", "register", "-", "--rpc", world.anvil.rpcUrl, "--registry", place.registry, "--account", key, "--json");
  const registered = await first.finished;
  t.is(registered.exitCode, 0, registered.stderr);
  const [line] = jsonLines(registered.stdout) as [{ device: string; status: string; owner: string; simulator: boolean }];
  t.like(line, { status: "registered", owner, simulator: true });
  t.is(await sent(world), 1);

  const again = await command("register", file, "--account", key);
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stdout, new RegExp(`^${line.device} is registered already, for ${owner}$`, "m"));
  t.is(await sent(world), 1);
});

test.serial("the list has every device with its keys, by owner if that is asked for, and becomes trust roots", async (t) => {
  const { world, key, place, command, report } = await ownedDevice(t);
  await command("register", await report("boot.log", { register: { ...place, owner } }), "--account", key);
  const foreign = await report("other.log", { folder: join(world.folder, "other"), register: { ...place, owner: anvilAccount(2).address } });
  await command("register", foreign, "--account", await accountFile(world.folder, 2));

  const table = await command("list");
  t.is(table.exitCode, 0, table.stderr);
  t.is(table.stdout.match(/^[\w-]{43}  owner 0x[0-9a-fA-F]{40}  simulator  bond 0 ETH$/gm)?.length, 2, table.stdout);
  t.is(table.stdout.match(/^  key 1  [0-9a-f]{16}…  secp256k1  since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  in use$/gm)?.length, 2, table.stdout);

  const before = join(world.folder, "before.json");
  const log = new TestDevice("log").key;
  await writeTrust(before, { devices: [], logs: [{ id: log.id, publicKey: log.publicKey, chainId: 31337, contract: world.deployment.log }], allowSimulated: true });
  const file = join(world.folder, "trust.json");
  const own = await command("list", "--owner", owner, "--json", "--write-trust", file, "--logs-from", before);
  t.is(own.exitCode, 0, own.stderr);
  const devices = jsonLines(own.stdout) as { device: string; owner: string; keys: { publicKey: string }[] }[];
  t.is(devices.length, 1);
  t.like(devices[0], { owner, simulator: true, bond: "0" });
  const trust = await readTrust(file);
  t.deepEqual(trust.devices.map(({ id }) => id), [devices[0]!.device]);
  t.deepEqual(trust.devices[0]!.keys, [{ publicKey: decodePublicKey(Uint8Array.from(Buffer.from(devices[0]!.keys[0]!.publicKey, "hex"))) }]);
  t.true(trust.devices[0]!.simulator);
  t.true(trust.allowSimulated);
  t.deepEqual(trust.logs.map(({ id }) => id), [log.id]);

  const nowhere = await assay("device", "list", "--rpc", world.anvil.rpcUrl, "--registry", world.deployment.log);
  t.is(nowhere.exitCode, 1);
  t.regex(nowhere.stderr, /^assay: expected the DeviceRegistry contract at 0x/);
});

/** The secret key of a Linux device: the first 32 bytes of its record, behind the version. Only the host that owns the flash can read it. */
async function secretKeyOf(folder: string): Promise<Uint8Array> {
  return new Uint8Array((await readFile(join(folder, "identity", "key"))).subarray(1, 33));
}

test.serial("a rotated device states on under its new key in one chain, and the gateway refuses its old key from then on", async (t) => {
  const { world, device, key, place, command, report } = await ownedDevice(t);
  await command("register", await report("boot.log", { register: { ...place, owner } }), "--account", key);
  const gateway = await world.gateway();
  const first = await startDevice(device);
  const { device: id } = await first.waitFor("identity");
  await first.waitFor("ack", { timeoutMs: 30_000 });
  t.is(await first.stop(), 0, first.diagnostics.join("\n"));
  await cp(device.folder, `${device.folder}-stolen`, { recursive: true });

  const rotation = await report("rotation.log", { rotate: place });
  const tampered = await changed(rotation, (line) => line.replace(/"byCurrent":"(.)/, (_, digit: string) => `"byCurrent":"${digit === "0" ? "1" : "0"}`));
  const before = await sent(world);
  t.regex((await command("rotate", tampered, "--account", key)).stderr, /expected a proof that is signed by the key in use, got another/);
  t.regex((await command("rotate", rotation, "--account", await accountFile(world.folder, 2))).stderr, /expected the account of the device's owner/);
  t.is(await sent(world), before);
  const rotated = await command("rotate", rotation, "--account", key);
  t.is(rotated.exitCode, 0, rotated.stderr);
  const { key: print } = JSON.parse(/^\{"key":"[0-9a-f]{64}"\}$/m.exec(rotated.stdout)![0]) as { key: string };
  const again = await command("rotate", rotation, "--account", key);
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stdout, /has this key in use already/);
  t.is(await sent(world), before + 1);

  const last = (await gateway.store.head(id))!;
  const second = await startDevice({ ...device, key: print });
  const boot = await second.waitFor("boot");
  t.is((await second.waitFor("identity")).device, id);
  await second.waitFor("ack", { timeoutMs: 30_000 });
  t.is(await second.stop(), 0, second.diagnostics.join("\n"));
  // A gateway that has not heard of the rotation yet refuses the new key for a moment, and what follows on it; nothing else may be wrong.
  t.deepEqual(Object.entries(gateway.counters().rejectedBy).filter(([code, count]) => count > 0 && !["WRONG_KEY", "GAP"].includes(code)), []);
  const announced = parseStatement((await gateway.store.entryOf(id, boot.bootCount, boot.sequence))!.bytes, sha256);
  if (announced.kind !== "boot") return t.fail("expected a boot statement");
  t.is(toHex(thumbprint(announced.claims.publicKey, sha256)), `0x${print}`);
  t.is(announced.sequence, last.sequence + 1);
  t.deepEqual(announced.previous, last.digest.slice(0, 16));

  // Whoever has the old key knows the chain, and still cannot go on with it.
  const signer = signerOf(await secretKeyOf(`${device.folder}-stolen`));
  const stolen: TestKey = { secret: new Uint8Array(), publicKey: signer.publicKey, id, keyId: thumbprint(signer.publicKey, sha256), signer };
  const head = (await gateway.store.head(id))!;
  const newest = (await gateway.store.entryOf(id, head.bootCount, head.sequence))!.bytes;
  const forged = statementOf(bootClaims({ sequence: head.sequence + 1, bootCount: head.bootCount + 1, previous: linkTo(newest), publicKey: stolen.publicKey }), stolen);
  await world.listener.publish(bootTopic(id), forged);
  await until("the old key to be refused", () => gateway.counters().rejectedBy.RETIRED_KEY === 1);

  const listed = jsonLines((await command("list", "--json")).stdout) as { keys: { thumbprint: string; retired?: number }[] }[];
  t.deepEqual(listed[0]!.keys.map(({ thumbprint: listedPrint, retired }) => [listedPrint, retired === undefined]), [[Buffer.from(stolen.keyId).toString("hex"), false], [print, true]]);
});

test.serial("a revoked device is refused by the gateway; what was anchored before still verifies, what was not does not", async (t) => {
  const { world, device, key, place, command, report } = await ownedDevice(t);
  await command("register", await report("boot.log", { register: { ...place, owner } }), "--account", key);
  const gateway = await world.gateway();
  const running = await startDevice(device);
  t.teardown(() => running.cutPower());
  const { device: id } = await running.waitFor("identity");
  await running.waitFor("statement");
  await until("two anchored statements", async () => (world.listener.receipts.get(`${id}/1`) ?? []).length > 0);
  const statement = (await gateway.store.entryOf(id, 1, 1))!.bytes;
  const [receipt] = world.listener.receipts.get(`${id}/1`)!;

  await gateway.flush();
  const { anchored } = await gateway.status();
  t.regex((await command("revoke", id, "--account", key)).stderr, /expected --yes, since nobody can be asked here; nothing was sent/);
  t.regex((await command("revoke", id, "--yes", "--account", await accountFile(world.folder, 2))).stderr, /^assay: the registry refuses: NotOwner\(0x[0-9a-fA-F]{40}, 0x[0-9a-fA-F]{40}\): only the device's owner may do this/m);
  t.regex((await command("revoke", id, "--yes", "--account", key, "--since", "2199-01-01T00:00:00Z")).stderr, /SinceOutOfRange\(\d+, \d+\): a revocation begins at second 1/);
  t.regex((await command("revoke", id, "--yes", "--account", key, "--since", "yesterday")).stderr, /expected a time such as 2026-05-01T12:00:00Z, or Unix seconds, got "yesterday"/);
  t.regex((await command("revoke", id, "--yes", "--account", key, "--key", "0123456789")).stderr, new RegExp(`expected --key to name one of the 1 keys of ${id}`));

  await world.chain.mine({ blocks: 1, interval: 2 });
  await until("a block after the anchor", async () => Number((await world.client.getBlock()).timestamp) > anchored!.blockTime);
  const revoked = await command("revoke", id, "--yes", "--reason", "key-compromise", "--account", key, "--json");
  t.is(revoked.exitCode, 0, revoked.stderr);
  t.regex(revoked.stderr, new RegExp(`^revoke key 1 of ${id}, the key in use: [0-9a-f]{64}$`, "m"));
  const [{ since }] = jsonLines(revoked.stdout) as [{ since: number }];
  await until("the gateway to refuse the device", () => (gateway.counters().rejectedBy.REVOKED_KEY ?? 0) > 0);

  const trustFile = join(world.folder, "trust.json");
  const logsFile = join(world.folder, "logs.json");
  await writeTrust(logsFile, { devices: [], logs: [{ id: gateway.id, publicKey: gateway.publicKey, chainId: 31337, contract: world.deployment.log }], allowSimulated: true });
  const trustNow = async () => {
    const { exitCode, stderr } = await command("list", "--owner", owner, "--write-trust", trustFile, "--logs-from", logsFile);
    t.is(exitCode, 0, stderr);
    return await readTrust(trustFile);
  };
  const trust = await trustNow();
  t.deepEqual(trust.devices[0]!.keys[0]!.revoked, { since, reason: "key-compromise" });
  t.is(verify(statement, receipt, trust).registration.status, "revoked");
  t.is(t.throws(() => verify(statement, undefined, trust), { instanceOf: VerificationError })?.code, "REVOKED_KEY");

  // The theft turns out to be older than the anchor: the revocation moves back, and the statement falls.
  const { anchor } = verify(statement, receipt, trust);
  t.regex((await command("revoke", id, "--yes", "--account", key, "--since", String(since))).stderr, /RevocationNotEarlier\(\d+, \d+\): the key is revoked already/);
  const earlier = await command("revoke", id, "--yes", "--account", key, "--since", new Date(anchor!.time * 1000).toISOString());
  t.is(earlier.exitCode, 0, earlier.stderr);
  const stricter = await trustNow();
  t.is(t.throws(() => verify(statement, receipt, stricter), { instanceOf: VerificationError })?.code, "REVOKED_KEY");

  // A trust file is a copy of its day; who asks the registry hears of what came after.
  const [stale, file] = [join(world.folder, "stale.json"), join(world.folder, "statement.cose")];
  await writeTrust(stale, trust);
  await writeFile(file, toTransparent(statement, [receipt!]));
  t.is((await assay("verify", file, "--trust", stale)).exitCode, 0);
  const asked = await assay("verify", file, "--trust", stale, "--rpc", world.anvil.rpcUrl, "--registry", world.deployment.registry, "--json");
  t.is(asked.exitCode, 1, asked.stderr);
  t.is(JSON.parse(asked.stdout).code, "REVOKED_KEY");
  t.is((await assay("verify", file, "--trust", stale, "--registry", world.deployment.registry)).exitCode, 2);
});

test.serial("a bond is posted, asked for and had back after seven days, and a device passes to another owner with what is left of it", async (t) => {
  const { world, key, place, command, report } = await ownedDevice(t);
  const registration = await command("register", await report("boot.log", { register: { ...place, owner } }), "--account", key, "--json");
  t.is(registration.exitCode, 0, registration.stderr);
  const [{ device: id }] = jsonLines(registration.stdout) as [{ device: string }];
  const bond = async (...parameters: string[]): Promise<Record<string, unknown>> => {
    const { exitCode, stdout, stderr } = await command("bond", id, ...parameters, "--json");
    t.is(exitCode, 0, stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  t.like(await bond(), { bond: "0", releaseAt: null });
  const other = await accountFile(world.folder, 2);
  t.is((await bond("--deposit", "0.25", "--account", other))["bond"], "250000000000000000", "anybody may add to it");
  t.is((await bond("--deposit", "0.5", "--account", key))["bond"], "750000000000000000");
  t.regex((await command("bond", id, "--request", "--account", other)).stderr, /NotOwner/);
  t.regex((await command("bond", id, "--withdraw", "--account", key)).stderr, /BondNotReleased/);
  const { releaseAt } = await bond("--request", "--account", key);
  t.true((releaseAt as number) > Date.now() / 1000 + 6 * 86_400);
  await world.chain.increaseTime({ seconds: 7 * 86_400 });
  await world.chain.mine({ blocks: 1 });
  t.like(await bond("--withdraw", "--account", key), { bond: "0", releaseAt: null });
  t.regex((await command("bond", id, "--deposit", "0", "--account", key)).stderr, /expected ether such as 0\.5, got "0"/);
  t.is((await command("bond", id, "--request", "--withdraw", "--account", key)).exitCode, 1);

  const heir = anvilAccount(3).address;
  t.regex((await command("transfer", id, heir, "--account", key)).stderr, /expected --yes, since nobody can be asked here; nothing was sent/);
  const given = await command("transfer", id, heir, "--yes", "--account", key, "--json");
  t.is(given.exitCode, 0, given.stderr);
  t.like(JSON.parse(given.stdout), { status: "transferred", owner: heir });
  t.regex((await command("transfer", id, owner, "--yes", "--account", key)).stderr, /NotOwner/);
});

test("every error of the registry has a sentence that says what to do", (t) => {
  const names = deviceRegistryAbi.flatMap((item) => (item.type === "error" ? [item.name] : []));
  t.true(names.length > 20);
  for (const name of names) t.false(describeRefusal(name, []).includes("newer than this program"), name);
  t.is(describeRefusal("SomethingElse", [1n]), "SomethingElse(1): the contract is newer than this program; look the error up in its source");
});

test("a file without report lines, or with half of one, is refused by name and line", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "assay-device-"));
  const key = await accountFile(folder, 1);
  const file = join(folder, "log");
  const command = (...parameters: string[]) => assay("device", ...parameters, "--account", key, "--registry", owner, "--rpc", "http://127.0.0.1:1");
  await writeFile(file, "hello\n");
  t.regex((await command("register", file)).stderr, /^assay: expected a line that begins with \{"event":"identity" in .*log, got none; a device reports it when it boots/);
  t.regex((await command("rotate", file)).stderr, /^assay: expected a line that begins with \{"event":"rotation" in /);
  await writeFile(file, 'hello\n{"event":"identity","device":"x');
  t.regex((await command("register", file)).stderr, /log:2: expected a whole line of JSON/);
  await writeFile(file, '{"event":"identity","device":"x"}\n');
  t.regex((await command("register", file)).stderr, /log:1: device: expected the base64url of 32 bytes, 43 characters/);
  t.regex((await command("register", join(folder, "absent"))).stderr, /^assay: expected the lines that a device reports in .*absent: ENOENT/);
  await writeFile(file, `{"event":"identity","device":"${new TestDevice("d").id}","publicKey":"${"0".repeat(150)}","simulator":true}\n`);
  t.regex((await command("register", file)).stderr, /log:1: publicKey: expected the COSE_Key of a public key/);
});
