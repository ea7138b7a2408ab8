/**
 * A program that flashes or follows a board of the command line by its definition, and tells on stdout, as JSON lines. Tests start it, since serialport does not work in AVA's worker threads.
 * Arguments: the verb, the board, and a build and options as JSON. It is interrupted when stdin ends.
 */
import type { BoardBuild } from "../../boards/board.ts";
import { BoardError } from "../../boards/board-error.ts";
import { loadBoard } from "../../boards/boards.ts";

const [verb, name, parameters] = process.argv.slice(2);
const { build, verifies, ...options } = JSON.parse(parameters!) as { build?: BoardBuild; verifies?: boolean };
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const stop = new AbortController();
process.stdin.on("end", () => stop.abort()).resume();

const shared = { ...options, signal: stop.signal, progress: (line: string) => say({ type: "progress", line }) };
try {
  const board = await loadBoard(name!);
  if (verb === "flash") await board.flash(build!, { ...shared, ...(verifies === true ? { verify: async (device) => `verified ${device.id}` } : {}) });
  else await board.monitor({ ...shared, onLine: (line) => say({ type: "line", line }) });
  say({ type: "end" });
} catch (error) {
  if (!(error instanceof BoardError)) throw error;
  say({ type: "error", code: error.code, message: error.message });
}
process.exit();
