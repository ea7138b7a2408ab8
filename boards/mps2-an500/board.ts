/** Arm's MPS2+ board with the AN500 image: a Cortex-M7 with DSP extension and double-precision FPU. One instruction takes one nanosecond of its time. */
import { join } from "node:path";
import { semihosting, type EmulatedBoard } from "../emulated.ts";

const folder = import.meta.dirname;

export const mps2An500: EmulatedBoard = {
  name: "mps2-an500",
  compiler: "arm-none-eabi-gcc",
  emulator: "qemu-system-arm",
  processor: ["-mthumb", "-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"],
  sources: [join(folder, "startup.c")],
  link: ["-T", join(folder, "memory.ld"), "--specs=rdimon.specs", "-nostartfiles"],
  options: (program, parameters) => ["-M", "mps2-an500", "-icount", "shift=0", "-nographic", "-semihosting-config", semihosting(["program", ...parameters]), "-kernel", program],
};
