/**
 * What models cost on a Cortex-M7, in instructions and bytes, beside TensorFlow Lite Micro's reference kernels and CMSIS-NN: per invoke, for loading once, in memory and in code. Measured on an emulated
 * board whose clock counts instructions (boards/mps2-an500), so figures are the same on every machine.
 *
 * Instructions: gcc -O2; the table of kernels holds what the model needs. Code: gcc -Os, with that table and what firmware leaves out (firmwareDefines), linked with all that it needs of the C library:
 * interpreter, kernels and constants; without the model and the program around it.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { buildForBoard, engineFolder, engineSources, root, runOnBoard, sourcesIn, type BoardProgram } from "../boards/emulated.ts";
import { mps2An500 } from "../boards/mps2-an500/board.ts";
import { firmwareDefines, kernelTable, kernelVariants } from "../runtime/kernel-table.ts";
import type { Bench, Figure } from "./figure.ts";

const shared = join(root, "..", "shared", "tflm");
const fastFolder = join(engineFolder, "kernels", "arm-dsp");

/** What the others need: the second table of the conformance data's README, measured with gcc 12.2 on the same emulated board. */
interface Peers {
  readonly invoke: { readonly reference: number; readonly cmsisNn: number };
  /** of CMSIS-NN */
  readonly load: number;
  readonly arena: { readonly reference: number; readonly cmsisNn: number };
  readonly code: { readonly reference: number; readonly cmsisNn: number };
}

const PEERS: Readonly<Record<string, Peers>> = {
  kws_ref_model: { invoke: { reference: 43_615_600, cmsisNn: 7_644_120 }, load: 260_760, arena: { reference: 22_772, cmsisNn: 22_820 }, code: { reference: 33_839, cmsisNn: 44_407 } },
  ad01_int8: { invoke: { reference: 1_949_040, cmsisNn: 583_280 }, load: 66_520, arena: { reference: 2_704, cmsisNn: 3_024 }, code: { reference: 16_911, cmsisNn: 20_367 } },
  micro_speech_quantized: { invoke: { reference: 9_301_200, cmsisNn: 1_489_440 }, load: 29_560, arena: { reference: 6_788, cmsisNn: 6_836 }, code: { reference: 28_071, cmsisNn: 36_271 } },
  hello_world_int8: { invoke: { reference: 5_200, cmsisNn: 3_564 }, load: 22_680, arena: { reference: 1_072, cmsisNn: 1_168 }, code: { reference: 16_911, cmsisNn: 20_367 } },
  person_detect: { invoke: { reference: 96_633_600, cmsisNn: 22_715_920 }, load: 1_016_160, arena: { reference: 82_292, cmsisNn: 82_308 }, code: { reference: 30_623, cmsisNn: 39_591 } },
  vww_96_int8: { invoke: { reference: 101_220_240, cmsisNn: 24_025_600 }, load: 1_018_520, arena: { reference: 100_660, cmsisNn: 100_708 }, code: { reference: 33_839, cmsisNn: 44_407 } },
  pretrainedResnet_quant: { invoke: { reference: 108_688_040, cmsisNn: 30_025_400 }, load: 223_720, arena: { reference: 54_340, cmsisNn: 54_996 }, code: { reference: 36_015, cmsisNn: 41_447 } },
  str_ww_ref_model: { invoke: { reference: 8_500_280, cmsisNn: 2_188_160 }, load: 319_480, arena: { reference: 15_252, cmsisNn: 16_596 }, code: { reference: 31_719, cmsisNn: 42_319 } },
  mww_v2_okay_nabu: { invoke: { reference: 389_121, cmsisNn: 193_025 }, load: 498_720, arena: { reference: 18_628, cmsisNn: 19_380 }, code: { reference: 41_231, cmsisNn: 50_871 } },
};

/** What boards/mps2-an500/measure.c prints. */
interface Measured {
  readonly loads: number;
  readonly loadTicks: number;
  readonly invokes: number;
  readonly invokeTicks: number;
  readonly copyTicks: number;
  readonly keptBytes: number;
  readonly runBytes: number;
}

/** boards/mps2-an500/timer.h */
const INSTRUCTIONS_PER_TICK = 40;
/** So much is measured that a tick more or less is less than an instruction, or a thousandth of a thousandth. */
const INSTRUCTIONS_MEASURED = 40_000_000;

type Kernels = "dsp" | "portable";

