import { join } from "node:path";
import { buildForBoard, runOnBoard } from "../../boards/emulated.ts";
import { cortexA53, cortexA76 } from "../../boards/linux-aarch64/board.ts";
import { checkFastKernels } from "./fast-kernels.ts";
import { buildLinuxModelRun, linuxEngineSources, testConformanceOnBoard, testOnBoard } from "./on-board.ts";

// One program for all processors.
const modelRun = (): Promise<string> => buildLinuxModelRun(cortexA53);

testOnBoard(cortexA53, "On 64-bit Arm the engine takes the dot product extension where the processor has it, and NEON on all", async (t) => {
  t.deepEqual(await runOnBoard(cortexA53, await modelRun(), ["variants"]), { code: 0, stdout: "neon\nportable\n", stderr: "" });
  t.deepEqual(await runOnBoard(cortexA76, await modelRun(), ["variants"]), { code: 0, stdout: "neon-dotprod\nneon\nportable\n", stderr: "" });
});

for (const [board, kernels] of [[cortexA53, "portable"], [cortexA53, "neon"], [cortexA76, "neon-dotprod"]] as const) {
  testConformanceOnBoard(board, `On 64-bit Arm the ${kernels} kernels give the reference's output on every case: int8, int16 and int32 to the bit`, modelRun, { kernels, float32: true });
}

testOnBoard(cortexA76, "On 64-bit Arm the fast kernels of every variant give portable C's output on 2,000 drawn layers each, to the bit", async (t) => {
  const program = await buildForBoard(cortexA76, { name: "fast", sources: [...linuxEngineSources(), join(import.meta.dirname, "fast.c")] });
  t.deepEqual(await checkFastKernels(t, 2000, (parameters) => runOnBoard(cortexA76, program, parameters)), ["neon", "neon-dotprod"]);
});
