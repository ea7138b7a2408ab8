/**
 * A program that does one thing with a real serial port and tells on stdout, as JSON lines. Tests start it, since serialport does not work in AVA's worker threads.
 * Arguments: what to do, and its parameters as JSON. It ends with its work, or when stdin ends.
 */
import { readFileSync } from "node:fs";
import { identifyEsp } from "../../boards/esp-flash/connect.ts";
import { FlashError } from "../../boards/esp-flash/flash-error.ts";
import { flashEsp, type FlashJob } from "../../boards/esp-flash/flash-esp.ts";
import { monitorPort } from "../../boards/esp-flash/monitor.ts";
import { openSerial } from "../../boards/esp-flash/open-serial.ts";

const [what, parameters] = process.argv.slice(2);
const { port, file } = JSON.parse(parameters!) as { port: string; file?: string };
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const stop = new AbortController();
process.stdin.on("end", () => stop.abort()).resume();

const actions: Readonly<Record<string, () => Promise<void>>> = {
  flash: async () => {
    const job: FlashJob = { parts: [{ name: "merged.bin", kind: "merged", offset: 0, bytes: readFileSync(file!) }], progress: (event) => event.type === "note" && say(event) };
    say({ type: "report", report: await flashEsp(port, job) });
  },
  identify: async () => say({ type: "identity", identity: await identifyEsp(port) }),
  monitor: () => monitorPort({ port, reset: true, onEvent: say, signal: stop.signal, clock: () => 1234 }),
  open: async () => {
    const link = await openSerial(port);
    say({ type: "open" });
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    await link.close();
    await link.close();
    say({ type: "closed" });
  },
};

try {
  await actions[what!]!();
} catch (error) {
  if (!(error instanceof FlashError)) throw error;
  say({ type: "error", code: error.code, message: error.message });
}
process.exit();
