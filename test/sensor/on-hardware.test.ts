/** A whole device on a sensor of its board: I2C → driver → window → model → statement → broker, on a register model of the chip. */
import { join } from "node:path";
import test from "ava";
import { buildApp } from "../../runtime/build.ts";
import { startBroker } from "../../host-sim/host-sim.ts";
import { fakeEnvironment } from "../boards/fake-devices.ts";
import { hostBinaries, startImage, temporaryFolder } from "../runtime/device.ts";

test("a device with an LIS3DH states what its model says, over faults of the bus, and as hardware where it is told to", async (t) => {
  const host = await hostBinaries();
  const { file } = await buildApp(join(import.meta.dirname, "on-hardware.app.ts"), { host, output: join(temporaryFolder(t), "app.xsa") });
  const broker = await startBroker({ port: 0 });
  t.teardown(() => broker.close());
  const config = { broker: { host: broker.host, port: broker.port }, sensors: { accelerometer: { driver: "lis3dh", bus: 5, address: 0x18 } } };
  const device = await startImage(t, file, { host, config, env: fakeEnvironment([0, 0, 1]), words: ["--hardware", "yes"] });
  let seen = "";
  device.process.stdout.on("data", (text: Buffer) => (seen += text.toString()));
  while (seen.split('"event":"statement"').length < 4) {
    if (device.process.exitCode !== null) return t.fail(JSON.stringify(await device.outcome));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  device.process.kill("SIGTERM");
  const { status, stdout, stderr } = await device.outcome;
  t.is(status, 0, stderr);
  const events = stdout.split("\n").map((line) => JSON.parse(line) as { event: string; label?: string });
  t.true(events.filter(({ event, label }) => event === "statement" && ["still", "tilted", "shaken"].includes(label!)).length >= 3);
  t.regex(stderr, /accelerometer: Error: I2C 0x18: expected an acknowledgement/);
});

test("a device without its sensor does not start, and says what to write into its configuration", async (t) => {
  const host = await hostBinaries();
  const { file } = await buildApp(join(import.meta.dirname, "on-hardware.app.ts"), { host, output: join(temporaryFolder(t), "app.xsa") });
  const { status, stderr } = await (await startImage(t, file, { host, config: { broker: { host: "127.0.0.1", port: 1 } } })).outcome;
  t.is(status, 1);
  t.regex(stderr, /uncaught SensorError: accelerometer: expected config\.sensors\.accelerometer, got nothing; write \{ "driver": "lis3dh", "bus": 1 \} there/);
});
