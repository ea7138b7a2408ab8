/** `assay sim`: a whole world on this machine, with live devices and a subscriber that believes nothing. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { pino } from "pino";
import { hexToBytes } from "viem";
import { checkModels } from "../boards/model-memory.ts";
import { chainLog } from "../client/chain-root.ts";
import { buildApp, buildHost } from "../runtime/build.ts";
import type { Resource } from "../runtime/bundle.ts";
import type { DeviceEvent } from "../host-sim/events.ts";
import { integer, number, port } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { describeBoot } from "./describe-event.ts";
import { Follower } from "./follower.ts";
import { InputWriter } from "./input-writer.ts";
import { Ledger } from "./ledger.ts";
import { createOutput, shortDevice, type Output } from "./output.ts";
import { progressLines } from "./progress.ts";
import { writeTrust } from "./trust-file.ts";
import { createWorld, type World } from "./world.ts";

interface SimOptions {
  readonly for?: number;
  readonly devices: number;
  readonly json: boolean;
  readonly trace?: string;
  readonly data?: string;
  readonly save?: string;
  readonly reveal?: string;
  readonly brokerPort: number;
  readonly chainPort: number;
  readonly anchorEvery: number;
}

/** How long a run that is told to end waits for what is still on its way: acks and last messages, then anchor and receipts. */
const VERIFY_PATIENCE_MS = 5_000;
const ANCHOR_PATIENCE_MS = 20_000;

const EXAMPLE = join(import.meta.dirname, "..", "examples", "machine-health", "app.ts");

/** The command. */
export function simCommand(): Command {
  return new Command("sim")
    .description("run an app on simulated devices, with broker, chain and gateway on this machine, and print every inference that verifies")
    .argument("[APP]", "the app's TypeScript file", EXAMPLE)
    .option("--for <SECONDS>", "stop when the devices have run so long (default: at Ctrl-C)", number(1, 1e9))
    .option("--devices <N>", "how many devices, 1 to 100", integer(1, 100), 1)
    .option("--json", "JSON lines on stdout, text on stderr; the last line is the summary", false)
    .option("--trace <FILE>", "a CSV recording instead of live input; it starts again at its end")
    .option("--data <DIR>", "keep keys, statements, log and chain here, and take them up again (default: a fresh folder in the user's cache, removed at the end)")
    .option("--save <DIR>", "write each verified statement with its receipt to DIR/<device>-<boot>-<sequence>.cose, for assay verify")
    .option("--reveal <DIR>", "write the input of each statement to DIR/<device>-<boot>-<sequence>.input, for assay verify --replay")
    .option("--broker-port <PORT>", "MQTT port on 127.0.0.1; 0 picks a free one", port, 1883)
    .option("--chain-port <PORT>", "JSON-RPC port on 127.0.0.1; 0 picks a free one", port, 8545)
    .option("--anchor-every <SECONDS>", "how often the log is anchored", number(1, 3600), 5)
    .addHelpText(
      "after",
      `
example:
  assay sim --devices 3 --for 60 --save out

The summary counts statements, boot statements included: statements stored by the devices, of those verified by the subscriber, anchored, lost (never seen
verified); messages rejected, delivered twice (duplicates); receipts verified; the id of the chain and how many of its blocks hold an anchor.`,
    )
    .action(async (app: string, options: SimOptions) => await simulate(resolve(app), options));
}

