import { join } from "node:path";
import { buildForBoard, engineFolder, engineSources, runOnBoard, sourcesIn } from "../../boards/emulated.ts";
import { mps2An500 } from "../../boards/mps2-an500/board.ts";
import { checkFastKernels } from "./fast-kernels.ts";
import { buildModelBatch, testConformanceOnBoard, testExampleOnBoard, testOnBoard } from "./on-board.ts";

const kernels = sourcesIn(join(engineFolder, "kernels", "arm-dsp"));

const portable = (): Promise<string> => buildModelBatch(mps2An500);
const fast = (): Promise<string> => buildModelBatch(mps2An500, "tflite_cortex_m_dsp_kernels", kernels);

testExampleOnBoard(mps2An500, "On a Cortex-M7 the example's model gives the bits that it gives here", fast);
testConformanceOnBoard(mps2An500, "On a Cortex-M7 the kernels in portable C give the reference's output, to the bit", portable);
testConformanceOnBoard(mps2An500, "On a Cortex-M7 the kernels for its DSP extension give the reference's output, to the bit", fast);

testOnBoard(mps2An500, "On a Cortex-M7 the kernels for its DSP extension give portable C's output on 2,000 drawn layers each, to the bit, and write nothing else", async (t) => {
  const program = await buildForBoard(mps2An500, { name: "fast", sources: [...engineSources(), ...kernels, join(import.meta.dirname, "fast-arm-dsp.c")] });
  // Depthwise convolutions that make several channels of each of several are rare, and left to portable C.
  t.deepEqual(await checkFastKernels(t, 2000, (parameters) => runOnBoard(mps2An500, program, parameters), 0.7), ["cortex-m-dsp"]);
});
