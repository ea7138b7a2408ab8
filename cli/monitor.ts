/** `assay monitor`: follows what a board says. */
import { Command } from "commander";
import { loadBoard } from "../boards/boards.ts";
import { parseEvent } from "../host-sim/events.ts";
import { integer } from "./arguments.ts";
import { describeEvent } from "./describe-event.ts";
import { interruptible } from "./interrupt.ts";
import { progressLines } from "./progress.ts";

interface MonitorCommandOptions {
  readonly board: string;
  readonly port?: string;
  readonly baud?: number;
  readonly host?: string;
  readonly sshConfig?: string;
  readonly app?: string;
  readonly data?: string;
  readonly json: boolean;
}

/** The command. */
export function monitorCommand(): Command {
  return new Command("monitor")
    .description("follow what a board says until Ctrl-C; an emulated board is switched on for it")
    .requiredOption("--board <BOARD>", "a board of `assay boards`, or the path of a board's folder")
    .option("--port <PORT>", "serial port (default: the one that looks like a board)")
    .option("--baud <RATE>", "bits per second on the port", integer(9600, 4_000_000))
    .option("--host <ADDRESS>", "a Linux board, as ssh takes it: user@address")
    .option("--ssh-config <FILE>", "configuration of ssh in place of yours")
    .option("--app <NAME>", "the app to follow, on a board that runs several")
    .option("--data <DIR>", "the folder of an emulated board's flash (default: build/BOARD/data)")
    .option("--json", "lines as the board says them: its events are JSON", false)
    .addHelpText("after", "\nexample:\n  assay monitor --board mps2-an500")
    .action(async ({ json, ...options }: MonitorCommandOptions) => {
      const board = await loadBoard(options.board);
      const onLine = (line: string): void => {
        const event = json ? undefined : parseEvent(line);
        process.stdout.write(`${event === undefined ? line : describeEvent(event)}\n`);
      };
      await interruptible((signal) => board.monitor({ ...options, onLine, signal, progress: progressLines() }));
    });
}