async function simulate(app: string, options: SimOptions): Promise<void> {
  const output = createOutput(options.json);
  const trace = options.trace === undefined ? undefined : resolve(options.trace);
  if (trace !== undefined && !existsSync(trace)) throw new CliError("BAD_FILE", `expected a recording at ${trace}, found no such file`);
  if (trace === undefined && process.platform !== "linux") throw new CliError("MISSING", `live input needs Linux with /proc, and this is ${process.platform}; play a recording with --trace FILE`);
  if (trace === undefined && !existsSync("/proc/stat")) throw new CliError("MISSING", "live input needs /proc, which is not mounted here; mount it, or play a recording with --trace FILE");

  const stop = stopSignal();
  const { device: host } = await buildHost({ progress: progressLines() });
  const models = (resources: readonly Resource[]): Promise<unknown> => checkModels("linux", resources.filter(({ name }) => name.endsWith(".tflite")));
  const image = await buildApp(app, { onResources: models });
  const folder = await dataFolder(options.data);
  try {
    const world = await createWorld({
      folder,
      brokerPort: options.brokerPort,
      chainPort: options.chainPort,
      anchorEveryMs: options.anchorEvery * 1000,
      devices: options.devices,
      host,
      image: image.file,
      trace,
      // The line that people read stays free of the gateway's doings; what it refuses is worth a warning.
      logger: pino({ level: "warn", base: null }, pino.destination({ dest: 2, sync: true })),
      reveal: options.reveal !== undefined,
      progress: output.note,
    });
    try {
      await live(world, { output, stop, folder, save: options.save, reveal: options.reveal, seconds: options.for });
    } finally {
      await world.close();
    }
  } finally {
    stop.dispose();
    if (options.data === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the devices until told to stop, then lets everything that they made arrive, and sums up. */
async function live(world: World, context: { output: Output; stop: StopSignal; folder: string; save: string | undefined; reveal: string | undefined; seconds: number | undefined }): Promise<void> {
  const { output, stop, folder, save, reveal, seconds } = context;
  const trust = {
    devices: world.devices.map(({ id, publicKey, simulator }) => ({ id, keys: [{ publicKey }], simulator })),
    logs: [{ id: world.gateway.id, publicKey: world.gateway.publicKey, verifierKey: world.gateway.verifierKey, chainId: world.deployment.chainId, contract: world.deployment.log }],
    allowSimulated: true,
  };
  const trustFile = join(folder, "trust.json");
  await writeTrust(trustFile, trust);
  output.note(`trust roots in ${trustFile}; in another terminal: npx assay subscribe --broker ${world.broker.url} --trust ${trustFile}`);

  const ledger = new Ledger();
  const log = await chainLog({ rpc: world.anvil.rpcUrl, contract: hexToBytes(world.deployment.log) });
  const follower = new Follower({ broker: world.broker.url, trust, log, output, save, ledger });
  await Promise.race([follower.ready, follower.failed]);
  if (reveal !== undefined) await mkdir(reveal, { recursive: true, mode: 0o700 });
  const inputs = reveal === undefined ? undefined : new InputWriter(reveal);
  const devices = await world.startDevices({
    event: (device, event) => {
      inputs?.take(device, event);
      onEvent(device, event, ledger, output);
    },
    log: (device, line) => output.note(`${shortDevice(device)}  ${line}`),
  });
  if (seconds !== undefined) stop.after(seconds);
  const ended = Promise.race(devices.map(async (device, index) => {
    const code = await device.ended;
    if (!stop.signal.aborted) throw new CliError("MISSING", `device ${shortDevice(world.devices[index]!.id)} ended with exit code ${code}: ${device.diagnostics.findLast((line) => line.startsWith("assay: ")) ?? device.diagnostics.at(-1) ?? "it said nothing"}`);
  }));
  try {
    await Promise.race([stop.reached, ended, follower.failed]);
    output.note("stopping: devices send what they hold, then the log is anchored once more (Ctrl-C again to leave at once)");
    await Promise.all(devices.map((device) => device.stop()));
    await until(() => ledger.complete.verified, VERIFY_PATIENCE_MS, stop.hurry);
    if (!stop.hurry.aborted) {
      await Promise.race([world.gateway.flush({ timeoutMs: ANCHOR_PATIENCE_MS }), aborted(stop.hurry)]);
      await until(() => ledger.complete.anchored, VERIFY_PATIENCE_MS, stop.hurry);
    }
  } finally {
    await follower.close();
  }
  const summary = ledger.summary({ rejected: world.gateway.counters().rejected + follower.rejected, duplicates: follower.duplicates, chain: world.deployment.chainId });
  output.text(`${summary.statements} statements, ${summary.verified} verified, ${summary.anchored} anchored in ${summary.blocks} blocks of chain ${summary.chain}, ${summary.receipts} receipts, ${summary.lost} lost, ${summary.duplicates} twice, ${summary.rejected} rejected`);
  output.json(summary);
}

function onEvent(device: string, event: DeviceEvent, ledger: Ledger, output: Output): void {
  if (event.event === "statement") ledger.stored(device, event.sequence);
  if (event.event === "withheld") output.note(`${shortDevice(device)}  outbox full: a window was not attested`);
  if (event.event === "disconnected" && event.reason !== "CLOSED") output.note(`${shortDevice(device)}  disconnected: ${event.reason ?? "unknown"}`);
  if (event.event !== "boot") return;
  ledger.stored(device, event.sequence);
  output.text(`${shortDevice(device)}  ${describeBoot(event)}`);
}

/** The folder for a run's state: the one that the user names, or a fresh one in the cache. */
async function dataFolder(named: string | undefined): Promise<string> {
  if (named !== undefined) {
    await mkdir(named, { recursive: true, mode: 0o700 });
    return resolve(named);
  }
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "assay");
  await mkdir(cache, { recursive: true, mode: 0o700 });
  return await mkdtemp(join(cache, "sim-"));
}

interface StopSignal {
  /** aborted when the run is to end in good order */
  readonly signal: AbortSignal;
  /** aborted when it is to end at once */
  readonly hurry: AbortSignal;
  /** resolves when `signal` is aborted */
  readonly reached: Promise<void>;
  /** ends the run in good order after so long */
  after(seconds: number): void;
  dispose(): void;
}

/** Ends the run at Ctrl-C or SIGTERM; at once at the second. */
function stopSignal(): StopSignal {
  const first = new AbortController();
  const second = new AbortController();
  const onSignal = (): void => (first.signal.aborted ? second : first).abort();
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: first.signal,
    hurry: second.signal,
    reached: aborted(first.signal),
    after: (seconds) => {
      timer = setTimeout(() => first.abort(), seconds * 1000);
    },
    dispose: () => {
      clearTimeout(timer);
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function until(condition: () => boolean, patienceMs: number, hurry: AbortSignal): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!condition() && performance.now() < end && !hurry.aborted) await sleep(20);
}
