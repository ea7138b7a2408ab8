/** `assay flash`: builds an app and puts it on a board. */
import { Command } from "commander";
import { loadBoard } from "../boards/boards.ts";
import { integer } from "./arguments.ts";
import { buildFor } from "./build.ts";
import { interruptible } from "./interrupt.ts";
import { progressLines } from "./progress.ts";

interface FlashCommandOptions {
  readonly board: string;
  readonly port?: string;
  readonly baud?: number;
  readonly host?: string;
  readonly data?: string;
  readonly config?: string;
  readonly trace?: string;
  readonly erase: boolean;
}

/** The command. */
export function flashCommand(): Command {
  return new Command("flash")
    .description("build an app and put it on a board: by serial port, over ssh, or into the file that is an emulated board's flash")
    .argument("<APP>", "the app's TypeScript file")
    .requiredOption("--board <BOARD>", "a board of `assay boards`, or the path of a board's folder")
    .option("--port <PORT>", "serial port (default: the one that looks like a board)")
    .option("--baud <RATE>", "bits per second on the port", integer(9600, 4_000_000))
    .option("--host <ADDRESS>", "a Linux board, as ssh takes it: user@address")
    .option("--data <DIR>", "the folder of an emulated board's flash (default: build/BOARD/data)")
    .option("--config <FILE>", "the device's configuration, JSON: broker, networks, sensors")
    .option("--trace <FILE>", "a recording that plays in place of the sensor")
    .option("--erase", "erase everything first: the device's key and stored statements too", false)
    .addHelpText("after", "\nexample:\n  assay flash examples/vibration/app.ts --board mps2-an500 --config config.json --trace examples/vibration/data/balanced.csv")
    .action(async (app: string, options: FlashCommandOptions) => {
      const board = await loadBoard(options.board);
      const built = await buildFor(app, { board: options.board });
      await interruptible((signal) => board.flash(built, { ...options, signal, progress: progressLines() }));
    });
}
