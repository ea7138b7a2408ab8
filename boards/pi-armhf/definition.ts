/** Raspberry Pi with a 32-bit system: 2, 3, 4, Zero 2 W; and any other ARMv7 board with Debian's armhf. Not a Pi 1 or Zero, whose ARMv6 Debian's armhf leaves out. */
import { linuxArmhf } from "../../runtime/target.ts";
import { linuxBoard } from "../linux-deb/linux-board.ts";
import { file, program } from "../requirements.ts";

export default linuxBoard({
  name: "pi-armhf",
  title: "Raspberry Pi (32-bit)",
  chip: "ARMv7-A, Linux",
  status: "tested on an emulated processor",
  target: linuxArmhf,
  architecture: "armhf",
  requirements: [
    program("arm-linux-gnueabihf-gcc", "compiles for the board", "gcc-arm-linux-gnueabihf"),
    file("/usr/arm-linux-gnueabihf/include/stdio.h", "the C library for armhf", "compiles for the board", "libc6-dev-armhf-cross"),
  ],
});
