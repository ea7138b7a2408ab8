/** `assay flash`: builds an app and puts it on a board. */
import { Command } from "commander";
import type { FlashOptions } from "../boards/board.ts";
import { loadBoard } from "../boards/boards.ts";
import { subscribe } from "../client/subscribe.ts";
import { integer, number } from "./arguments.ts";
import { buildFor } from "./build.ts";
import { CliError } from "./cli-error.ts";
import { interruptible } from "./interrupt.ts";
import { progressLines } from "./progress.ts";

interface FlashCommandOptions {
  readonly board: string;
  readonly port?: string;
  readonly baud?: number;
  readonly host?: string;
  readonly sshConfig?: string;
  readonly data?: string;
  readonly config?: string;
  readonly trace?: string;
  readonly erase: boolean;
  readonly wait?: number;
  readonly listen?: string;
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
    .option("--ssh-config <FILE>", "configuration of ssh in place of yours")
    .option("--data <DIR>", "the folder of an emulated board's flash (default: build/BOARD/data)")
    .option("--config <FILE>", "the device's configuration, JSON: broker, networks, sensors")
    .option("--trace <FILE>", "a recording that plays in place of the sensor")
    .option("--erase", "erase everything first: the device's key and stored statements too", false)
    .option("--wait <SECONDS>", "on a Linux board: how long its first result may take to arrive (default: 120); 0 does not wait", number(0, 86_400))
    .option("--listen <URL>", "wait until a result has verified at a subscriber of this broker, such as mqtt://broker:1883 (default: until the gateway has acknowledged one)")
    .addHelpText("after", "\nexamples:\n  assay flash examples/vibration/app.ts --board mps2-an500 --config config.json --trace examples/vibration/data/loosening.csv\n  assay flash examples/vibration/app.ts --board pi --host pi@raspberrypi.local --config config.json")
    .action(async (app: string, { wait, listen, ...options }: FlashCommandOptions) => {
      const board = await loadBoard(options.board);
      const built = await buildFor(app, { board: options.board });
      const waiting: Partial<FlashOptions> = { ...(wait === undefined ? {} : { patienceMs: wait * 1000 }), ...(listen === undefined ? {} : { verify: verifyAt(listen) }) };
      await interruptible((signal) => board.flash(built, { ...options, ...waiting, signal, progress: progressLines() }));
    });
}

/** Resolves at the first result of a device that verifies at a subscriber of `broker`. */
function verifyAt(broker: string): NonNullable<FlashOptions["verify"]> {
  return async (device, signal) => {
    const trust = { devices: [{ id: device.id, keys: [{ publicKey: device.publicKey }] }], logs: [] };
    for await (const event of subscribe({ broker, trust, signal, onRejected: ({ code, message }) => process.stderr.write(`rejected: ${code}: ${message}\n`) })) {
      if (event.type === "inference") return `verified: ${event.label} ${event.score.toFixed(2)} #${event.sequence} of ${device.id}`;
    }
    throw new CliError("MISSING", `expected a result of ${device.id} at ${broker}, got none`);
  };
}
