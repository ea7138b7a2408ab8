/**
 * What the example app costs on a device: memory, code, statement bytes, and the time from a window's last sample until a subscriber has verified the
 * statement about it. Real devices on XS, a real broker, chain and gateway, all on this machine, with live input.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { subscribe } from "../client/subscribe.ts";
import { createWorld } from "../cli/world.ts";
import type { BootEvent, StatementEvent, StopEvent } from "../host-sim/events.ts";
import { buildApp, buildHost } from "../runtime/build.ts";
import { percentile, type Bench, type Figure } from "./figure.ts";

const SECONDS = 30;
const DEVICES = 4;

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  const { device: host } = await buildHost({ progress });
  const image = await buildApp(join(import.meta.dirname, "..", "examples", "machine-health", "app.ts"), { progress });
  const folder = await mkdtemp(join(tmpdir(), "assay-bench-"));
  const logger = pino({ level: "warn", base: null }, pino.destination(2));
  const world = await createWorld({ folder, brokerPort: 0, chainPort: 0, anchorEveryMs: 5000, devices: DEVICES, host, image: image.file, trace: undefined, logger, progress });
  try {
    const boots: BootEvent[] = [];
    const stops: StopEvent[] = [];
    const made = new Map<string, StatementEvent>();
    const verifiedAt = new Map<string, number>();
    const ending = new AbortController();
    const connected = Promise.withResolvers<void>();
    const events = subscribe({
      broker: world.broker.url,
      trust: { devices: world.devices.map(({ id, publicKey }) => ({ id, keys: [{ publicKey }] })), logs: [], allowSimulated: true },
      signal: ending.signal,
      onConnection: (up) => up && connected.resolve(),
    });
    const consumed = (async () => {
      for await (const event of events) if (event.type === "inference") verifiedAt.set(`${event.device} ${event.sequence}`, event.verifiedAt);
    })();
    await connected.promise;
    progress(`${DEVICES} devices for ${SECONDS} s`);
    const devices = await world.startDevices({
      event: (device, event) => {
        if (event.event === "boot") boots.push(event);
        if (event.event === "statement") made.set(`${device} ${event.sequence}`, event);
        if (event.event === "stop") stops.push(event);
      },
      log: (_, line) => progress(line),
    });
    await sleep(SECONDS * 1000);
    await Promise.all(devices.map((device) => device.stop()));
    ending.abort();
    await consumed;

    const [boot] = boots;
    if (boot === undefined || stops.length !== DEVICES) throw new Error(`expected ${DEVICES} devices to boot and stop in order, got ${boots.length} boots and ${stops.length} stops`);
    yield { figure: "XS heap, as created (slots at 16 B + chunks)", value: (boot.slots * 16 + boot.chunkBytes) / 1024, unit: "KB", goal: { most: 160 } };
    yield { figure: "XS heap in use at the end, largest of the devices", value: Math.max(...stops.map(({ slotsUsed, chunkBytesUsed }) => slotsUsed * 16 + chunkBytesUsed)) / 1024, unit: "KB" };
    yield { figure: "bytecode of the app, linked", value: boot.codeBytes, unit: "B" };
    yield { figure: "arena of the model", value: boot.arenaBytes, unit: "B" };
    yield { figure: "boot statement", value: boot.bytes, unit: "B" };
    yield { figure: "inference statement, largest", value: Math.max(...[...made.values()].map(({ bytes }) => bytes)), unit: "B", goal: { most: 256 } };

    const latencies = [...verifiedAt].flatMap(([key, at]) => {
      const statement = made.get(key);
      return statement === undefined ? [] : [at - statement.sampledAt];
    });
    const onDevice = [...made.values()].map(({ sampledAt, storedAt }) => storedAt - sampledAt);
    yield { figure: `sample to stored on the device, median of ${onDevice.length}`, value: percentile(onDevice, 0.5), unit: "ms" };
    yield { figure: `sample to verified, median of ${latencies.length}`, value: percentile(latencies, 0.5), unit: "ms" };
    yield { figure: `sample to verified, 99th percentile of ${latencies.length}`, value: percentile(latencies, 0.99), unit: "ms", goal: { most: 100 } };
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
};

export default bench;
