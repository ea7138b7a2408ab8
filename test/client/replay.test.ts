import { commitInput } from "assay/statement/input";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import test, { type ExecutionContext } from "ava";
import { chain, compress, spectrum, standardize } from "assay/features";
import { encode } from "assay/statement/cbor";
import { Model } from "assay/tflite/wasm";
import { openEngine, WasmEngine } from "assay/tflite/wasm/engine";
import type { Kernels } from "assay/tflite/loaded-model";
import { REMEMBERING, replay, type ReplayOptions } from "../../client/replay.ts";
import { encodeRevealedInput, parseRevealedInput, type RevealedInput } from "../../client/revealed-input.ts";
import { VerificationError, type VerificationErrorCode } from "../../client/verification-error.ts";
import { testWithProgram } from "../requirements.ts";
import { float32Bytes, modelFile, OPERATOR, tiny, TYPE, type ModelFile, type TensorOfFile } from "../tflite/model-file.ts";
import { apps, linesOfDevice, optionsOf, play, type Recorded } from "./played.ts";

const WINDOWS = 40;
const EQUAL = { commitment: "equal", frontEnd: "equal", model: "equal", output: "equal" };

const played = new Map<string, Promise<Recorded>>();

/** Played once for all tests. */
function recordedBy(t: ExecutionContext, which: (typeof apps)[number]): Promise<Recorded> {
  if (!played.has(which.app)) played.set(which.app, play(t, which, WINDOWS));
  return played.get(which.app)!;
}

async function refusal(options: ReplayOptions): Promise<{ code: VerificationErrorCode | "none"; message: string }> {
  try {
    await replay(options);
    return { code: "none", message: "" };
  } catch (error) {
    if (error instanceof VerificationError) return error;
    throw error;
  }
}

/** An inference that nobody has to have made: claims that fit a model, a front end and a window, and say the output. */
function claimed(file: Uint8Array, frontEnd: string, values: readonly number[], channels: number, output: readonly number[]): ReplayOptions {
  const input = { salt: new Uint8Array(32).fill(9), window: float32Bytes(values), frontEnd };
  return {
    statement: { bootCount: 3, input: commitInput(input.salt, input.window, sha256), results: [{ output: new Uint8Array(Int8Array.from(output).buffer) }] },
    boot: { bootCount: 3, model: sha256(file), frontEnd: sha256(encode(frontEnd)), channels: Array.from({ length: channels }, (_, i) => `c${i}`), window: { length: values.length / channels } },
    input,
    model: file,
  };
}

/** The committed input with another in its place, to which the statement commits as well. */
function recommitted(options: ReplayOptions, changed: Partial<RevealedInput>): ReplayOptions {
  const input = { ...options.input, ...changed };
  return { ...options, input, statement: { ...options.statement, input: commitInput(input.salt, input.window, sha256) } };
}

