import { join } from "node:path";
import { buildForBoard, runOnBoard } from "../../boards/emulated.ts";
import { cortexA53 } from "../../boards/linux-aarch64/board.ts";
import { checkFastKernels } from "./fast-kernels.ts";
import { buildLinuxModelRun, linuxEngineSources, testConformanceOnBoard, testOnBoard } from "./on-board.ts";

const modelRun = (): Promise<string> => buildLinuxModelRun(cortexA53);

testOnBoard(cortexA53, "On 64-bit Arm the engine has the kernels for NEON, and takes them", async (t) => {
  t.deepEqual(await runOnBoard(cortexA53, await modelRun(), ["variants"]), { code: 0, stdout: "neon\nportable\n", stderr: "" });
});

for (const kernels of ["neon", "portable"]) {
  testConformanceOnBoard(cortexA53, `On 64-bit Arm the ${kernels} kernels give the reference's output on every case: int8, int16 and int32 to the bit`, modelRun, { kernels, float32: true });
}

testOnBoard(cortexA53, "On 64-bit Arm the fast kernels give portable C's output on 2,000 drawn layers each, to the bit", async (t) => {
  const program = await buildForBoard(cortexA53, { name: "fast", sources: [...linuxEngineSources(), join(import.meta.dirname, "fast.c")] });
  t.deepEqual(await checkFastKernels(t, 2000, (parameters) => runOnBoard(cortexA53, program, parameters)), ["neon"]);
});
