/** The MPS2+ board in QEMU, for tests: a firmware, a flash chip in a folder of its own, and what the board says. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import definition from "../../boards/mps2-an500/definition.ts";
import { startEmulator, type Emulator } from "../../boards/mps2-an500/emulator.ts";
import { openChip, writePartition } from "../../boards/mps2-an500/flash-chip.ts";
import { mps2An500 } from "../../boards/mps2-an500/board.ts";
import { parseEvent, type DeviceEvent } from "../../host-sim/events.ts";

/** Programs that a test of the board needs. */
export const mps2Programs: readonly string[] = [mps2An500.compiler, mps2An500.emulator];

/** What a board is flashed with. */
export interface Flashed {
  readonly config: object;
  /** CSV */
  readonly trace?: string;
}

/** A board that can be switched on and off. */
export class VirtualBoard {
  readonly lines: string[] = [];
  readonly events: DeviceEvent[] = [];
  readonly folder: string;
  private readonly elf: string;
  private readonly changed = new Set<() => void>();
  private emulator: Emulator | undefined;
  private isToEnd = false;
  private broker: { host: string; port: number } | undefined;

  constructor(t: ExecutionContext, elf: string) {
    this.elf = elf;
    this.folder = mkdtempSync(join(tmpdir(), "assay-mps2-"));
    t.teardown(async () => {
      await this.emulator?.cutPower();
      rmSync(this.folder, { recursive: true });
    });
  }

  /** Writes configuration and recording; keys and statements stay. */
  flash({ config, trace }: Flashed): void {
    const chip = join(this.folder, "flash.bin");
    openChip(chip, { erase: false });
    this.broker = (config as { broker?: { host: string; port: number } }).broker;
    writePartition(chip, "config", Buffer.from(JSON.stringify({ time: false, seed: 1, ...config, ...(trace === undefined ? {} : { trace: { file: "trace", ...(config as { trace?: object }).trace } }) })));
    if (trace !== undefined) writePartition(chip, "trace", Buffer.from(trace));
  }

  /** Switches the board on. */
  async start(): Promise<void> {
    this.isToEnd = false;
    openChip(join(this.folder, "flash.bin"), { erase: false });
    this.emulator = await startEmulator({
      elf: this.elf,
      chip: join(this.folder, "flash.bin"),
      ...(this.broker === undefined ? {} : { broker: this.broker }),
      onLine: (line) => {
        this.lines.push(line);
        const event = parseEvent(line);
        if (event !== undefined) this.events.push(event);
        for (const check of this.changed) check();
        this.cutAtReset();
      },
    });
  }

  reset(): Promise<void> {
    return this.emulator!.reset();
  }

  cutPower(): Promise<void> {
    return this.emulator!.cutPower();
  }

  /** QEMU's exit code, when the firmware has ended by itself; −1 if it resets instead. */
  ended(): Promise<number> {
    this.isToEnd = true;
    this.cutAtReset();
    return this.emulator!.ended;
  }

  private cutAtReset(): void {
    if (this.isToEnd && this.lines.some((line) => line.startsWith("assay: reset"))) void this.emulator?.cutPower();
  }

  /** Waits for something that the board says, past or future; fails with its last words when it does not come. */
  async until<Found>(what: string, find: (board: this) => Found | undefined, timeoutMs = 60_000): Promise<Found> {
    const found = find(this);
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.changed.delete(check);
        reject(new Error(`expected ${what} within ${timeoutMs} ms; the board said:\n${this.lines.slice(-30).join("\n")}`));
      }, timeoutMs);
      const check = (): void => {
        const found = find(this);
        if (found === undefined) return;
        clearTimeout(timer);
        this.changed.delete(check);
        resolve(found);
      };
      this.changed.add(check);
    });
  }
}

/** Builds an app for the board as `assay build` does; returns the ELF file in a folder of the test's own. */
export async function buildForMps2(t: ExecutionContext, app: string): Promise<string> {
  const output = mkdtempSync(join(tmpdir(), "assay-firmware-"));
  t.teardown(() => rmSync(output, { recursive: true }));
  return (await definition.build(app, { progress: () => {}, output })).files["elf"]!;
}

/** A device script in a folder of the test's own. */
export function writeScript(t: ExecutionContext, source: string): string {
  const folder = mkdtempSync(join(tmpdir(), "assay-script-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "script.ts");
  writeFileSync(file, source);
  return file;
}
