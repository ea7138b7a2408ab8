/** The console of an ESP32 board, for the command line. */
import type { ConnectionOptions, MonitorOptions } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { FlashError } from "../esp-flash/flash-error.ts";
import { monitorPort, type MonitorEvent } from "../esp-flash/monitor.ts";
import { choosePort, listPorts } from "../esp-flash/ports.ts";
import type { Esp32Board } from "./build.ts";

/** The port that the options name, or the only one that looks like a board. @throws FlashError `NO_PORT`, `SEVERAL_PORTS` */
export async function portOf({ port }: Pick<ConnectionOptions, "port">): Promise<string> {
  return port ?? choosePort(await listPorts());
}

/** Hands lines to `onLine` as the device prints them, and what happens to the port to `progress`. */
export function lineEvents({ onLine, progress }: { readonly onLine: (line: string) => void; readonly progress: (line: string) => void }, port: string): (event: MonitorEvent) => void {
  return (event) => {
    if (event.type === "line") onLine(event.text);
    else if (event.type === "location") onLine(`  ${event.text}`);
    else if (event.type === "note") progress(event.text);
    else progress(event.type === "gone" ? `${port} went away; waits for it` : event.again ? `${port} is back` : `following ${port}`);
  };
}

/**
 * Follows the console until the signal.
 * @throws BoardError `MONITOR_FAILED`, `BAD_OPTION`
 */
export async function monitorConsole(board: Esp32Board, options: MonitorOptions): Promise<void> {
  if (options.app !== undefined) throw new BoardError("BAD_OPTION", `expected no name of an app for board ${board}, which runs one, got ${options.app}`);
  const elf = options.build?.files["elf"];
  try {
    const port = await portOf(options);
    await monitorPort({
      port,
      signal: options.signal,
      onEvent: lineEvents(options, port),
      ...(options.baud === undefined ? {} : { baud: options.baud }),
      ...(elf === undefined ? {} : { elf: { path: elf, chip: board } }),
    });
  } catch (cause) {
    if (!(cause instanceof FlashError)) throw cause;
    throw new BoardError("MONITOR_FAILED", cause.message, { cause });
  }
}