/** A model of the conformance data. */
interface Model {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Writes the source of a table with the model's operators, as a firmware has it. */
function writeTable(model: Model, kernels: Kernels): string {
  const path = join(root, "build", mps2An500.name, "tables", `${model.name}-${kernels}.c`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, kernelTable([model.bytes], kernels === "dsp" ? kernelVariants["cortex-m-dsp"] : undefined));
  return path;
}

const engine = [...engineSources(), ...sourcesIn(fastFolder)];

function measureProgram(model: Model, kernels: Kernels): BoardProgram {
  // One folder for all models: the engine is compiled once.
  return { name: "measure", program: `${model.name}-${kernels}.elf`, sources: [...engine, writeTable(model, kernels), join(root, "boards", "mps2-an500", "measure.c")], flags: ["-O2", "-DMEASURE_KERNELS=tflite_model_kernels"] };
}

async function measure(program: string, model: Model, loads: number, rounds: number): Promise<Measured> {
  const parameters = [join(shared, "models", `${model.name}.tflite`), join(shared, "golden", model.name, "00.in"), String(loads), String(rounds)];
  const { code, stdout, stderr } = await runOnBoard(mps2An500, program, parameters);
  if (code !== 0) throw new Error(`expected ${model.name} to run on ${mps2An500.name}, got exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

const invokeInstructions = ({ invokeTicks, copyTicks, invokes }: Measured): number => ((invokeTicks - copyTicks) * INSTRUCTIONS_PER_TICK) / invokes;

async function measureEnough(model: Model, kernels: Kernels): Promise<{ invoke: number; load: number; memory: number }> {
  const program = await buildForBoard(mps2An500, measureProgram(model, kernels));
  const once = await measure(program, model, 1, 1);
  const rounds = Math.max(2, Math.min(1000, Math.round(INSTRUCTIONS_MEASURED / (invokeInstructions(once) * once.invokes))));
  const measured = await measure(program, model, 100, rounds);
  return { invoke: invokeInstructions(measured), load: (measured.loadTicks * INSTRUCTIONS_PER_TICK) / measured.loads, memory: measured.keptBytes + measured.runBytes };
}

const run = promisify(execFile);

async function sizeOf(object: string): Promise<number> {
  const [text, data] = (await run("arm-none-eabi-size", [object])).stdout.split("\n")[1]!.trim().split(/\s+/).map(Number) as [number, number];
  return text + data;
}

/** Bytes of code and constants, without the program around them. */
async function codeBytes(model: Model, kernels: Kernels): Promise<number> {
  const defines = firmwareDefines([model.bytes]);
  const program = await buildForBoard({ ...mps2An500, sources: [], link: ["-nostartfiles", "-Wl,-e,start"] }, {
    // Models with the same flags share their objects.
    name: ["footprint", ...defines.map((define) => define.replace(/^-DTFLITE_(WITHOUT_)?/, "").toLowerCase())].join("-"),
    program: `${model.name}-${kernels}.elf`,
    sources: [...engine, writeTable(model, kernels), join(root, "boards", "mps2-an500", "footprint.c")],
    flags: ["-Os", ...defines],
  });
  return (await sizeOf(program)) - (await sizeOf(join(dirname(program), "objects", "boards", "mps2-an500", "footprint.o")));
}

function* beside(figure: string, value: number, unit: string, reference: number | undefined, cmsisNn: number, most: number): Generator<Figure> {
  const goal = { most: Math.round(most) };
  if (reference !== undefined) yield { figure, value, unit, peer: { name: "reference", value: reference }, goal };
  yield { figure, value, unit, peer: { name: "CMSIS-NN", value: cmsisNn }, goal };
}

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  if (!existsSync(shared)) {
    progress(`nothing measured: ${shared} is not here`);
    return;
  }
  for (const [name, peers] of Object.entries(PEERS)) {
    const model = { name, bytes: readFileSync(join(shared, "models", `${name}.tflite`)) };
    progress(`${name}: compiling and measuring`);
    const [fast, portable] = [await measureEnough(model, "dsp"), await measureEnough(model, "portable")];
    yield* beside(`${name}, invoke`, fast.invoke, "instructions", peers.invoke.reference, peers.invoke.cmsisNn, peers.invoke.cmsisNn);
    yield { figure: `${name}, invoke in portable C`, value: portable.invoke, unit: "instructions", peer: { name: "reference", value: peers.invoke.reference } };
    yield* beside(`${name}, survey, load and start`, fast.load, "instructions", undefined, peers.load, peers.load / 4);
    yield* beside(`${name}, survey, load and start in portable C`, portable.load, "instructions", undefined, peers.load, peers.load / 4);
    yield* beside(`${name}, memory`, fast.memory, "bytes", peers.arena.reference, peers.arena.cmsisNn, peers.arena.reference);
    yield* beside(`${name}, code with DSP kernels`, await codeBytes(model, "dsp"), "bytes", peers.code.reference, peers.code.cmsisNn, peers.code.cmsisNn / 2);
    yield* beside(`${name}, code in portable C`, await codeBytes(model, "portable"), "bytes", peers.code.reference, peers.code.cmsisNn, peers.code.reference / 2);
  }
};

export default bench;
