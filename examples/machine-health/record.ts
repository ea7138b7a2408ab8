/**
 * Records the load of this machine as the sensor `machine-load` sees it, so that you can train on machines and loads of your own:
 *
 *     node examples/machine-health/record.ts --label compute --seconds 25 --out examples/machine-health/data/compute-mine.csv
 *
 * Start the load first; the file's name has to begin with its label for `train.ts` to know the class.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { channels, countersOf, csvLine, ratesBetween, type ProcText } from "./proc-counters.ts";
import { RecordingError } from "./recording-error.ts";
import { labels } from "./recordings.ts";

/** The rate of the app's sensor, Hz. */
const RATE_HZ = 10;

function readProc(): ProcText {
  try {
    return {
      stat: readFileSync("/proc/stat", "utf8"),
      vmstat: readFileSync("/proc/vmstat", "utf8"),
      netDev: readFileSync("/proc/net/dev", "utf8"),
      ...(existsSync("/proc/pressure/memory") ? { memoryPressure: readFileSync("/proc/pressure/memory", "utf8") } : {}),
    };
  } catch (cause) {
    throw new RecordingError("BAD_PROC", `expected Linux with /proc mounted: ${(cause as Error).message}`, { cause });
  }
}

/** Samples the machine for `seconds` and returns the recording as CSV. */
async function record(seconds: number): Promise<string> {
  const lines = [channels.join(",")];
  const start = performance.now();
  let [before, beforeMs] = [countersOf(readProc()), start];
  for (let sample = 1; sample <= seconds * RATE_HZ; sample++) {
    // Waiting for the sample's own moment, not for a tenth of a second after the last, so that delays do not add up.
    await new Promise((resolve) => setTimeout(resolve, start + (sample * 1000) / RATE_HZ - performance.now()));
    const [now, nowMs] = [countersOf(readProc()), performance.now()];
    lines.push(csvLine(ratesBetween(before, now, (nowMs - beforeMs) / 1000)));
    [before, beforeMs] = [now, nowMs];
  }
  return `${lines.join("\n")}\n`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { label: { type: "string" }, seconds: { type: "string", default: "25" }, out: { type: "string" } } });
  const seconds = Number(values.seconds);
  if (!labels.some((label) => label === values.label)) throw new RecordingError("BAD_OPTION", `--label: expected one of ${labels.join(", ")}, got ${values.label ?? "none"}`);
  if (!(seconds >= 4 && seconds <= 3600)) throw new RecordingError("BAD_OPTION", `--seconds: expected 4 to 3600 (a window takes 3.2), got ${values.seconds}`);
  if (values.out === undefined) throw new RecordingError("BAD_OPTION", "--out: expected a file to write, got none");
  if (!basename(values.out).startsWith(`${values.label}-`)) throw new RecordingError("BAD_OPTION", `--out: expected a file name that begins with "${values.label}-", got ${basename(values.out)}`);
  writeFileSync(values.out, await record(seconds));
  console.log(`${values.out}: ${seconds * RATE_HZ} samples of ${channels.length} channels`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof RecordingError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
  console.error((error as Error).message);
  process.exitCode = 1;
}
