/**
 * The channels of `assay/sensor/machine-load`, computed in Node from the text of `/proc`: what the device's sensor does in C.
 * Pure: the text comes in, numbers go out.
 */
import { RecordingError } from "./recording-error.ts";

/** The sensor's channels, in its order. */
export const channels = ["user", "system", "iowait", "softirq", "contextSwitches", "interrupts", "diskRead", "diskWrite", "network", "memoryPressure"] as const;

/** What the files of `/proc` said at one moment. */
export interface ProcText {
  /** `/proc/stat` */
  readonly stat: string;
  /** `/proc/vmstat` */
  readonly vmstat: string;
  /** `/proc/net/dev` */
  readonly netDev: string;
  /** `/proc/pressure/memory`; a kernel without pressure stall information has none */
  readonly memoryPressure?: string;
}

/** USER_HZ: `/proc/stat` counts CPU time in hundredths of a second on every architecture that Node runs on (proc_stat(5), times(2)). */
const TICKS_PER_SECOND = 100;

/** Microseconds in a second: the unit of `total=` in `/proc/pressure/memory`. */
const US_PER_SECOND = 1e6;

function numbersAfter(text: string, file: string, key: string, count: number): number[] {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${key} `));
  const values = (line ?? "").slice(key.length).trim().split(/\s+/, count).map(Number);
  if (line === undefined || values.length < count || !values.every((value) => Number.isSafeInteger(value) && value >= 0)) {
    throw new RecordingError("BAD_PROC", `/proc/${file}: expected a line "${key}" with ${count} counts, got ${line === undefined ? "no such line" : `"${line.slice(0, 80)}"`}`);
  }
  return values;
}

/** Bytes received and sent by all interfaces: the first and the ninth number after the interface's name (proc_pid_net(5)). */
function networkBytes(netDev: string): number {
  let bytes = 0;
  for (const line of netDev.split("\n").slice(2)) {
    const colon = line.indexOf(":");
    if (colon < 0) continue;
    const counts = line.slice(colon + 1).trim().split(/\s+/).map(Number);
    const sum = (counts[0] ?? NaN) + (counts[8] ?? NaN);
    if (!Number.isFinite(sum)) throw new RecordingError("BAD_PROC", `/proc/net/dev: expected 16 counts after an interface's name, got "${line.slice(0, 80)}"`);
    bytes += sum;
  }
  return bytes;
}

/**
 * The running totals of each channel since boot, in the order of {@link channels}: seconds, events or bytes.
 *
 * User time includes nice, system time hard interrupts; what block devices read and wrote counts the kernel in KiB, over all of them.
 *
 * @throws RecordingError `BAD_PROC`
 */
export function countersOf(text: ProcText): number[] {
  const [user, nice, system, , iowait, irq, softirq] = numbersAfter(text.stat, "stat", "cpu", 7) as [number, number, number, number, number, number, number];
  const [contextSwitches] = numbersAfter(text.stat, "stat", "ctxt", 1) as [number];
  const [interrupts] = numbersAfter(text.stat, "stat", "intr", 1) as [number];
  const [readKib] = numbersAfter(text.vmstat, "vmstat", "pgpgin", 1) as [number];
  const [writtenKib] = numbersAfter(text.vmstat, "vmstat", "pgpgout", 1) as [number];
  const stalled = text.memoryPressure === undefined ? "0" : /^some .*total=(\d+)/m.exec(text.memoryPressure)?.[1];
  if (stalled === undefined) throw new RecordingError("BAD_PROC", `/proc/pressure/memory: expected a line "some … total=N", got "${text.memoryPressure?.slice(0, 80)}"`);
  return [
    (user + nice) / TICKS_PER_SECOND,
    (system + irq) / TICKS_PER_SECOND,
    iowait / TICKS_PER_SECOND,
    softirq / TICKS_PER_SECOND,
    contextSwitches,
    interrupts,
    readKib * 1024,
    writtenKib * 1024,
    networkBytes(text.netDev),
    Number(stalled) / US_PER_SECOND,
  ];
}

/**
 * What a sample holds: how fast each total grew. A total that went back (an interface that was taken down) counts as standing still, as on the device.
 *
 * @param seconds between the two readings, > 0
 */
export function ratesBetween(before: readonly number[], after: readonly number[], seconds: number): number[] {
  return after.map((total, channel) => Math.max(0, total - before[channel]!) / seconds);
}

/** A sample as a line of CSV: four significant digits, nothing below a millionth. */
export function csvLine(rates: readonly number[]): string {
  return rates.map((rate) => String(Number((Math.round(rate * 1e6) / 1e6).toPrecision(4)))).join(",");
}
