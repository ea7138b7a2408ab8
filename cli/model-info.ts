/** `assay model info`: what a model is made of, and what it takes. */
import { ModelError } from "assay/tflite/model-error";
import { loadModel } from "assay/tflite/wasm";
import { openEngine } from "assay/tflite/wasm/engine";
import { readTflite, type OperatorInfo, type TensorInfo } from "../train/tflite-reader.ts";
import { boardFlash, type BoardFlash } from "./board-flash.ts";
import { createOutput } from "./output.ts";
import { readModel } from "./read-model.ts";

/** What the command tells, as `--json` gives it. */
export interface ModelReport {
  readonly modelBytes: number;
  readonly operators: readonly { readonly name: string; readonly version: number; readonly count: number }[];
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
  /** of the first subgraph: all, and how many of them are constant */
  readonly tensors: { readonly count: number; readonly constant: number; readonly constantBytes: number };
  readonly quantization: { readonly types: Readonly<Record<string, number>>; readonly perChannel: number; readonly perTensor: number };
  /** on a board of 32 bits with the portable kernels, in bytes */
  readonly memory: { readonly total: number; readonly kept: number; readonly running: number; readonly tensors: number; readonly whileLoading: number };
  /** multiply-accumulates, and what takes about as long as one */
  readonly work: number;
  readonly boards: readonly BoardFlash[];
  readonly kernels: { readonly variant: string; readonly selfCheck: boolean };
}

/** An input or output. */
interface TensorReport {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
}

const TYPES: Readonly<Record<number, string>> = { 0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8", 10: "float64", 12: "uint64", 13: "resource", 15: "uint32", 16: "uint16", 17: "int4" };

const [TYPE_INT8, TYPE_INT32] = [9, 2];

/** Operators in the order in which they first occur, those of one name and version together. */
function counted(names: readonly string[], operators: readonly OperatorInfo[]): ModelReport["operators"] {
  const counts = new Map<string, { name: string; version: number; count: number }>();
  operators.forEach(({ version }, index) => {
    const name = names[index]!;
    const key = `${name} ${version}`;
    const entry = counts.get(key) ?? { name, version, count: 0 };
    counts.set(key, { ...entry, count: entry.count + 1 });
  });
  return [...counts.values()];
}

function quantizationOf(tensors: readonly TensorInfo[]): ModelReport["quantization"] {
  const types: Record<string, number> = {};
  for (const { type } of tensors) {
    const name = TYPES[type] ?? `type ${type}`;
    types[name] = (types[name] ?? 0) + 1;
  }
  return { types, perChannel: tensors.filter(({ scales }) => scales.length > 1).length, perTensor: tensors.filter(({ scales }) => scales.length === 1).length };
}

/**
 * Loads a model, which checks it, and finds out what it takes.
 *
 * @throws ModelError, CliError `BAD_FILE`
 */
export async function reportOn(path: string): Promise<ModelReport> {
  const bytes = readModel(path);
  const model = await loadModel(bytes, await openEngine({ kernels: "portable" }));
  const { inputs, outputs, operators, memory, kernels } = model;
  // The engine has found the file sound: only now may a reader that trusts files look into it.
  const file = readTflite(bytes);
  const constants = file.tensors.filter(({ data }) => data !== undefined);
  model.close();
  return {
    modelBytes: bytes.length,
    operators: counted(operators, file.operators),
    inputs,
    outputs,
    tensors: { count: file.tensors.length, constant: constants.length, constantBytes: constants.reduce((sum, { data }) => sum + data!.length, 0) },
    quantization: quantizationOf(file.tensors),
    memory: { total: memory.keptBytes + memory.runBytes, kept: memory.keptBytes, running: memory.runBytes, tensors: memory.tensorArenaBytes, whileLoading: Math.max(memory.planningBytes, memory.keptBytes + memory.runBytes) },
    work: memory.work,
    boards: boardFlash(bytes.length, operators, file.tensors.every(({ type }) => type === TYPE_INT8 || type === TYPE_INT32), memory.work),
    kernels,
  };
}

const number = (value: number): string => value.toLocaleString("en-US");

const tensorText = ({ name, type, shape, scale, zeroPoint }: TensorReport): string =>
  `"${name}" ${type} [${shape.join(", ")}]${scale > 0 ? `, real = ${scale.toPrecision(6)} × (stored − ${zeroPoint})` : ""}`;

/** Prints the report; returns the exit code. */
export async function printInfo(path: string, json: boolean): Promise<number> {
  const output = createOutput(json);
  let report: ModelReport;
  try {
    report = await reportOn(path);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    process.stderr.write(`${path}: ${error.code}: ${error.message}\n`);
    return 1;
  }
  output.json(report);
  if (json) return 0;
  const { memory, tensors, quantization } = report;
  output.text(`${path}: ${number(report.modelBytes)} bytes`);
  for (const input of report.inputs) output.text(`input         ${tensorText(input)}`);
  for (const each of report.outputs) output.text(`output        ${tensorText(each)}`);
  output.text(`operators     ${report.operators.map(({ name, version, count }) => `${count} × ${name} v${version}`).join(", ")}`);
  output.text(`tensors       ${tensors.count}, of them ${tensors.constant} constant (${number(tensors.constantBytes)} bytes, read in place)`);
  output.text(`quantization  ${Object.entries(quantization.types).map(([type, count]) => `${count} ${type}`).join(", ")}; ${quantization.perTensor} per tensor, ${quantization.perChannel} per channel`);
  output.text(`arena         ${number(memory.total)} bytes on a board of 32 bits: ${number(memory.kept)} of the interpreter, ${number(memory.running - memory.tensors)} of the kernels, ${number(memory.tensors)} of tensors`);
  output.text(`work          ${number(report.work)} multiply-accumulates, or what takes as long as one`);
  for (const { board, codeBytes, flashBytes, instructions } of report.boards) {
    const costs = instructions === null ? "" : `; about ${number(instructions)} instructions an inference`;
    output.text(`${board.padEnd(13)} ${number(flashBytes)} bytes of flash: at most ${number(codeBytes)} of engine with these operators, ${number(report.modelBytes)} of model${costs}`);
  }
  return 0;
}
