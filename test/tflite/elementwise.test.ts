import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { ModelRunner } from "./engine.ts";
import { int8Bytes, int32Bytes, modelFile, OPERATOR, type OperatorOfFile, type TensorOfFile, TYPE } from "./model-file.ts";

let runner: ModelRunner;

test.before(async () => {
  const { modelRun } = await buildHost();
  if (modelRun === undefined) throw new Error("expected boards/linux/model-run.c in the checkout");
  runner = new ModelRunner(modelRun);
});

/** What a model of one operator with two inputs makes of them. */
async function computed(operator: Pick<OperatorOfFile, "code" | "options">, tensors: readonly TensorOfFile[], ...inputs: readonly Uint8Array[]): Promise<Uint8Array> {
  const model = modelFile({ tensors, operators: [{ ...operator, inputs: [0, 1], outputs: [2] }], inputs: [0, 1], outputs: [2] });
  return (await runner.invoke(runner.write("elementwise.tflite", model), Buffer.concat(inputs))) as Uint8Array;
}

const int32 = (bytes: Uint8Array): number[] => Array.from(new Int32Array(bytes.slice().buffer));
const int8 = (bytes: Uint8Array): number[] => Array.from(new Int8Array(bytes.slice().buffer));
const whole = (...shape: number[]): TensorOfFile => ({ type: TYPE.int32, shape });

test.serial("int32 operators wrap around, and then obey their fused activation", async (t) => {
  const [first, second] = [int32Bytes([0x7fffffff, 9, -9, 65536]), int32Bytes([-1, 4, 4, 65537])];
  const relu6 = 3;
  const shapes = [whole(4), whole(4), whole(4)];
  t.deepEqual(int32(await computed({ code: OPERATOR.sub }, shapes, first, second)), [-0x80000000, 5, -13, -1]);
  t.deepEqual(int32(await computed({ code: OPERATOR.sub, options: { kind: "sub", activation: relu6 } }, shapes, first, second)), [0, 5, 0, 0]);
  t.deepEqual(int32(await computed({ code: OPERATOR.mul }, shapes, first, second)), [-0x7fffffff, 36, -36, 65536]);
  t.deepEqual(int32(await computed({ code: OPERATOR.mul, options: { kind: "mul", activation: relu6 } }, shapes, first, second)), [0, 6, 0, 6]);
});

test.serial("Both inputs are repeated along the dimensions that they lack", async (t) => {
  const bytes = await computed({ code: OPERATOR.sub }, [whole(2, 1, 3), whole(4, 1), whole(2, 4, 3)], int32Bytes([10, 20, 30, 40, 50, 60]), int32Bytes([1, 2, 3, 4]));
  const expected = [0, 1].flatMap((i) => [1, 2, 3, 4].flatMap((row) => [10, 20, 30].map((column) => column + 30 * i - row)));
  t.deepEqual(int32(bytes), expected);
});

test.serial("A quotient by zero saturates towards the dividend's sign, 0 / 0 is 0, and the lowest int32 by -1 wraps around", async (t) => {
  const [first, second] = [[7, -7, 0, -0x80000000, -7], [0, 0, 0, -1, 2]];
  t.deepEqual(int32(await computed({ code: OPERATOR.div }, [whole(5), whole(5), whole(5)], int32Bytes(first!), int32Bytes(second!))), [0x7fffffff, -0x80000000, 0, -0x80000000, -3]);
  // Zero is stored as 3, 2 and -1.
  const quantized = [3, 2, -1].map((zeroPoint) => ({ type: TYPE.int8, shape: [5], scales: [0.5], zeroPoints: [zeroPoint] }));
  t.deepEqual(int8(await computed({ code: OPERATOR.div }, quantized, int8Bytes([10, -10, 3, 127, 4]), int8Bytes([2, 2, 2, 6, -120]))), [127, -128, -1, 61, -1]);
});
