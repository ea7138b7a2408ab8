/**
 * Linux on 64-bit Arm, such as a Raspberry Pi, as QEMU's user mode runs one program: it translates the program's instructions and passes its system calls
 * to this machine. A program is linked statically, so that it needs no files of that Linux.
 */
import { join } from "node:path";
import { buildForBoard, engineFolder, engineSources, root, sourcesIn, type EmulatedBoard } from "../emulated.ts";

function linuxAarch64(processor: string): EmulatedBoard {
  return {
    name: "linux-aarch64",
    compiler: "aarch64-linux-gnu-gcc",
    emulator: "qemu-aarch64",
    // What every such processor has; kernels for what some of them have are picked when the program starts.
    processor: ["-march=armv8-a"],
    sources: [],
    link: ["-static"],
    options: (program, parameters) => ["-cpu", processor, program, ...parameters],
  };
}

/** The processor of a Raspberry Pi 3: NEON without the dot product extension. */
export const cortexA53 = linuxAarch64("cortex-a53");
/** The processor of a Raspberry Pi 5: with it. */
export const cortexA76 = linuxAarch64("cortex-a76");

/** The same with AddressSanitizer and UBSan. Their libraries are linked dynamically, so QEMU is told where Debian keeps those of that Linux. */
export const sanitizedCortexA76: EmulatedBoard = {
  ...cortexA76,
  name: "linux-aarch64-sanitized",
  processor: [...cortexA76.processor, "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
  sources: [join(import.meta.dirname, "address-sanitizer.c")],
  link: [],
  options: (program, parameters) => ["-L", "/usr/aarch64-linux-gnu", ...cortexA76.options(program, parameters)],
};

/** The sources of the engine with the kernels for NEON; which ones run, it finds out by itself. */
export function neonEngineSources(): string[] {
  return [...engineSources(), ...sourcesIn(join(engineFolder, "kernels", "simd"))];
}

/** assay-model with all variants of the engine: one program for all processors. */
export function buildModelRun(board: EmulatedBoard, progress?: (line: string) => void): Promise<string> {
  return buildForBoard(board, { name: "model-run", sources: [...neonEngineSources(), join(root, "boards", "linux", "model-run.c")] }, progress);
}
