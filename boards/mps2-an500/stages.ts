/** Instructions of each stage of an app on the MPS2+ board, and the baseline that they are compared with (stages.json). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mps2An500 } from "./board.ts";
import { startEmulator } from "./emulator.ts";
import { buildFirmware } from "./firmware.ts";
import { openChip, writePartition } from "./flash-chip.ts";

const STATEMENTS = 40;
const examples = join(import.meta.dirname, "..", "..", "examples");

/** The apps that are counted, with the recordings that they play. */
export const countedApps: readonly { readonly app: string; readonly recording: string }[] = [
  { app: "machine-health", recording: "io-copy.csv" },
  { app: "vibration", recording: "loosening.csv" },
];

/** Instructions for one statement by stage. */
export type Stages = Readonly<Record<string, number>>;

/** What the figures were counted with, and the figures by app. */
export interface Baseline {
  /** first line of the compiler's version: another compiler makes other code */
  readonly compiler: string;
  readonly apps: Readonly<Record<string, Stages>>;
}

const baselineFile = join(import.meta.dirname, "stages.json");

/** The stored baseline. */
export function readBaseline(): Baseline {
  return JSON.parse(readFileSync(baselineFile, "utf8")) as Baseline;
}

/** The compiler in use, by the first line of its version. */
export function compilerVersion(): string {
  return spawnSync(mps2An500.compiler, ["--version"], { encoding: "utf8" }).stdout.split("\n")[0] ?? "";
}

/** Counts the instructions of an app's stages; the same for the same sources, compiler and recording. */
export async function countStages({ app, recording }: { readonly app: string; readonly recording: string }, progress?: (line: string) => void): Promise<Stages> {
  const folder = mkdtempSync(join(tmpdir(), "assay-stages-"));
  try {
    const script = join(folder, "stages.ts");
    writeFileSync(script, `import app from ${JSON.stringify(join(examples, app, "app.ts"))};\nimport { countStages } from ${JSON.stringify(join(import.meta.dirname, "device", "stages.ts"))};\ncountStages(app, ${STATEMENTS});\n`);
    const { elf } = await buildFirmware(script, { script: true, ...(progress === undefined ? {} : { progress }) });
    const chip = join(folder, "flash.bin");
    openChip(chip, { erase: true });
    writePartition(chip, "trace", readFileSync(join(examples, app, "data", recording)));
    const lines: string[] = [];
    const emulator = await startEmulator({
      elf,
      chip,
      countInstructions: true,
      onLine: (line) => {
        lines.push(line);
        // It would start again for ever.
        if (line.startsWith("assay: reset")) void emulator.cutPower();
      },
    });
    const code = await emulator.ended;
    const last = lines.at(-1) ?? "";
    if (code !== 0 || !last.startsWith("{")) throw new Error(`expected the firmware to print its figures, got exit code ${code}:\n${lines.slice(-10).join("\n")}`);
    return JSON.parse(last) as Stages;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Counts all apps. */
export async function countAll(progress?: (line: string) => void): Promise<Baseline> {
  const apps: Record<string, Stages> = {};
  for (const each of countedApps) apps[each.app] = await countStages(each, progress);
  return { compiler: compilerVersion(), apps };
}

// node boards/mps2-an500/stages.ts: counts, and stores what it counted as the new baseline.
if (import.meta.main) {
  const baseline = await countAll((line) => process.stderr.write(`${line}\n`));
  writeFileSync(baselineFile, `${JSON.stringify(baseline, undefined, 2)}\n`);
  process.stdout.write(`${JSON.stringify(baseline, undefined, 2)}\n`);
}
