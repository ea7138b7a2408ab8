import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildApp, buildHost } from "../../runtime/build.ts";
import { end, ModelRunner, temporaryFolder } from "./engine.ts";
import { int8Bytes } from "./model-file.ts";

test("On XS, a model in the image and a copy of it on the heap give the bytes that assay-model gives, and errors have their codes", async (t) => {
  const host = await buildHost();
  const folder = temporaryFolder();
  const app = await buildApp(join(import.meta.dirname, "scripts", "describe.ts"), { script: true, host, output: join(folder, "describe.xsa") });
  const config = join(folder, "config.json");
  // Multiples of half of a step, so that some lie between two stored values.
  const input = Array.from({ length: 16 }, (_, i) => Math.fround((i - 8) * 0.33));
  writeFileSync(config, JSON.stringify({ input }));
  const { code, stdout, stderr } = await end(host.device, ["--app", app.file, "--config", config, "--data", folder]);
  t.is(stderr, "");
  t.is(code, 0);
  const runner = new ModelRunner(host.modelRun!);
  const [fastest] = await runner.variants();
  const [description, inPlace, readInto, copied, zeroes, ...rest] = stdout.trimEnd().split("\n");
  t.like(JSON.parse(description!), {
    inputs: [{ name: "image", type: "int8", shape: [1, 4, 4, 1], zeroPoint: -10 }],
    outputs: [{ name: "classes", type: "int8", shape: [1, 3], scale: 1 / 256, zeroPoint: -128 }],
    operators: ["CONV_2D", "MAX_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"],
    kernels: { variant: fastest, selfCheck: true },
  });
  const model = join(import.meta.dirname, "tiny.tflite");
  const halfAway = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));
  const stored = input.map((value) => Math.max(-128, Math.min(127, halfAway(Math.fround(value / Math.fround(0.02))) - 10)));
  const classes = async (values: readonly number[]): Promise<number[]> => Array.from(new Int8Array(((await runner.invoke(model, int8Bytes(values))) as Uint8Array).buffer));
  t.deepEqual(JSON.parse(inPlace!), await classes(stored));
  t.is(readInto, "true");
  t.deepEqual(JSON.parse(copied!), await classes(stored));
  t.deepEqual(JSON.parse(zeroes!), await classes(stored.map(() => 0)));
  t.deepEqual(rest, [
    'INPUT: input 0 "image": expected int8 or float values of shape [1, 4, 4, 1], got Float32Array of 17',
    'INPUT: input 0 "image": expected int8 or float values of shape [1, 4, 4, 1], got Int16Array of 16',
    "INPUT: expected the index of one of 1 outputs, got 1",
    'INPUT: output 0 "classes": expected a place for int8 values of shape [1, 3], got Int8Array of 4',
    'INPUT: output 0 "classes": expected a place for int8 values of shape [1, 3], got Uint8Array of 3',
    "CLOSED: expected an open model, got a closed one",
    "MALFORMED: expected offsets, lengths and strings inside the file",
    "NOT_A_MODEL: expected the file identifier TFL3 at byte 4",
    "true",
    "done",
  ]);
});
