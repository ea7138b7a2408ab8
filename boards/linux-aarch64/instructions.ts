/** How many instructions programs execute on 64-bit Arm. QEMU does not tell how long they take, and counts them exactly. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CCompiler } from "../../runtime/c-compiler.ts";
import { withLock } from "../../runtime/build-lock.ts";
import { root, runOnBoard, type EmulatedBoard } from "../emulated.ts";

/** Compiles QEMU's plugin for this machine, if it has changed; returns its path. */
async function buildCounter(): Promise<string> {
  const folder = join(root, "build", "linux-aarch64", "count-instructions");
  return withLock(join(folder, "lock"), async () => {
    const compiler = new CCompiler(root, folder, "gcc", () => {});
    await compiler.open();
    const source = join(import.meta.dirname, "count-instructions.c");
    const flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O2", "-fPIC"];
    return compiler.link("count-instructions.so", await compiler.compile([{ source, object: "count-instructions", flags, group: "QEMU's plugin" }]), ["-shared"]);
  });
}

/** A board whose programs say on stderr, after all else, how many instructions they executed. */
async function counting(board: EmulatedBoard): Promise<EmulatedBoard> {
  const plugin = await buildCounter();
  return { ...board, options: (program, parameters) => ["-plugin", plugin, ...board.options(program, parameters)] };
}

/**
 * Instructions of one invoke of a model, by assay-model with a variant of the engine's kernels: what a second one adds.
 *
 * @param input the inputs of an invoke
 */
export async function instructionsPerInvoke(board: EmulatedBoard, modelRun: string, model: string, input: Uint8Array, kernels: string): Promise<number> {
  const on = await counting(board);
  const folder = mkdtempSync(join(tmpdir(), "assay-instructions-"));
  try {
    const counts: number[] = [];
    for (const invokes of [1, 2]) {
      const path = join(folder, "input");
      writeFileSync(path, Buffer.concat(Array<Uint8Array>(invokes).fill(input)));
      const { code, stderr } = await runOnBoard(on, modelRun, ["run", model, "--input", path, "--output", join(folder, "output"), "--kernels", kernels]);
      if (code !== 0 || !/^\d+\n$/.test(stderr)) throw new Error(`expected a number of instructions, got ${code}: ${stderr}`);
      counts.push(Number(stderr));
    }
    return counts[1]! - counts[0]!;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