for (const which of apps) {
  testWithProgram("gcc", `${which.app}: what the device code computed on XS is replayed to the bit, by vectors and by portable kernels`, async (t) => {
    const recorded = await recordedBy(t, which);
    t.is(recorded.inferences.length, WINDOWS);
    t.true(new Set(recorded.inferences.map(({ statement }) => String(statement.results[0]!.output))).size > 5, "outputs that differ");
    const portable = await openEngine({ kernels: "portable" });
    for (let i = 0; i < WINDOWS; i++) {
      const options = optionsOf(recorded, i);
      const input = parseRevealedInput(encodeRevealedInput(options.input));
      t.deepEqual<unknown, unknown>(await replay({ ...options, input }), EQUAL);
      t.deepEqual<unknown, unknown>(await replay({ ...options, input, engine: portable }), EQUAL);
    }
  });

  testWithProgram("gcc", `${which.app}: every flipped bit of salt and window is found`, async (t) => {
    const options = optionsOf(await recordedBy(t, which), 0);
    for (const part of ["salt", "window"] as const) {
      const bytes = options.input[part].slice();
      const missed: number[] = [];
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const { code } = await refusal({ ...options, input: { ...options.input, [part]: bytes } });
        if (code !== "INPUT_MISMATCH") missed.push(bit);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      }
      t.deepEqual(missed, [], part);
    }
  });

  testWithProgram("gcc", `${which.app}: every flipped bit of the stated output is found`, async (t) => {
    const options = { ...optionsOf(await recordedBy(t, which), 0), engine: await openEngine() };
    const { output } = options.statement.results[0]!;
    for (let bit = 0; bit < 8 * output.length; bit++) {
      const other = output.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      t.is((await refusal({ ...options, statement: { ...options.statement, results: [{ output: other }] } })).code, "OUTPUT_MISMATCH", `bit ${bit}`);
    }
  });

  testWithProgram("gcc", `${which.app}: another window, model, front end, shape or boot than was stated is refused, each by its code`, async (t) => {
    const recorded = await recordedBy(t, which);
    const options = optionsOf(recorded, 0);
    const other = recorded.inferences.find(({ statement }) => String(statement.results[0]!.output) !== String(options.statement.results[0]!.output))!;
    t.like(await refusal({ ...options, input: other.input }), { code: "INPUT_MISMATCH" });
    t.like(await refusal({ ...options, statement: { ...options.statement, results: other.statement.results } }), { code: "OUTPUT_MISMATCH" });

    const damaged = recorded.model.slice();
    damaged[damaged.length - 1]! ^= 1;
    t.like(await refusal({ ...options, model: damaged }), { code: "MODEL_MISMATCH" });
    t.like(await refusal({ ...options, model: new Uint8Array(0) }), { code: "MODEL_MISMATCH" });
    for (const frontEnd of ["", "[]", `${options.input.frontEnd} `, "\ud800"]) t.like(await refusal({ ...options, input: { ...options.input, frontEnd } }), { code: "FRONT_END_MISMATCH" }, frontEnd);

    const { channels, window } = options.boot;
    for (const boot of [{ ...options.boot, channels: [...channels, "one-more"] }, { ...options.boot, window: { length: window.length + 1 } }]) t.like(await refusal({ ...options, boot }), { code: "INPUT_MISMATCH" });
    const bytes = options.input.window.length;
    const short = recommitted(options, { window: options.input.window.slice(4) });
    t.like(await refusal(short), { code: "INPUT_MISMATCH", message: `window: expected ${bytes} bytes for ${window.length} samples of ${channels.length} channels, got ${bytes - 4}` });
    t.like(await refusal({ ...options, boot: { ...options.boot, bootCount: 2 } }), { code: "UNSUPPORTED_REPLAY", message: "expected the boot statement of boot 1, got that of boot 2" });
  });
}

testWithProgram("gcc", "numbers in descriptions are spelled on XS as in Node, however small, large or long", async (t) => {
  const cases = [[1e-7, 1.5e-7, 123456789012345680000, 1e21, 5e-324], [1.7976931348623157e308, 0.1, 1 / 3, 2 ** 53, 2 ** -20], [1e-6, 4.35, 0.000001234, 2 ** 70, 9007199254740993], [6.02214076e23, 1e20, 123e-20, 2 / 3, 100]];
  const lines = await linesOfDevice(t, "", `describe(${JSON.stringify(cases)})`);
  t.deepEqual(
    lines,
    cases.flatMap((values) => [standardize({ mean: values, deviation: values }).description, spectrum({ length: 4, bands: [[0, 2]], reference: values[0]! }).description]),
  );
});

const pass: ModelFile = { tensors: [{ type: TYPE.int8, shape: [1, 4], scales: [1], zeroPoints: [0] }, { type: TYPE.int8, shape: [4], scales: [1], zeroPoints: [0] }], operators: [{ code: OPERATOR.reshape, inputs: [0], outputs: [1] }], inputs: [0], outputs: [1] };
const doubled = standardize({ mean: [0, 0], deviation: [0.5, 0.5] }).description;

