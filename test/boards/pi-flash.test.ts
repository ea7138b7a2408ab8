/** `flash` and `monitor` over ssh, onto a Pi as stand-in-pi.ts makes one: what is real there and what stands in is said there. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { subscribe } from "assay/client";
import pi from "../../boards/pi/definition.ts";
import type { BoardBuild, FlashedDevice, FlashOptions } from "../../boards/board.ts";
import { FirstStatement } from "../../boards/linux-deb/first-statement.ts";
import { enrol } from "../../cli/enrol.ts";
import { anvilAccount } from "../../contracts/anvil.ts";
import { buildWorld } from "../gateway/world.ts";
import { temporaryFolder } from "../runtime/device.ts";
import { testAsRoot, testWithPrograms } from "../requirements.ts";
import { PI, piPrograms, startPi, type StandInPi } from "./stand-in-pi.ts";

const root = join(import.meta.dirname, "../..");
const app = join(root, "examples/machine-health/app.ts");
const recording = join(root, "examples/machine-health/data/compute-yes1.csv");
const SECRET = "correct-horse-battery-staple";

async function build(t: ExecutionContext): Promise<BoardBuild> {
  // The first build compiles XS for the Pi.
  t.timeout(600_000);
  return pi.build(app, { output: temporaryFolder(t), progress: () => {} });
}

function options(pi: StandInPi, more: Partial<FlashOptions> = {}): FlashOptions & { lines: string[] } {
  const lines: string[] = [];
  return { host: pi.host, sshConfig: pi.sshConfig, progress: (line) => lines.push(line), signal: new AbortController().signal, lines, ...more };
}

function configuration(t: ExecutionContext, port: number, more: object = {}): string {
  const file = join(temporaryFolder(t), "config.json");
  writeFileSync(file, JSON.stringify({ broker: { host: "127.0.0.1", port, user: "pi", password: SECRET }, trace: { speed: 5 }, ...more }));
  return file;
}

testAsRoot(piPrograms(PI), "an app is installed over ssh, runs as its own user, and its first statement arrives: by the gateway's word, and verified by a subscriber", async (t) => {
  const [built, world, board] = [await build(t), await buildWorld(t), await startPi(t, PI)];
  const gateway = await world.gateway({ connectTimeoutMs: 60_000 });
  const config = configuration(t, world.broker.port, { register: { chainId: world.deployment.chainId, registry: world.deployment.registry, owner: anvilAccount(1).address } });
  let device: FlashedDevice | undefined;
  const first = options(board, {
    config,
    trace: recording,
    // Trusts the key that the board has told over ssh.
    verify: async (flashed, signal) => {
      device = flashed;
      await enrol([flashed], { rpcUrl: world.anvil.rpcUrl, registry: world.deployment.registry, owner: anvilAccount(1) });
      const trust = { devices: [{ id: flashed.id, keys: [{ publicKey: flashed.publicKey }] }], logs: [] };
      for await (const event of subscribe({ broker: world.broker.url, trust, signal })) {
        // The unit is that of a device in service, so its boot statement says hardware, and its key may do so.
        if (event.type === "boot") t.like(event.claims, { simulator: false, board: "linux-arm64", bootCount: 1 });
        if (event.type === "inference") return `verified: ${event.label}, statement ${event.sequence}`;
      }
      throw new Error("the subscription ended");
    },
  });
  await pi.flash(built, first);
  t.true(first.lines.some((line) => /^verified: compute, statement \d+$/.test(line)), first.lines.join("\n"));
  t.true(first.lines.some((line) => line.includes(`device ${device?.id}`)));
  t.notRegex(first.lines.join("\n"), new RegExp(SECRET));

  // Who may read what.
  const on = (path: string): string => join(board.root, path);
  const { uid, gid } = statSync(on("var/lib/assay/machine-health"));
  t.true(uid > 0);
  t.is(statSync(on("var/lib/assay/machine-health")).mode & 0o777, 0o700);
  t.like(statSync(on("etc/assay/machine-health.json")), { uid: 0, gid });
  t.is(statSync(on("etc/assay/machine-health.json")).mode & 0o777, 0o640);
  t.regex(readFileSync(on("etc/group"), "utf8"), /^gpio:x:986:assay-machine-health$/m);
  t.deepEqual(readdirSync(on("tmp")), [], "what was uploaded is gone");
  t.deepEqual(board.asked(), ["daemon-reload", "enable assay-machine-health.service", "--no-block restart assay-machine-health.service"]);

  // Again, without a configuration: the board keeps its own, its key and its chain; the gateway's word is enough.
  const second = options(board);
  await pi.flash(built, second);
  t.true(second.lines.some((line) => line.includes(`device ${device!.id}`)), "the same device");
  t.regex(second.lines.at(-1) ?? "", /^the gateway has verified and stored statement \d+$/);
  t.regex(second.lines.join("\n"), /^boot 2 of machine-health on linux-arm64, kernels \S+, self-check passed$/m);
  t.regex(readFileSync(on("etc/assay/machine-health.json"), "utf8"), new RegExp(SECRET));
  // What came before the registration was in a block is unknown, and what followed on that has a gap before it; both came again.
  const { rejected, rejectedBy } = gateway.counters();
  t.is(rejected - rejectedBy.UNKNOWN_DEVICE - rejectedBy.GAP, 0);

  // Followed while it runs; the app is found by itself, since it is the only one.
  const enough = new AbortController();
  const said: string[] = [];
  await pi.monitor({
    host: board.host,
    sshConfig: board.sshConfig,
    progress: () => {},
    signal: enough.signal,
    onLine: (line) => {
      said.push(line);
      if (said.length > 24) enough.abort();
    },
  });
  t.true(said.some((line) => line.startsWith('{"event":"statement"')));

  // Erased: another device.
  await board.stopServices();
  const third = options(board, { erase: true, patienceMs: 3_000 });
  const error = await t.throwsAsync(pi.flash(built, third), { code: "FLASH_FAILED" });
  t.regex(error?.message ?? "", /installed, but expected the first statement to arrive within 3 s/, "nobody has enrolled this device");
  const [, other] = /device ([\w-]{43})/.exec(third.lines.join("\n")) ?? [];
  t.not(other, device!.id);

  // Purged: key and user go, and dpkg says so.
  const purged = execFileSync("chroot", [board.root, "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin", "dpkg", "--purge", "assay-machine-health"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  t.regex(purged, /removing \/var\/lib\/assay\/machine-health: the device's key/);
  t.false(existsSync(on("var/lib/assay")));
  t.false(existsSync(on("etc/assay")));
  for (const file of ["etc/passwd", "etc/group"]) t.notRegex(readFileSync(on(file), "utf8"), /assay/);
});

test("an app that ends again and again is said to at once, with what it said last", (t) => {
  const failures: string[] = [];
  const first = new FirstStatement({ onDevice: () => {}, onStored: () => {}, onFailing: () => failures.push(first.lastWords), progress: () => {} });
  for (let run = 0; run < 3; run++) {
    first.read("AppError: config.broker: expected { host, port }, got nothing");
    first.read("assay-x.service: Main process exited, code=exited, status=1/FAILURE");
    first.read("assay-x.service: Failed with result 'exit-code'.");
    t.is(failures.length, run < 2 ? 0 : 1);
  }
  t.regex(failures[0]!, /never said who it is[\s\S]*config\.broker: expected/);
});

test("a device's lines are hostile: what is no event, or has fields of other kinds, changes nothing", (t) => {
  const told: unknown[] = [];
  const first = new FirstStatement({ onDevice: (device) => told.push(device), onStored: (sequence) => told.push(sequence), onFailing: () => t.fail(), progress: () => {} });
  const publicKey = `a401022008215820${"ab".repeat(32)}225820${"cd".repeat(32)}`;
  for (const line of ['{"event":"identity"}', '{"event":"identity","device":5,"publicKey":"04"}', '{"event":', '{"event":"ack","sequence":"1"}', '{"event":null}', "", '{"event":"statement","sequence":0}']) first.read(line);
  t.deepEqual(told, []);
  first.read(JSON.stringify({ event: "identity", device: "A".repeat(43), publicKey }));
  // Acknowledged before the first result of this boot: that is what it had stored before.
  for (const event of [{ event: "ack", sequence: 7 }, { event: "statement", sequence: 9, label: "x" }, { event: "ack", sequence: 8 }]) first.read(JSON.stringify(event));
  t.is(told.length, 1);
  first.read(JSON.stringify({ event: "ack", sequence: 9 }));
  t.is(told[1], 9);
});

testAsRoot(piPrograms(PI), "a board that cannot take the package says why, and nothing is installed", async (t) => {
  const [built, board] = [await build(t), await startPi(t, PI)];
  const config = configuration(t, 1);
  const refused = async (message: RegExp, more: Partial<FlashOptions> = {}): Promise<void> => {
    const error = await t.throwsAsync(pi.flash(built, options(board, { config, ...more })), { name: "BoardError" });
    t.regex(error?.message ?? "", message);
    t.notRegex(error?.message ?? "", new RegExp(SECRET));
  };
  const dpkg = readFileSync(join(board.root, "usr/bin/dpkg"), "utf8");
  board.replace("dpkg", dpkg.replace("echo arm64", "echo armhf"));
  await refused(/expected a system for arm64 .*, got one for armhf \(aarch64\); build for it with --board pi-armhf/);
  board.replace("dpkg", "#!/bin/sh\nexit 127\n");
  await refused(/expected a system with dpkg/);
  board.replace("dpkg", dpkg);
  board.replace("df", `#!/bin/sh\nprintf 'Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/root 100 90 10 90%% /\\n'\n`);
  await refused(/expected \d+ KB free on the disk of .*, got 10$/);
  board.replace("df", `#!/bin/sh\nprintf 'Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/root 100 90 1000000 90%% /\\n'\n`);
  board.replace("id", "#!/bin/sh\necho 1000\n");
  await refused(/expected to become root at .* without a password, got no/);
  board.replace("sudo", `#!/bin/sh\n[ "$1" = -n ] && shift\nexec env SUDO=yes "$@"\n`);
  await refused(/expected to become root at .*, got another user/);
  board.replace("id", `#!/bin/sh\nif [ -n "$SUDO" ]; then echo 0; else echo 1000; fi\n`);
  const status = join(board.root, "var/lib/dpkg/status");
  const known = readFileSync(status, "utf8");
  writeFileSync(status, known.replace("2.36-9", "2.31-13"));
  await refused(/to install the package, got exit code 1:[\s\S]*depends on libc6 \(>= 2\.3\d\)/);
  t.deepEqual(board.asked(), []);
  t.deepEqual(readdirSync(join(board.root, "tmp")), []);

  // With a newer C library, and by sudo, it goes.
  writeFileSync(status, known);
  await pi.flash(built, options(board, { config, patienceMs: 0 }));
  t.true(existsSync(join(board.root, "usr/lib/assay/machine-health/assay-device")));
});

testAsRoot(piPrograms(PI), "a board that cannot be reached is one clear error: unknown name, nobody listens, another host key, a key that it does not know", async (t) => {
  const [built, board] = [await build(t), await startPi(t, PI)];
  const text = readFileSync(board.sshConfig, "utf8");
  const refused = async (configuration: string, message: RegExp, host = board.host): Promise<void> => {
    const sshConfig = join(temporaryFolder(t), "ssh-config");
    writeFileSync(sshConfig, configuration);
    const error = await t.throwsAsync(pi.flash(built, options(board, { sshConfig, host })), { code: "FLASH_FAILED" });
    t.regex(error?.message ?? "", message);
    await t.throwsAsync(pi.monitor({ host, sshConfig, progress: () => {}, signal: new AbortController().signal, onLine: () => {} }), { code: "MONITOR_FAILED", message });
  };
  await refused(text, /nobody knows this name/, "pi@nobody.invalid");
  await refused(text.replace(/^Port \d+$/m, "Port 1"), /nothing listens there; enable ssh/);
  await refused(text.replace(/^UserKnownHostsFile .*$/m, "UserKnownHostsFile /dev/null"), /its host key is not known here/);
  const others = join(temporaryFolder(t), "known-hosts");
  const key = join(temporaryFolder(t), "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  writeFileSync(others, `pi.test ${readFileSync(`${key}.pub`, "utf8")}`);
  await refused(text.replace(/^UserKnownHostsFile .*$/m, `UserKnownHostsFile ${others}`), /its host key is another one than before/);
  await refused(text.replace(/^IdentityFile .*$/m, `IdentityFile ${key}`), /it does not let this user in/);

  const monitor = pi.monitor({ host: board.host, sshConfig: board.sshConfig, progress: () => {}, signal: new AbortController().signal, onLine: () => {} });
  await t.throwsAsync(monitor, { code: "MONITOR_FAILED", message: /expected one app at .*, got none; install one/ });
});

testWithPrograms(["ssh", "aarch64-linux-gnu-gcc"], "options that a Pi does not have, and files that are none, are refused before anything is sent", async (t) => {
  const built = await build(t);
  const signal = new AbortController().signal;
  const config = join(temporaryFolder(t), "config.json");
  writeFileSync(config, `{ "broker": { "password": "${SECRET}" `);
  const refused = async (more: Partial<FlashOptions>, message: RegExp): Promise<void> => {
    const error = await t.throwsAsync(pi.flash(built, { signal, progress: () => {}, ...more }), { code: "BAD_OPTION" });
    t.regex(error?.message ?? "", message);
    t.notRegex(`${error?.stack} ${String(error?.cause)}`, new RegExp(SECRET));
  };
  await refused({}, /expected --host user@address, got none/);
  await refused({ port: "/dev/ttyUSB0" }, /expected --host for board pi, got --port/);
  await refused({ host: "pi.test", data: "x" }, /got --data/);
  for (const host of ["-oProxyCommand=x", "pi@", "pi@a b", "pi@a:0", "pi@a:65536", "a@b@c", ""]) await refused({ host }, /--host: expected user@address/);
  await refused({ host: "pi.test", config }, /expected JSON, got something else/);
  await refused({ host: "pi.test", config: "/nowhere/config.json" }, /expected the device's configuration in/);
  await refused({ host: "pi.test", trace: recording }, /--trace: expected --config as well/);
  writeFileSync(config, "[]");
  await refused({ host: "pi.test", config }, /expected a JSON object/);
});
