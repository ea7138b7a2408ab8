/** What is in a package for Arm runs on Arm: unpacked, and run by qemu-user as a device of the simulator, with real statements over a real broker. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { subscribe } from "assay/client";
import pi from "../../boards/pi/definition.ts";
import piArmhf from "../../boards/pi-armhf/definition.ts";
import { DEFAULT_MEMORY, provisionDevice, startBroker, startDevice, type DeviceOptions } from "assay/host-sim";
import { temporaryFolder } from "../runtime/device.ts";
import { serviceNames } from "../../boards/linux-deb/service-names.ts";
import { unitFile } from "../../boards/linux-deb/unit.ts";
import { testWithPrograms } from "../requirements.ts";
import { PI, PI_ARMHF } from "./stand-in-pi.ts";

const root = join(import.meta.dirname, "../..");
const app = join(root, "examples/machine-health/app.ts");
const recordings = join(root, "examples/machine-health/data");

for (const [board, kind, compiler, name] of [
  [pi, PI, "aarch64-linux-gnu-gcc", "linux-arm64"],
  [piArmhf, PI_ARMHF, "arm-linux-gnueabihf-gcc", "linux-arm"],
] as const) {
  testWithPrograms(["dpkg-deb", kind.emulator, compiler], `${board.name}: the packed binary runs the example under ${kind.emulator}, in the memory of a device, and its statements verify`, async (t) => {
    // The first build compiles XS for the Pi.
    t.timeout(600_000);
    const built = await board.build(app, { output: temporaryFolder(t), progress: () => {} });
    const unpacked = temporaryFolder(t);
    execFileSync("dpkg-deb", ["--extract", built.files["package"]!, unpacked]);
    const service = join(unpacked, "usr/lib/assay/machine-health");
    const broker = await startBroker({ port: 0 });
    t.teardown(() => broker.close());
    const options: DeviceOptions = {
      host: join(service, "assay-device"),
      emulator: [kind.emulator, "-L", kind.libraries],
      image: join(service, "machine-health.xsa"),
      folder: temporaryFolder(t),
      broker,
      trace: { file: join(recordings, "io-copy.csv"), speed: 5, repeat: true },
      // A slot is twice as large where pointers have 64 bits; their number counts.
      memory: DEFAULT_MEMORY,
    };
    const identity = await provisionDevice(options);
    const device = await startDevice(options);
    t.teardown(() => device.cutPower());
    const boot = await device.waitFor("boot", { timeoutMs: 60_000 });
    t.like(boot, { board: name, app: "machine-health", bootCount: 1, selfCheck: true });
    const stop = new AbortController();
    const trust = { devices: [{ id: identity.id, keys: [{ publicKey: identity.publicKey }], simulator: true }], logs: [], allowSimulated: true };
    const labels: string[] = [];
    for await (const event of subscribe({ broker: broker.url, trust, signal: stop.signal })) {
      if (event.type === "boot") t.like(event, { chain: "ok", sequence: 0 });
      if (event.type !== "inference") continue;
      t.is(event.chain, "ok");
      labels.push(event.label);
      if (labels.length === 4) stop.abort();
    }
    t.true(labels.includes("io"), labels.join());
    t.is(await device.stop(), 0);
  });
}

/** The system calls in systemd's sets of that name, sets in sets too. */
function callsIn(set: string): string[] {
  const listed = execFileSync("systemd-analyze", ["syscall-filter", set], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const words = listed.split("\n").slice(1).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  return words.flatMap((word) => (word.startsWith("@") ? callsIn(word) : [word]));
}

testWithPrograms(["dpkg-deb", "systemd-analyze", PI.emulator, "aarch64-linux-gnu-gcc"], "every system call that the device makes, from its start to its end, is one that its unit lets it make", async (t) => {
  const unit = unitFile(serviceNames("machine-health"), "1");
  const filters = [...unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)].map(([, not, sets]) => ({ not: not !== "", calls: sets!.split(" ").flatMap(callsIn) }));
  t.deepEqual(filters.map(({ not }) => not), [false, true]);
  const allowed = new Set(filters[0]!.calls.filter((call) => !filters[1]!.calls.includes(call)));

  t.timeout(600_000);
  const built = await pi.build(app, { output: temporaryFolder(t), progress: () => {} });
  const broker = await startBroker({ port: 0 });
  t.teardown(() => broker.close());
  const made = new Set<string>();
  const device = await startDevice({
    host: built.files["device"]!,
    emulator: [PI.emulator, "-strace", "-L", PI.libraries],
    image: built.files["image"]!,
    folder: temporaryFolder(t),
    // By name, so that the resolver and its thread are seen at work.
    broker: { host: "localhost", port: broker.port },
    trace: { file: join(recordings, "io-copy.csv"), speed: 5, repeat: true },
    onLog: (line) => {
      const [, call] = /^\d+ (\w+)\(/.exec(line) ?? [];
      if (call !== undefined) made.add(call);
    },
  });
  t.teardown(() => device.cutPower());
  await device.waitFor("connected", { timeoutMs: 60_000 });
  await device.waitFor("statement", { timeoutMs: 60_000 });
  t.is(await device.stop(), 0);
  // So that it is a list of calls at all.
  for (const call of ["openat", "sendto", "connect", "clone", "fdatasync"]) t.true(made.has(call), `${call}: ${[...made].join()}`);
  t.deepEqual([...made].filter((call) => !allowed.has(call)), []);
});