test("an output that differs is told by its first element, and how many differ", async (t) => {
  const file = modelFile(pass);
  t.deepEqual<unknown, unknown>(await replay(claimed(file, doubled, [1, -2, 30, -40], 2, [2, -4, 60, -80])), EQUAL);
  t.deepEqual<unknown, unknown>(await replay(claimed(file, doubled, [1, -2, 300, -400], 2, [2, -4, 127, -128])), EQUAL, "saturated");
  t.like(await refusal(claimed(file, doubled, [1, -2, 30, -40], 2, [2, -4, 61, -80])), { code: "OUTPUT_MISMATCH", message: "output, element 2: expected 61 (stated), got 60 (replayed); 1 of 4 elements differ" });
  t.like(await refusal(claimed(file, doubled, [1, -2, 30, -40], 2, [2, 4, 60, 80])), { code: "OUTPUT_MISMATCH", message: "output, element 1: expected 4 (stated), got -4 (replayed); 2 of 4 elements differ" });
  t.like(await refusal(claimed(file, doubled, [1, -2, 30, -40], 2, [2, -4, 60])), { code: "OUTPUT_MISMATCH", message: "output: expected 3 elements (stated), got 4 (replayed)" });
});

test("an output that the stated front end and model cannot have given is a mismatch", async (t) => {
  const cases: readonly [frontEnd: string, values: readonly number[], file: ModelFile, cause: RegExp][] = [
    // a front end for another sensor, a sample that it does not take, features that are not the model's
    [standardize({ mean: [0], deviation: [1] }).description, [1, 2, 3, 4], pass, /expected 1 channels, got 2/],
    [compress({ channels: [2] }).description, [1, 2, 3, 4], pass, /expected channels below 2, got 2/],
    [spectrum({ length: 4, bands: [[0, 1], [1, 2]] }).description, [1, 2, 3, Infinity, 5, 6, 7, 8], pass, /got Infinity in sample 1, channel 1/],
    [spectrum({ length: 8, bands: [[0, 1]] }).description, [1, 2, 3, 4], pass, /a window of 8 samples/],
    ["[]", [1, 2, 3, 4, 5, 6], pass, /shape \[1, 4\], got Float32Array of 6/],
    ["[]", [1, 2, 3, 4], { ...pass, tensors: [...pass.tensors, pass.tensors[0]!], inputs: [0, 2] }, /values for 2 inputs/],
  ];
  for (const [frontEnd, values, file, cause] of cases) {
    const { code, message } = await refusal(claimed(modelFile(file), frontEnd, values, 2, [0, 0, 0, 0]));
    t.is(code, "OUTPUT_MISMATCH", message);
    t.regex(message, /^output: expected one \(stated\), got none \(replayed\): /);
    t.regex(message, cause);
  }
});

test("a front end of the app's own cannot be replayed", async (t) => {
  for (const frontEnd of ['["mel",[1]]', chain(compress({ channels: [0] }), { description: '{"kind":"own"}', apply: (window) => window }).description, "none", "[".repeat(100_000)]) {
    t.like(await refusal(claimed(modelFile(pass), frontEnd, [1, 2, 3, 4], 2, [1, 2, 3, 4])), { code: "UNSUPPORTED_REPLAY" }, frontEnd.slice(0, 80));
  }
});

test("a statement of several results, or of none, cannot be replayed", async (t) => {
  const options = claimed(modelFile(pass), "[]", [1, 2, 3, 4], 2, [1, 2, 3, 4]);
  const [result] = options.statement.results;
  for (const results of [[result!, result!], []]) t.like(await refusal({ ...options, statement: { ...options.statement, results } }), { code: "UNSUPPORTED_REPLAY", message: `expected a statement of one result, got ${results.length}` });
});

