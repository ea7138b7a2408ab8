/**
 * What a model costs a Cortex-M7 beside its invokes, with the engine's portable kernels and with those for Arm's DSP extension: instructions from the file in flash to a model that can
 * run, bytes of memory (all that the engine keeps and works in), and bytes of code with constants, of an engine with just the operators and types of the model.
 *
 * Instructions, not cycles: QEMU's mps2-an500 with one instruction to the nanosecond. The peers are TensorFlow Lite for Microcontrollers at
 * 90b983c2b3f1480642e040bbd2ddb37b998f3424, measured in the same way with the same compiler (../shared/tflm/README.md, second table): initialisation with CMSIS-NN, memory and
 * code with the reference kernels, which take less than CMSIS-NN.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { buildForBoard, engineFolder, root, runOnBoard, sourcesIn } from "../boards/emulated.ts";
import { mps2An500 } from "../boards/mps2-an500/board.ts";
import { firmwareDefines, kernelTable, kernelVariants } from "../runtime/kernel-table.ts";
import type { Bench, Figure } from "./figure.ts";

const INSTRUCTIONS_PER_TICK = 40;
const LOADS = 10;
const shared = join(root, "..", "shared", "tflm");
const board = join(root, "boards", "mps2-an500");

/** Model; of the peers: instructions of its initialisation, bytes of its arena, bytes of its code. */
const MODELS = [
  ["kws_ref_model", 260_760, 22_772, 33_839],
  ["ad01_int8", 66_520, 2_704, 16_911],
  ["micro_speech_quantized", 29_560, 6_788, 28_071],
  ["hello_world_int8", 22_680, 1_072, 16_911],
  ["person_detect", 1_016_160, 82_292, 30_623],
  ["vww_96_int8", 1_018_520, 100_660, 33_839],
  ["pretrainedResnet_quant", 223_720, 54_340, 36_015],
  ["str_ww_ref_model", 319_480, 15_252, 31_719],
  ["mww_v2_okay_nabu", 498_720, 18_628, 41_231],
] as const;

const TABLES = [
  { name: "portable", kernels: "tflite_portable_kernels", variant: undefined },
  { name: "cortex-m-dsp", kernels: "tflite_cortex_m_dsp_kernels", variant: kernelVariants["cortex-m-dsp"] },
] as const;

const engine = ["", "kernels", "kernels/arm-dsp"].flatMap((folder) => sourcesIn(join(engineFolder, folder)));

/** What measure.c prints. */
interface Measured {
  loads: number;
  loadTicks: number;
  keptBytes: number;
  runBytes: number;
}

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  if (!existsSync(shared)) {
    progress(`nothing measured: ${shared} is not here`);
    return;
  }
  for (const { name: table, kernels, variant } of TABLES) {
    const program = await buildForBoard(mps2An500, { name: `measure-${table}`, sources: [...engine, join(board, "measure.c")], flags: ["-O2", `-DMEASURE_KERNELS=${kernels}`] }, progress);
    for (const [model, instructions, memory, code] of MODELS) {
      const file = join(shared, "models", `${model}.tflite`);
      const { code: status, stdout, stderr } = await runOnBoard(mps2An500, program, [file, join(shared, "golden", model, "00.in"), String(LOADS), "0"]);
      if (status !== 0) throw new Error(`${model}: expected measure to succeed, got ${status}: ${stderr}`);
      const measured = JSON.parse(stdout) as Measured;
      const loaded = Math.round((measured.loadTicks * INSTRUCTIONS_PER_TICK) / measured.loads);
      yield { figure: `${model}, ${table}, initialisation`, value: loaded, unit: "instructions", peer: { name: "TFLM CMSIS-NN", value: instructions }, goal: { most: instructions / 4 } };
      yield { figure: `${model}, ${table}, memory`, value: measured.keptBytes + measured.runBytes, unit: "bytes", peer: { name: "TFLM reference", value: memory }, goal: { most: memory } };
      const size = await codeBytes(model, new Uint8Array(await readFile(file)), table, variant, progress);
      yield { figure: `${model}, ${table}, code`, value: size, unit: "bytes", peer: { name: "TFLM reference", value: code }, goal: { most: Math.floor(code / 2) } };
    }
  }
};

/** Bytes of code and constants, the C library's included, of an engine for one model. */
async function codeBytes(model: string, file: Uint8Array, table: string, variant: (typeof TABLES)[number]["variant"], progress: (line: string) => void): Promise<number> {
  const defines = firmwareDefines([file]);
  // Models with the same flags share their objects.
  const name = `footprint-${defines.map((define) => define.replace(/^-DTFLITE_(WITHOUT_)?/, "").toLowerCase()).join("-")}`;
  const source = join(root, "build", mps2An500.name, name, `${model}-${table}.c`);
  await mkdir(dirname(source), { recursive: true });
  await writeFile(source, kernelTable([file], variant));
  const linked = { ...mps2An500, sources: [], link: ["-nostartfiles", "-Wl,-e,start"] };
  const program = await buildForBoard(linked, { name, sources: [...engine, source, join(board, "footprint.c")], flags: ["-Os", ...defines] }, progress);
  return (await sizeOf(program)) - (await sizeOf(join(dirname(program), "objects", "boards", "mps2-an500", "footprint.o")));
}

async function sizeOf(object: string): Promise<number> {
  const { stdout } = await promisify(execFile)("arm-none-eabi-size", [object]);
  const [text, data] = stdout.split("\n")[1]!.trim().split(/\s+/).map(Number);
  return text! + data!;
}

export default bench;
