import { join } from "node:path";
import { engineFolder, sourcesIn } from "../../boards/emulated.ts";
import { mps2An500 } from "../../boards/mps2-an500/board.ts";
import { buildModelBatch, testConformanceOnBoard, testExampleOnBoard } from "./on-board.ts";

const portable = (): Promise<string> => buildModelBatch(mps2An500);
const fast = (): Promise<string> => buildModelBatch(mps2An500, "tflite_cortex_m_dsp_kernels", sourcesIn(join(engineFolder, "kernels", "arm-dsp")));

testExampleOnBoard(mps2An500, "On a Cortex-M7 the example's model gives the bits that it gives here", fast);
testConformanceOnBoard(mps2An500, "On a Cortex-M7 the kernels in portable C give the reference's output, to the bit", portable);
testConformanceOnBoard(mps2An500, "On a Cortex-M7 the kernels for its DSP extension give the reference's output, to the bit", fast);
