import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { programPath, sharedPath, testWithProgram, testWithShared } from "../requirements.ts";
import { compileSanitized, end, temporaryFolder } from "./engine.ts";
import { modelFile, tiny, TYPE } from "./model-file.ts";

const folder = temporaryFolder();
const gcc = programPath("gcc");
let hostile = "";

if (gcc !== undefined) {
  test.before(async () => {
    hostile = await compileSanitized(gcc, join(import.meta.dirname, "hostile.c"), join(folder, "hostile"));
  });
}

/** What test/tflite/hostile.c prints. */
interface Outcome {
  files: number;
  loaded: number;
  refused: number;
  slowest: number;
}

async function damage(t: ExecutionContext, seed: number, rounds: number, files: readonly string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await end(hostile, [String(seed), String(rounds), ...files]);
  t.is(code, 0, stderr.slice(0, 4000));
  const outcome = JSON.parse(stdout) as Outcome;
  t.is(outcome.files, files.length * (rounds + 1));
  t.true(outcome.slowest < 1, `${outcome.slowest} s`);
  return outcome;
}

testWithProgram("gcc", "20,000 damaged versions of a small model neither crash nor hang, and are refused with a message or run", async (t: ExecutionContext) => {
  const { loaded, refused } = await damage(t, 1, 20_000, [join(import.meta.dirname, "tiny.tflite")]);
  // Both ways are taken often: bytes of weights are anybody's, offsets are not.
  t.true(loaded > 500 && refused > 5000, `${loaded} loaded, ${refused} refused`);
});

if (gcc !== undefined) {
  testWithShared("tflm/malformed", "The 100 malformed files of the conformance data are refused or run, without reading or writing out of bounds", async (t: ExecutionContext, path) => {
    const files = readdirSync(path).filter((name) => name.endsWith(".tflite"));
    await damage(t, 1, 0, files.map((name) => join(path, name)));
  });

  testWithShared("tflm/ops", "100 damaged versions of every case of these operators neither crash nor hang", async (t: ExecutionContext, path) => {
    const files = readdirSync(path).filter((name) => /^(add|add_n|average_pool_2d|conv_2d|depthwise_conv_2d|dequantize|div|equal|floor_div|floor_mod|fully_connected|greater|greater_equal|less|less_equal|logical_and|logical_or|maximum|max_pool_2d|minimum|mul|not_equal|prelu|quantize|reshape|select_v2|softmax|squared_difference|sub)_\d+\.tflite$/.test(name));
    t.true(files.length > 300);
    await damage(t, 2, 100, files.map((name) => join(path, name)));
  });

  testWithShared("tflm/models", "Damaged versions of real models neither crash nor hang", async (t: ExecutionContext) => {
    const names = ["hello_world_int8", "micro_speech_quantized", "str_ww_ref_model", "kws_ref_model", "magic_wand", "mnist_lstm_int8", "mww_v2_vad"];
    await damage(t, 3, 500, names.flatMap((name) => sharedPath("tflm", "models", `${name}.tflite`) ?? []));
  });
}

testWithProgram("gcc", "4,096 operators that share one layer with 200,000 scales are refused at once, not prepared 4,096 times", async (t: ExecutionContext) => {
  const channels = 200_000;
  const [input, weights] = [
    { type: TYPE.int8, shape: [1, 1], scales: [0.1] },
    { type: TYPE.int8, shape: [channels, 1], scales: Array.from({ length: channels }, () => 0.1), data: new Uint8Array(channels) },
  ];
  const outputs = Array.from({ length: 4000 }, () => ({ type: TYPE.int8, shape: [1, channels], scales: [0.1] }));
  const operators = outputs.map((_, i) => ({ ...tiny.operators[3]!, inputs: [0, 1], outputs: [2 + i] }));
  const path = join(folder, "shared-scales.tflite");
  writeFileSync(path, modelFile({ tensors: [input!, weights!, ...outputs], operators, inputs: [0], outputs: [2] }));
  const { refused } = await damage(t, 1, 0, [path]);
  t.is(refused, 1);
});
