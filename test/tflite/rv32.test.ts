import { rv32Virt } from "../../boards/rv32-virt/board.ts";
import { buildModelBatch, testConformanceOnBoard, testExampleOnBoard } from "./on-board.ts";

const program = (): Promise<string> => buildModelBatch(rv32Virt);

testExampleOnBoard(rv32Virt, "On a 32-bit RISC-V board the example's model gives the bits that it gives here", program);
testConformanceOnBoard(rv32Virt, "On a 32-bit RISC-V board the kernels in portable C give the reference's output, to the bit", program);
