/** Linux on a processor as this machine's: this machine, or another one that is reached by ssh. */
import { arch } from "node:process";
import { linux } from "../../runtime/target.ts";
import { linuxBoard } from "../linux-deb/linux-board.ts";
import { program } from "../requirements.ts";

/** Node's names of processors that are not dpkg's. */
const DEBIAN: Readonly<Record<string, string>> = { x64: "amd64", arm: "armhf", ia32: "i386", ppc64: "ppc64el" };

export default linuxBoard({
  name: "linux",
  title: "Linux on this machine's processor",
  chip: `${arch}, Linux`,
  status: "runs here",
  target: linux,
  architecture: DEBIAN[arch] ?? arch,
  requirements: [program("gcc", "compiles for the board", "gcc libc6-dev")],
  here: true,
});
