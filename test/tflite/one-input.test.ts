import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { buildHost } from "../../runtime/build.ts";
import { ModelRunner } from "./engine.ts";
import { modelFile, OPERATOR, TYPE } from "./model-file.ts";

const kernels = join(import.meta.dirname, "..", "..", "modules", "tflite", "kernels");

/** Operators with one input, the function that they are, and a scale and zero point for the input and the output. */
const functions = {
  logistic: { of: (x: number) => 1 / (1 + Math.exp(-x)), input: [0.06, 20], output: [1 / 256, -128] },
  tanh: { of: Math.tanh, input: [0.025, -7], output: [1 / 128, 0] },
  elu: { of: (x: number) => (x < 0 ? Math.expm1(x) : x), input: [0.03, 50], output: [0.02, -60] },
  hardSwish: { of: (x: number) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6, input: [0.05, 3], output: [0.04, -118] },
  rsqrt: { of: (x: number) => 1 / Math.sqrt(x), input: [0.1, -128], output: [0.02, -128] },
} as const satisfies Partial<Record<keyof typeof OPERATOR, { of: (x: number) => number; input: readonly [number, number]; output: readonly [number, number] }>>;

/** What the operator makes of those bytes, `shape` of one type. */
async function run(t: ExecutionContext, name: keyof typeof functions, type: "int8" | "int16", input: Int8Array | Int16Array, [scale, zeroPoint]: readonly [number, number], result: readonly [number, number]): Promise<Uint8Array> {
  const runner = new ModelRunner((await buildHost()).modelRun!);
  const tensor = (scales: number, zero: number): { type: number; shape: number[]; scales: number[]; zeroPoints: number[] } => ({ type: TYPE[type], shape: [input.length], scales: [scales], zeroPoints: [zero] });
  const operators = [{ code: OPERATOR[name], inputs: [0], outputs: [1] }];
  const model = runner.write(`${name}.tflite`, modelFile({ tensors: [tensor(scale, zeroPoint), tensor(...result)], operators, inputs: [0], outputs: [1] }));
  const output = await runner.invoke(model, new Uint8Array(input.buffer));
  t.true(output instanceof Uint8Array, String(output));
  return output as Uint8Array;
}

for (const [key, { of, input, output }] of Object.entries(functions)) {
  const name = key as keyof typeof functions;
  test(`${name} of each int8 value is within a step of the real function, and the same in a tensor large enough for a table`, async (t) => {
    const values = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    const results = new Int8Array((await run(t, name, "int8", values, input, output)).buffer);
    for (const [i, stored] of values.entries()) {
      const real = of((stored - input[1]) * input[0]);
      const step = Math.max(-128, Math.min(127, real / output[0] + output[1]));
      t.true(Math.abs(results[i]! - step) <= 1, `${stored}: ${results[i]} against ${step}`);
    }
    const four = Int8Array.from({ length: 1024 }, (_, i) => values[i % 256]!);
    const large = new Int8Array((await run(t, name, "int8", four, input, output)).buffer);
    t.deepEqual(Array.from(large), Array.from({ length: 1024 }, (_, i) => results[i % 256]!));
  });
}

for (const name of ["logistic", "tanh"] as const) {
  for (const scale of [2 ** -12, 0.0001]) {
    test(`${name} of each int16 value of scale ${scale} is within 4 steps of the real function`, async (t) => {
      const values = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
      const results = new Int16Array((await run(t, name, "int16", values, [scale, 0], [2 ** -15, 0])).buffer);
      // The input is rounded to 1 / 12288, which is 2.7 steps of the output where tanh is steepest.
      t.true(values.every((stored, i) => Math.abs(results[i]! - functions[name].of(stored * scale) * 32768) <= 4));
    });
  }
}

/** The numbers of a table of a C file. */
function tableOf(file: string, name: string): number[] {
  const [, numbers] = new RegExp(`${name}\\[\\d+\\] = \\{([^}]*)\\}`).exec(readFileSync(join(kernels, file), "utf8"))!;
  return numbers!.split(",").map(Number);
}

test("The sigmoid's table is what its header says", (t) => {
  const f = (i: number): number => 65536 / (1 + Math.exp(-i / 24));
  const entries = Array.from({ length: 256 }, (_, i) => (i === 255 ? 65535 : Math.round(f(i) - (f(i) + f(i + 1) - 2 * f(i + 0.5)) / 4)));
  t.deepEqual(tableOf("sigmoid-table.c", "sigmoid_table"), entries);
});

test("The softmax's tables are what their header says", (t) => {
  const { fround } = Math;
  const round = (x: number): number => Math.sign(x) * Math.round(Math.abs(x));
  // In float32, each operation rounded.
  const entries = (from: number, step: number, f: (x: number) => number): number[] => {
    const at = (x: number): number => fround(fround(f(x)) * 32768);
    return Array.from({ length: 513 }, (_, i) => {
      const x = from + i * step;
      const sample = round(at(x));
      if (i === 512) return Math.min(32767, sample);
      const error = fround(round(fround(fround(at(x + step) + sample) / 2)) - round(at(x + step / 2)));
      return Math.min(32767, sample - round(error / 2));
    });
  };
  t.deepEqual(tableOf("softmax-tables.c", "softmax_exponential"), entries(-10, 10 / 512, Math.exp));
  t.deepEqual(tableOf("softmax-tables.c", "softmax_reciprocal"), entries(0, 1 / 512, (x) => 1 / (1 + x)));
});
