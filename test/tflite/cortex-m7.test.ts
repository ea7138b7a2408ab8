import { mps2An500 } from "../../boards/mps2-an500/board.ts";
import { buildModelRun, testConformanceOnBoard, testExampleOnBoard } from "./on-board.ts";

const portable = (): Promise<string> => buildModelRun(mps2An500);

testExampleOnBoard(mps2An500, "On a Cortex-M7 the example's model gives the bits that it gives here", portable);
testConformanceOnBoard(mps2An500, "On a Cortex-M7 the kernels in portable C give the reference's output, to the bit", portable);
