/**
 * Measures what each operator takes of a microcontroller's flash, for the estimates of `assay model info`, and writes code-sizes.json:
 *
 *     node boards/measure-code.ts
 *
 * It needs the boards' compilers and QEMU, and takes a few minutes. An engine is linked for each operator alone, as firmware is built (-Os), for int8 only and for all types.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { loadModel } from "assay/tflite/wasm";
import { openEngine } from "assay/tflite/wasm/engine";
import { declaredKernels, kernelVariants, type KernelVariant } from "../runtime/kernel-table.ts";
import { buildForBoard, engineFolder, engineSources, root, runOnBoard, sourcesIn, type EmulatedBoard } from "./emulated.ts";
import { mps2An500 } from "./mps2-an500/board.ts";
import { rv32Virt } from "./rv32-virt/board.ts";

/** What code-sizes.json says of a board. */
interface CodeSizes {
  variant: string;
  int8: Record<string, number>;
  allTypes: Record<string, number>;
  /** null where instructions cannot be counted */
  instructions: Instructions | null;
}

interface Instructions {
  perOperator: number;
  perWork: number;
}

const TYPES = {
  int8: ["-DTFLITE_WITHOUT_FLOAT32", "-DTFLITE_WITHOUT_INT16", "-DTFLITE_WITHOUT_INT4", "-DTFLITE_WITHOUT_INT64"],
  allTypes: [],
} as const;

const FIRMWARE = ["-Os", "-DTFLITE_TERSE"];
/** boards/mps2-an500/timer.h */
const INSTRUCTIONS_PER_TICK = 40;

/** As the engine names an operator: CONV_2D, SignalRfft. */
function operatorName(kernel: string): string {
  return kernel.startsWith("signal_") ? kernel.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()) : kernel.toUpperCase();
}

function tableOf(kernel: string | undefined, variant: KernelVariant | undefined, faster: ReadonlySet<string>): string {
  const symbol = kernel === undefined ? undefined : `${faster.has(kernel) ? variant!.prefix : "tflite_"}${kernel}`;
  const rows = symbol === undefined ? "" : `static const tflite_kernel *const rows[] = { &${symbol} };\n`;
  const includes = ["kernels/kernels.h", ...(variant === undefined ? [] : [variant.header])].map((header) => `#include ${JSON.stringify(header)}\n`).join("");
  return `${includes}${rows}extern const tflite_kernels tflite_model_kernels;\nconst tflite_kernels tflite_model_kernels = { "measured", ${symbol === undefined ? "NULL, 0" : "rows, 1"}, NULL };\n`;
}

/** Bytes of code and constants with one operator, or none. */
async function linked(board: EmulatedBoard, types: keyof typeof TYPES, source: string, kernel: string | undefined, variant: KernelVariant | undefined, faster: ReadonlySet<string>): Promise<number> {
  const name = `code-${types}`;
  const table = join(root, "build", board.name, name, `${kernel ?? "none"}.c`);
  mkdirSync(dirname(table), { recursive: true });
  writeFileSync(table, tableOf(kernel, variant, faster));
  const fast = variant === undefined ? [] : sourcesIn(join(engineFolder, dirname(variant.header)));
  const link = board === mps2An500 ? ["--specs=nosys.specs", "-nostartfiles", "-Wl,-e,size_main"] : ["-nostartfiles", "-Wl,-e,size_main", "-Wl,--defsym=__flash=0x80000000", "-Wl,--defsym=__flash_size=16M", "-Wl,--defsym=__ram=0x81000000", "-Wl,--defsym=__ram_size=48M"];
  const program = await buildForBoard({ ...board, sources: [], link }, { name, program: `${kernel ?? "none"}.elf`, sources: [...engineSources(), ...fast, table, source], flags: [...FIRMWARE, ...TYPES[types]] });
  const size = board.compiler.replace(/gcc$/, "size");
  const [, line] = (await promisify(execFile)(size, [program])).stdout.trim().split("\n");
  const [text, data] = line!.trim().split(/\s+/).map(Number) as [number, number];
  return text + data;
}

async function sizes(board: EmulatedBoard, types: keyof typeof TYPES, variant: KernelVariant | undefined): Promise<Record<string, number>> {
  const source = join(root, "boards", "mps2-an500", "size.c");
  const faster = variant === undefined ? new Set<string>() : declaredKernels(variant.header, variant.prefix);
  const core = await linked(board, types, source, undefined, variant, faster);
  const result: Record<string, number> = { "": core };
  for (const kernel of declaredKernels("kernels/kernels.h", "tflite_")) {
    result[operatorName(kernel)] = (await linked(board, types, source, kernel, variant, faster)) - core;
    process.stderr.write(`${board.name}, ${types}: ${operatorName(kernel)}\n`);
  }
  return result;
}

/** Models that show what instructions go with: the example's, and some of the conformance data. */
function measuredModels(): string[] {
  const names = ["kws_ref_model", "person_detect", "vww_96_int8", "pretrainedResnet_quant", "str_ww_ref_model"];
  return [join(root, "examples", "machine-health", "model.tflite"), ...names.map((name) => join(root, "..", "shared", "tflm", "models", `${name}.tflite`))].filter((file) => existsSync(file));
}

/**
 * Instructions of an invoke as so many for each operator and so many for each unit of work: least squares of the relative errors.
 */
async function instructionsOf(): Promise<Instructions> {
  const program = await buildForBoard(mps2An500, {
    name: "measure-cortex-m-dsp",
    sources: [...engineSources(), ...sourcesIn(join(engineFolder, "kernels", "arm-dsp")), join(root, "boards", "mps2-an500", "measure.c")],
    flags: ["-O2", "-DMEASURE_KERNELS=tflite_cortex_m_dsp_kernels"],
  });
  const engine = await openEngine({ kernels: "portable" });
  let [nn, nw, ww, n, w] = [0, 0, 0, 0, 0];
  for (const file of measuredModels()) {
    const model = await loadModel(new Uint8Array(readFileSync(file)), engine);
    const input = join(root, "build", mps2An500.name, "input.bin");
    writeFileSync(input, new Uint8Array(model.inputs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)));
    const { code, stdout, stderr } = await runOnBoard(mps2An500, program, [file, input, "1", "20"]);
    if (code !== 0) throw new Error(`expected ${file} to run on ${mps2An500.name}, got exit code ${code}: ${stderr}`);
    const { invokes, invokeTicks, copyTicks } = JSON.parse(stdout) as { invokes: number; invokeTicks: number; copyTicks: number };
    const instructions = ((invokeTicks - copyTicks) * INSTRUCTIONS_PER_TICK) / invokes;
    const [operators, work] = [model.operators.length / instructions, model.memory.work / instructions];
    nn += operators * operators;
    nw += operators * work;
    ww += work * work;
    n += operators;
    w += work;
  }
  const determinant = nn * ww - nw * nw;
  return { perOperator: Math.round((n * ww - w * nw) / determinant), perWork: Number(((w * nn - n * nw) / determinant).toFixed(2)) };
}

const dsp = kernelVariants["cortex-m-dsp"];
const boards: Record<string, CodeSizes> = {
  "cortex-m7": { variant: dsp.name, int8: await sizes(mps2An500, "int8", dsp), allTypes: await sizes(mps2An500, "allTypes", dsp), instructions: await instructionsOf() },
  rv32imac: { variant: "portable", int8: await sizes(rv32Virt, "int8", undefined), allTypes: await sizes(rv32Virt, "allTypes", undefined), instructions: null },
};
writeFileSync(join(import.meta.dirname, "code-sizes.json"), `${JSON.stringify(boards, undefined, 1)}\n`);
