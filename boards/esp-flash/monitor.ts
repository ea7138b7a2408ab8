/** Reads the console of a board, line by line, and goes on when its USB device goes away and comes back. */
import { existsSync } from "node:fs";
import { setTimeout as delayOf } from "node:timers/promises";
import { CHIPS, type ChipName } from "./chips.ts";
import { ConsoleLines } from "./console-lines.ts";
import { FlashError } from "./flash-error.ts";
import { ROM_BAUD, openSerial } from "./open-serial.ts";
import { addr2linePath, locate, panicAddresses } from "./panic-addresses.ts";
import { resetToProgram } from "./reset.ts";
import type { Delay, SerialLink } from "./serial-link.ts";

/** What is seen. */
export type MonitorEvent =
  /** a line of the console, with the time of its end in milliseconds since 1970 */
  | { readonly type: "line"; readonly at: number; readonly text: string }
  /** where the addresses of the line before are in the source */
  | { readonly type: "location"; readonly text: string }
  /** the port is open; `again` if it was before */
  | { readonly type: "open"; readonly again: boolean }
  /** the port went away */
  | { readonly type: "gone" }
  /** something that the person should know */
  | { readonly type: "note"; readonly text: string };

/** How to read a console. */
export interface MonitorOptions {
  readonly port: string;
  /** in bits per second (default 115200, as ESP-IDF's console) */
  readonly baud?: number;
  /** whether the port is the chip's own USB (default: what its USB ids say) */
  readonly usbJtag?: boolean;
  /** reset the board at the start, so that its first lines are seen (default false) */
  readonly reset?: boolean;
  /** wait for the port when it goes away or is not there yet (default true) */
  readonly reconnect?: boolean;
  /** the program as an ELF file, and its chip: addresses of a crash become source lines */
  readonly elf?: { readonly path: string; readonly chip: ChipName };
  readonly onEvent: (event: MonitorEvent) => void;
  /** ends it */
  readonly signal?: AbortSignal;
  /** opens the port (default `openSerial`) */
  readonly open?: (path: string, options: { readonly baud: number; readonly usbJtag?: boolean }) => Promise<SerialLink>;
  readonly delay?: Delay;
  /** milliseconds since 1970 (default the system's clock) */
  readonly clock?: () => number;
}

/** How often a port that went away is looked for, and how long one read waits, in milliseconds. */
const [LOOK_MS, READ_MS] = [250, 200];

/**
 * Reads until `signal` is aborted, then closes the port. Without `reconnect` it ends when the port goes away.
 * @throws FlashError `PORT_BUSY`, `PORT_DENIED`, `PORT_FAILED`; without `reconnect` also `PORT_ABSENT`; `BAD_OPTION` if the ELF file is not there
 */
export async function monitorPort(options: MonitorOptions): Promise<void> {
  const { port, onEvent, reconnect = true, signal } = options;
  const delay = options.delay ?? delayOf;
  const locations = locator(options);
  let [opened, waiting, resetDue] = [false, false, options.reset ?? false];
  while (signal?.aborted !== true) {
    let link: SerialLink;
    try {
      link = await (options.open ?? openSerial)(port, { baud: options.baud ?? ROM_BAUD, ...(options.usbJtag === undefined ? {} : { usbJtag: options.usbJtag }) });
    } catch (error) {
      // A device that has just come may for a moment not be readable yet, before its permissions are set.
      const passing = error instanceof FlashError && (["PORT_ABSENT", "PORT_GONE"].includes(error.code) || (opened && ["PORT_DENIED", "PORT_BUSY"].includes(error.code)));
      if (!reconnect || !passing) throw error;
      if (!opened && !waiting) onEvent({ type: "note", text: `waits for ${port}: ${error.message}` });
      waiting = true;
      await delay(LOOK_MS);
      continue;
    }
    try {
      onEvent({ type: "open", again: opened });
      opened = true;
      if (resetDue) await resetOnce(link, delay, onEvent);
      resetDue = false;
      await read(link, options, locations);
    } catch (error) {
      if (!(error instanceof FlashError) || error.code !== "PORT_GONE") throw error;
      onEvent({ type: "gone" });
      if (!reconnect) return;
      await delay(LOOK_MS);
    } finally {
      await link.close();
    }
  }
}

async function resetOnce(link: SerialLink, delay: Delay, onEvent: (event: MonitorEvent) => void): Promise<void> {
  try {
    await resetToProgram(link, delay);
  } catch (error) {
    if (!(error instanceof FlashError) || error.code !== "LINES_UNSUPPORTED") throw error;
    onEvent({ type: "note", text: `cannot reset the board from here: ${error.message}` });
  }
}

async function read(link: SerialLink, { signal, onEvent, clock = Date.now }: MonitorOptions, locations: Locator): Promise<void> {
  const lines = new ConsoleLines();
  try {
    while (signal?.aborted !== true) {
      for (const text of lines.push(await link.read(READ_MS))) {
        onEvent({ type: "line", at: clock(), text });
        for (const location of await locations(text)) onEvent(location);
      }
    }
  } finally {
    const rest = lines.flush();
    if (rest !== undefined) onEvent({ type: "line", at: clock(), text: rest });
  }
}

/** Gives the events that follow a line. */
type Locator = (line: string) => Promise<MonitorEvent[]>;

function locator({ elf }: MonitorOptions): Locator {
  if (elf === undefined) return async () => [];
  if (!existsSync(elf.path)) throw new FlashError("BAD_OPTION", `expected an ELF file ${elf.path}, got none`);
  const program = addr2linePath(elf.chip);
  let told = false;
  return async (line) => {
    const addresses = panicAddresses(line);
    if (addresses.length === 0) return [];
    if (program === undefined) {
      if (told) return [];
      told = true;
      return [{ type: "note", text: `source lines are not shown: ${CHIPS[elf.chip].addr2line.join(" or ")} is not on PATH; it comes with ESP-IDF's toolchain` }];
    }
    try {
      return (await locate(program, elf.path, addresses)).map((text) => ({ type: "location", text }));
    } catch (error) {
      // The console goes on, whatever is wrong with the ELF file.
      if (!(error instanceof FlashError)) throw error;
      return [{ type: "note", text: error.message }];
    }
  };
}
