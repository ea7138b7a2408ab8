import { once } from "node:events";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodePublicKey } from "assay/statement/cose-key";
import test from "ava";
import { toHex } from "viem";
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from "viem/accounts";
import { startAnvil, anvilAccount } from "../../contracts/anvil.ts";
import { enrol } from "../../cli/enrol.ts";
import { writeTrust } from "../../cli/trust-file.ts";
import { provisionDevice, startBroker, startDevice } from "../../host-sim/host-sim.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";
import { assay, jsonLines, startAssay } from "./assay.ts";

const examples = join(import.meta.dirname, "..", "..", "examples", "machine-health");

test("gateway, device and subscriber as programs of their own: a result travels from one to the other", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "assay-parts-"));
  const { device: host } = await buildHost();
  const { file: image } = await buildApp(join(examples, "app.ts"));
  const [broker, anvil] = await Promise.all([startBroker({ port: 0 }), startAnvil()]);
  try {
    const key = join(folder, "account.key");
    const secret = toHex(mnemonicToAccount("test test test test test test test test test test test junk").getHdKey().privateKey!);
    await writeFile(key, `${secret}\n`, { mode: 0o600 });
    const gateway = startAssay("gateway", "--broker", broker.url, "--rpc", anvil.rpcUrl, "--deploy", "--account", key, "--data", join(folder, "gateway"), "--anchor-every", "1", "--http", "0");
    await gateway.saw(/"registry":"0x/);

    const options = { host, image, folder: join(folder, "device"), broker, trace: { file: join(examples, "data", "io-ddsync.csv") } };
    const provisioned = await provisionDevice(options);
    const subscriberTrust = join(folder, "trust.json");
    const device = await startDevice(options);
    // The gateway says where its contracts are in its first line.
    gateway.child.kill("SIGTERM");
    const first = await gateway.finished;
    t.is(first.exitCode, 0, first.stderr);
    t.false(first.stderr.includes(secret.slice(2)) || first.stdout.includes(secret.slice(2)));
    const [place] = jsonLines(first.stdout) as [{ gateway: string; publicKey: string; verifierKey: string; http: string; log: `0x${string}`; registry: `0x${string}` }];
    t.true(place.verifierKey.startsWith(`assay/${place.gateway}+`));
    t.regex(place.http, /^http:\/\/127\.0\.0\.1:\d+$/);

    // Enrolled only now: what the device has sent meanwhile waits in its outbox and with the broker, and is taken up by the gateway's next start.
    const identity = await provisionDevice({ ...options, folder: options.folder, register: { chainId: 31337, registry: place.registry, owner: anvilAccount(0).address } });
    t.is(identity.id, provisioned.id);
    await enrol([identity], { rpcUrl: anvil.rpcUrl, registry: place.registry, owner: anvilAccount(0) });
    await writeTrust(subscriberTrust, {
      devices: [{ id: identity.id, keys: [{ publicKey: identity.publicKey }], simulator: true }],
      logs: [{ id: place.gateway, publicKey: decodePublicKey(Uint8Array.from(Buffer.from(place.publicKey, "hex"))), chainId: 31337, contract: place.log }],
      allowSimulated: true,
    });
    const subscriber = startAssay("subscribe", "--broker", broker.url, "--trust", subscriberTrust, "--rpc", anvil.rpcUrl);
    await subscriber.saw("listening to");
    const again = startAssay("gateway", "--broker", broker.url, "--rpc", anvil.rpcUrl, "--log", place.log, "--registry", place.registry, "--account", key, "--data", join(folder, "gateway"), "--anchor-every", "1");
    await subscriber.saw(/io +[01]\.\d\d +#\d+ +✓ signature/);
    await device.waitFor("ack", { timeoutMs: 30_000 });
    await subscriber.saw(/✓ receipt #\d+/);

    t.is(await device.stop(), 0);
    subscriber.child.kill("SIGINT");
    t.is((await subscriber.finished).exitCode, 0);
    again.child.kill("SIGTERM");
    t.is((await again.finished).exitCode, 0);
  } finally {
    await broker.close();
    await anvil.close();
  }
});

test("a gateway without a key, with a damaged one, or with an account without funds says so in one line", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "assay-parts-"));
  const none = await assay("gateway", "--deploy");
  t.is(none.exitCode, 1);
  t.regex(none.stderr, /^assay: expected the account that pays for anchors: --account FILE/);
  const key = join(folder, "key");
  await writeFile(key, "0x12\n", { mode: 0o600 });
  const short = await assay("gateway", "--deploy", "--account", key);
  t.regex(short.stderr, /expected 0x and 64 hexadecimal digits/);
  t.false(short.stderr.includes("0x12"));
  await chmod(key, 0o640);
  t.regex((await assay("gateway", "--deploy", "--account", key)).stderr, /^assay: expected a private key in .*: others can read it \(mode 640\); run chmod 600 on it/);
  await chmod(key, 0o600);
  const anvil = await startAnvil();
  try {
    const poor = generatePrivateKey();
    await writeFile(key, poor);
    const broke = await assay("gateway", "--deploy", "--account", key, "--rpc", anvil.rpcUrl);
    t.is(broke.exitCode, 1);
    t.regex(broke.stderr, new RegExp(`assay: expected ${privateKeyToAccount(poor).address} to deploy .* does the account have funds`));
  } finally {
    await anvil.close();
  }
});

test("a subscriber without a broker says so and ends with exit code 1", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "assay-parts-"));
  const trust = join(folder, "trust.json");
  await writeTrust(trust, { devices: [], logs: [], allowSimulated: false });
  const { child, finished } = startAssay("subscribe", "--broker", "mqtt://127.0.0.1:1", "--trust", trust);
  await once(child, "exit");
  const { exitCode, stderr } = await finished;
  t.is(exitCode, 1);
  t.regex(stderr, /^assay: expected a broker at mqtt:\/\/127\.0\.0\.1:1, got no connection/);
  await writeFile(trust, '{"devices":[{"id":"x"}],"logs":[]}');
  const bad = await assay("subscribe", "--trust", trust);
  t.regex(bad.stderr, /trust\.json: devices\.0\.id: expected the base64url of 32 bytes/);
});
