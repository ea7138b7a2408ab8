import { join } from "node:path";
import { buildForBoard, root, runOnBoard } from "../../boards/emulated.ts";
import { buildModelRun, cortexA53, cortexA76, neonEngineSources, sanitizedCortexA76 } from "../../boards/linux-aarch64/board.ts";
import { instructionsPerInvoke } from "../../boards/linux-aarch64/instructions.ts";
import { checkFastKernels } from "./fast-kernels.ts";
import { testConformanceOnBoard, testOnBoard } from "./on-board.ts";

const modelRun = (): Promise<string> => buildModelRun(cortexA53);

testOnBoard(cortexA53, "On 64-bit Arm the engine takes the dot product extension where the processor has it, and NEON on all", async (t) => {
  t.deepEqual(await runOnBoard(cortexA53, await modelRun(), ["variants"]), { code: 0, stdout: "neon\nportable\n", stderr: "" });
  t.deepEqual(await runOnBoard(cortexA76, await modelRun(), ["variants"]), { code: 0, stdout: "neon-dotprod\nneon\nportable\n", stderr: "" });
});

for (const [board, kernels] of [[cortexA53, "portable"], [cortexA53, "neon"], [cortexA76, "neon-dotprod"]] as const) {
  testConformanceOnBoard(board, `On 64-bit Arm the ${kernels} kernels give the reference's output on every case: int8, int16 and int32 to the bit`, modelRun, { kernels, float32: true });
}

testOnBoard(sanitizedCortexA76, "On 64-bit Arm the fast kernels of every variant give portable C's output on 1,000 drawn layers each, to the bit and within bounds", async (t) => {
  const program = await buildForBoard(sanitizedCortexA76, { name: "fast", sources: [...neonEngineSources(), join(import.meta.dirname, "fast.c")], flags: ["-O1"] });
  t.deepEqual(await checkFastKernels(t, 1000, (parameters) => runOnBoard(sanitizedCortexA76, program, parameters)), ["neon", "neon-dotprod"]);
});

testOnBoard(cortexA76, "On 64-bit Arm the kernels for NEON compute the example's model in less than half of the instructions of portable C, and with the dot product extension in fewer still", async (t) => {
  const program = await modelRun();
  const model = join(root, "examples", "machine-health", "model.tflite");
  const { inputs } = JSON.parse((await runOnBoard(cortexA76, program, ["info", model])).stdout) as { inputs: { bytes: number }[] };
  const count = (kernels: string): Promise<number> => instructionsPerInvoke(cortexA76, program, model, new Uint8Array(inputs[0]!.bytes), kernels);
  const [portable, neon, dotprod] = [await count("portable"), await count("neon"), await count("neon-dotprod")];
  t.log(`${portable} in portable C, ${neon} with NEON, ${dotprod} with the dot product extension`);
  t.true(neon < portable / 2);
  t.true(dotprod < neon);
});
