import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { end, ModelRunner } from "./engine.ts";
import { int8Bytes, type ModelFile, modelFile, OPERATOR, type OperatorOfFile, type TensorOfFile, tiny, TYPE } from "./model-file.ts";

let runner: ModelRunner;

test.before(async () => {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  runner = new ModelRunner(modelRun);
});

/** The small model with a tensor or an operator changed. */
function changed(change: { tensors?: Record<number, Partial<TensorOfFile>>; operators?: Record<number, Partial<OperatorOfFile>> } & Partial<Omit<ModelFile, "tensors" | "operators">>): Uint8Array {
  const { tensors = {}, operators = {}, ...rest } = change;
  return modelFile({
    ...tiny,
    ...rest,
    tensors: tiny.tensors.map((tensor, i) => ({ ...tensor, ...tensors[i] })),
    operators: tiny.operators.map((operator, i) => ({ ...operator, ...operators[i] })),
  });
}

test.serial("The committed small model is what the test's writer makes", (t) => {
  t.deepEqual(new Uint8Array(readFileSync(join(import.meta.dirname, "tiny.tflite"))), new Uint8Array(modelFile(tiny)));
});

test.serial("info says operators, tensors, memory, and that the built-in vectors came out right", async (t) => {
  const info = await runner.info(runner.write("tiny.tflite", modelFile(tiny)));
  t.like(info as object, {
    operators: ["CONV_2D", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"],
    inputs: [{ name: "image", type: "int8", shape: [1, 4, 4, 1], bytes: 16, zeroPoint: -10 }],
    outputs: [{ name: "classes", type: "int8", shape: [1, 3], bytes: 3, scale: 1 / 256, zeroPoint: -128 }],
    // The largest pair of neighbours: features of 32 bytes beside pooled values of 8, each rounded up to 16.
    tensorArenaBytes: 48,
    kernels: { variant: "portable", selfCheck: true },
  });
});

/** The small model in real numbers: what int8 rounds at each step is all that may differ. */
function inReal(image: readonly number[]): number[] {
  const real = (index: number): number[] => {
    const { data, type, scales = [], zeroPoints = [0], shape } = tiny.tensors[index]!;
    const stored = type === TYPE.int8 ? new Int8Array(data!.buffer) : new Int32Array(data!.buffer);
    return Array.from(stored, (value, i) => scales[scales.length > 1 ? Math.floor((i * shape[0]!) / stored.length) : 0]! * (value - zeroPoints[0]!));
  };
  const [filters, filterBias, weights, bias] = [real(1), real(2), real(6), real(7)];
  const features = Array.from({ length: 32 }, (_, i) => {
    const [channel, x, y] = [i % 2, Math.floor(i / 2) % 4, Math.floor(i / 8)];
    let sum = filterBias[channel]!;
    for (let k = 0; k < 9; k++) {
      const [row, column] = [y + Math.floor(k / 3) - 1, x + (k % 3) - 1];
      if (row >= 0 && row < 4 && column >= 0 && column < 4) sum += image[row * 4 + column]! * filters[channel * 9 + k]!;
    }
    return Math.max(0, sum);
  });
  const pooled = Array.from({ length: 8 }, (_, i) => {
    const [channel, x, y] = [i % 2, (Math.floor(i / 2) % 2) * 2, Math.floor(i / 4) * 2];
    return Math.max(...[0, 1, 4, 5].map((step) => features[((y * 4 + x) + step) * 2 + channel]!));
  });
  const logits = bias.map((value, i) => pooled.reduce((sum, feature, k) => sum + feature * weights[i * 8 + k]!, value));
  const exponentials = logits.map((value) => Math.exp(value));
  return exponentials.map((value) => value / exponentials.reduce((a, b) => a + b));
}

test.serial("The small model's classes are near those computed in real numbers", async (t) => {
  const path = runner.write("tiny.tflite", modelFile(tiny));
  for (let seed = 1; seed <= 20; seed++) {
    const image = Array.from({ length: 16 }, (_, i) => ((i * 37 + seed * 91) % 256) - 128);
    const output = await runner.invoke(path, int8Bytes(image));
    if (typeof output === "string") return t.fail(output);
    const classes = Array.from(new Int8Array(output.buffer), (value) => (value + 128) / 256);
    const expected = inReal(image.map((value) => 0.02 * (value + 10)));
    // A logit is off by at most half of its step of 0.1, and somewhat more by what was rounded before it.
    for (const [i, value] of classes.entries()) t.true(Math.abs(value - expected[i]!) < 0.05, `${classes} against ${expected}`);
  }
  return undefined;
});

const refusals: readonly [title: string, file: () => Uint8Array, message: RegExp][] = [
  ["another schema version", () => changed({ version: 2 }), /^NOT_A_MODEL: expected schema version 3, got 2$/],
  ["an empty file", () => new Uint8Array(0), /^NOT_A_MODEL: expected the file identifier TFL3/],
  ["a file cut in half", () => modelFile(tiny).slice(0, 800), /^MALFORMED: /],
  ["a second subgraph of inputs and outputs", () => changed({ others: [tiny] }), /^UNSUPPORTED: expected no inputs and outputs in subgraphs other than the first, got 2$/],
  ["an unsound operator in a second subgraph", () => changed({ others: [{ ...tiny, inputs: [], outputs: [] }] }), /^INVALID_GRAPH: subgraph 1 operator 0 CONV_2D, subgraph 1 tensor 0 "image": expected inputs that are/],
  ["no outputs", () => changed({ outputs: [] }), /^INVALID_GRAPH: expected at least one output, got 0$/],
  ["no operators", () => modelFile({ ...tiny, operators: [] }), /^INVALID_GRAPH: expected at least one operator, got 0$/],
  [
    "operators that are not there, all at once",
    () => changed({ operators: { 1: { code: 119, version: 2 }, 3: { code: OPERATOR.custom, custom: "Wavelet" }, 4: { version: 9 } } }),
    /^MISSING_OPERATORS: .* got WHILE version 2, custom Wavelet version 4, SOFTMAX version 9 \(has 1 to 3\)$/,
  ],
  ["an input index out of range", () => changed({ operators: { 0: { inputs: [99, 1, 2] } } }), /^INVALID_GRAPH: operator 0 CONV_2D: expected the index of a tensor of the file, got 99$/],
  ["a negative index", () => changed({ operators: { 0: { outputs: [-7] } } }), /^INVALID_GRAPH: operator 0 CONV_2D: .* got -7$/],
  ["an operator before its input", () => changed({ operators: { 1: { inputs: [8] } } }), /^INVALID_GRAPH: operator 1 MAX_POOL_2D, tensor 8 "logits": expected inputs that are/],
  ["a loop", () => changed({ operators: { 0: { inputs: [3, 1, 2] } } }), /^INVALID_GRAPH: operator 0 CONV_2D, tensor 3 "features": /],
  ["a constant as output", () => changed({ operators: { 3: { outputs: [6] } } }), /^INVALID_GRAPH: operator 3 FULLY_CONNECTED, tensor 6 "weights": expected a tensor to write to/],
  ["two operators that write one tensor", () => changed({ operators: { 1: { outputs: [3] } } }), /^INVALID_GRAPH: operator 1 MAX_POOL_2D, tensor 3 "features": expected a tensor that nothing else writes/],
  ["an operator that writes a variable", () => changed({ tensors: { 3: { isVariable: true } } }), /^INVALID_GRAPH: operator 0 CONV_2D, tensor 3 "features": expected a tensor that nothing else writes$/],
  ["a variable with constant data", () => changed({ tensors: { 1: { isVariable: true } } }), /^INVALID_TENSOR: tensor 1 "filters": expected a variable without constant data$/],
  ["a negative dimension", () => changed({ tensors: { 3: { shape: [1, -4, 4, 2] } } }), /^INVALID_TENSOR: tensor 3 "features": expected a shape/],
  ["a shape whose product overflows", () => changed({ tensors: { 3: { shape: [65536, 65536, 65536, 65536] } } }), /^INVALID_TENSOR: tensor 3 "features": expected a shape/],
  ["an empty input", () => changed({ tensors: { 0: { shape: [1, 0, 4, 1] } } }), /^INVALID_TENSOR: tensor 0 "image": expected a tensor that is not empty$/],
  ["weights without all their bytes", () => changed({ tensors: { 1: { data: int8Bytes([1, 2, 3]) } } }), /^INVALID_TENSOR: tensor 1 "filters": expected constant data for the whole shape, in bytes, got 3$/],
  ["a scale of 0", () => changed({ tensors: { 0: { scales: [0] } } }), /^INVALID_QUANTIZATION: tensor 0 "image": expected scales that are positive/],
  ["a scale that is no number", () => changed({ tensors: { 0: { scales: [Number.NaN] } } }), /^INVALID_QUANTIZATION: tensor 0 /],
  ["a zero point out of range", () => changed({ tensors: { 0: { zeroPoints: [128] } } }), /^INVALID_QUANTIZATION: tensor 0 "image": expected zero points in the range of the tensor's type, got 128$/],
  ["too few scales per channel", () => changed({ tensors: { 6: { scales: [0.1, 0.1] } } }), /^INVALID_QUANTIZATION: tensor 6 "weights": expected one scale, or one for each channel, got 2$/],
  ["scales along another dimension", () => changed({ tensors: { 1: { scales: [0.1, 0.1, 0.1], dimension: 1 } } }), /^INVALID_QUANTIZATION: operator 0 CONV_2D, tensor 1 "filters": expected scales along/],
  ["no scale at all", () => changed({ tensors: { 0: { scales: [] } } }), /^INVALID_QUANTIZATION: operator 0 CONV_2D, tensor 0 "image": expected 1 scale/],
  ["a type that the operator does not compute", () => changed({ tensors: { 0: { type: TYPE.int32 } } }), /^UNSUPPORTED: operator 0 CONV_2D, tensor 0 "image": expected int8, int16 or float32 input, got int32$/],
  ["a bias of another type", () => changed({ tensors: { 2: { type: TYPE.float32 } } }), /^UNSUPPORTED: operator 0 CONV_2D, tensor 2 "filter-bias": expected an int32 bias with int8 input, got float32$/],
  ["a stride of 0", () => changed({ operators: { 0: { options: { kind: "conv2d", padding: 0, strideW: 1, strideH: 0 } } } }), /^INVALID_OPERATOR: operator 0 CONV_2D: expected strides from 1 to 2\^29, got 0$/],
  ["another padding than the output's", () => changed({ operators: { 0: { options: { kind: "conv2d", padding: 1, strideW: 1, strideH: 1 } } } }), /^INVALID_OPERATOR: operator 0 CONV_2D: expected an output as large as/],
  ["another operator's options", () => changed({ operators: { 0: { options: { kind: "softmax", beta: 1 } } } }), /^INVALID_OPERATOR: operator 0 CONV_2D: expected that operator's kind of options, got 9$/],
  ["an unknown activation", () => changed({ operators: { 3: { options: { kind: "fullyConnected", activation: 4 } } } }), /^UNSUPPORTED: operator 3 FULLY_CONNECTED: expected activation 0 \(none\).* got 4$/],
  ["a softmax that ends elsewhere than in 1/256", () => changed({ tensors: { 9: { scales: [0.5] } } }), /^INVALID_QUANTIZATION: operator 4 SOFTMAX, tensor 9 "classes": expected scale 1\/256$/],
  [
    "more memory than there may be",
    () => {
      const large = { type: TYPE.int8, shape: [200_000_000] };
      return modelFile({ tensors: [large, large], operators: [{ code: OPERATOR.reshape, inputs: [0], outputs: [1] }], inputs: [0], outputs: [1] });
    },
    /^TOO_LARGE: expected no more memory than the caller allows, got 4\d{8}$/,
  ],
];

for (const [title, file, message] of refusals) {
  test.serial(`A model with ${title} is refused at load, saying what and where`, async (t) => {
    const said = await runner.info(runner.write("refused.tflite", file()));
    t.regex(said as string, message);
  });
}

test.serial("Names from the file are printed as printable ASCII, cut to 60 bytes", async (t) => {
  const said = await runner.info(runner.write("named.tflite", changed({ tensors: { 0: { name: `\u001b[31m\n${"x".repeat(200)}`, scales: [0] } } })));
  t.regex(said as string, /tensor 0 "\?\[31m\?x+\.\.\.": expected/);
});

test.serial("A batch goes on after a model that fails, and exits with 1", async (t) => {
  const good = runner.write("good.tflite", modelFile(tiny));
  const bad = runner.write("bad.tflite", changed({ version: 1 }));
  const input = runner.write("batch-input", new Uint8Array(32));
  const [first, second] = [join(runner.folder, "first"), join(runner.folder, "second")];
  const list = runner.write("list.tsv", new TextEncoder().encode(`${bad}\t${input}\t${first}\n${good}\t${input}\t${second}\n`));
  const { code, stderr } = await end(runner.program, ["run", "--batch", list]);
  t.is(code, 1);
  t.is(stderr, `${bad}: NOT_A_MODEL: expected schema version 3, got 1\n`);
  // Two sets of 16 bytes: two invokes of 3 bytes.
  t.is(readFileSync(second).length, 6);
});

test.serial("Input that is not whole sets of the model's inputs is refused", async (t) => {
  t.regex((await runner.invoke(runner.write("tiny.tflite", modelFile(tiny)), new Uint8Array(17))) as string, /^INPUT: expected sets of 16 bytes in .*, got 17 bytes$/);
});
