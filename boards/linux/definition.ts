/** Linux on a processor as this machine's: this machine, or another one that is reached by ssh. */
import { arch } from "node:process";
import { linux } from "../../runtime/target.ts";
import { linuxBoard } from "../linux-deb/linux-board.ts";
import { program } from "../requirements.ts";

export default linuxBoard({
  name: "linux",
  title: "Linux on this machine's processor",
  chip: `${arch}, Linux`,
  status: "runs here",
  target: linux,
  architecture: arch === "arm64" ? "arm64" : arch === "arm" ? "armhf" : "amd64",
  requirements: [program("gcc", "compiles for the board", "gcc libc6-dev")],
  here: true,
});