test("a file that is the stated one but no model for this engine cannot be replayed", async (t) => {
  const version99: ModelFile = { ...tiny, operators: tiny.operators.map((operator, i) => (i === 0 ? { ...operator, version: 99 } : operator)) };
  const floats: ModelFile = { tensors: [{ type: TYPE.float32, shape: [4] }, { type: TYPE.float32, shape: [1, 4] }], operators: pass.operators, inputs: [0], outputs: [1] };
  for (const [file, cause] of [[new Uint8Array(0), /NOT_A_MODEL/], [modelFile(pass).slice(0, 100), /MALFORMED/], [modelFile(version99), /MISSING_OPERATORS/], [modelFile(floats), /output is int8, got float32/]] as const) {
    const { code, message } = await refusal(claimed(file, "[]", [1, 2, 3, 4], 2, [1, 2, 3, 4]));
    t.is(code, "UNSUPPORTED_REPLAY");
    t.regex(message, cause);
  }
});

/** total += input */
const number: TensorOfFile = { type: TYPE.int8, shape: [4], scales: [1], zeroPoints: [0] };
const summing: ModelFile = {
  tensors: [number, { type: TYPE.resource, shape: [] }, number, number],
  operators: [
    { code: OPERATOR.varHandle, inputs: [], outputs: [1], options: { kind: "varHandle", name: "total" } },
    { code: OPERATOR.readVariable, inputs: [1], outputs: [2] },
    { code: OPERATOR.add, version: 2, inputs: [2, 0], outputs: [3], options: { kind: "add", activation: 0 } },
    { code: OPERATOR.assignVariable, inputs: [1, 3], outputs: [] },
  ],
  inputs: [0],
  outputs: [3],
};

test("a model that remembers cannot be replayed from one window", async (t) => {
  const file = modelFile(summing);
  const model = new Model(file, await openEngine());
  const values = Float32Array.of(1, 2, 3, 4);
  t.deepEqual(model.run(values), Int8Array.of(1, 2, 3, 4), "as the first window after a boot");
  t.deepEqual(model.run(values), Int8Array.of(2, 4, 6, 8), "and as any other");
  t.like(await refusal(claimed(file, "[]", [...values], 2, [1, 2, 3, 4])), { code: "UNSUPPORTED_REPLAY", message: "expected a model that forgets each window, got one with VAR_HANDLE: its output depends on windows before this one" });
});

test("replay knows every operator of the engine that remembers: those that keep bytes, or have variables", (t) => {
  const kernels = join(import.meta.dirname, "..", "..", "modules", "tflite", "kernels");
  const names = readdirSync(kernels).filter((file) => file.endsWith(".c")).flatMap((file) => {
    const source = readFileSync(join(kernels, file), "utf8");
    const remembers = /\btflite_keep\(|\.variable\b|\bBUILTIN_(READ|ASSIGN)_VARIABLE\b/.test(source);
    return remembers ? [...source.matchAll(/^const tflite_kernel tflite_(\w+) =/gm)].map(([, name = ""]) => name) : [];
  });
  // tflite_read_variable is READ_VARIABLE, tflite_signal_pcan SignalPCAN.
  const letters = (name: string): string => name.replaceAll("_", "").toLowerCase();
  t.deepEqual(names.map(letters).sort(), [...REMEMBERING].map(letters).sort());
});

test("an engine that gets its own vectors wrong is not believed", async (t) => {
  class Faulty extends WasmEngine {
    override kernels(): Kernels {
      return { ...super.kernels(), selfCheck: false };
    }
  }
  const wasm = readFileSync(join(import.meta.dirname, "..", "..", "modules", "tflite", "wasm", "engine.wasm"));
  const engine = new Faulty(await WebAssembly.compile(wasm), undefined);
  const options = claimed(modelFile(pass), "[]", [1, 2, 3, 4], 2, [1, 2, 3, 4]);
  t.deepEqual<unknown, unknown>(await replay(options), EQUAL);
  t.like(await refusal({ ...options, engine }), { code: "UNSUPPORTED_REPLAY", message: `expected an engine that gets its built-in vectors right on this machine, got one whose kernels "${engine.kernels().variant}" do not` });
});
