/** Raspberry Pi with a 64-bit system: 3, 4, 5, Zero 2 W; and any other 64-bit Arm board with Debian, Ubuntu or Raspberry Pi OS. */
import { linuxArm64 } from "../../runtime/target.ts";
import { linuxBoard } from "../linux-deb/linux-board.ts";
import { file, program } from "../requirements.ts";

export default linuxBoard({
  name: "pi",
  title: "Raspberry Pi (64-bit)",
  chip: "ARMv8-A, Linux",
  status: "tested on an emulated processor",
  target: linuxArm64,
  architecture: "arm64",
  requirements: [
    program("aarch64-linux-gnu-gcc", "compiles for the board", "gcc-aarch64-linux-gnu"),
    file("/usr/aarch64-linux-gnu/include/stdio.h", "the C library for arm64", "compiles for the board", "libc6-dev-arm64-cross"),
  ],
});
