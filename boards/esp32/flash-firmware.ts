/** Puts firmware on an ESP32 board over its serial port, and waits until its first result has arrived. */
import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ConnectionOptions, FlashedDevice, FlashOptions } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { CHIPS } from "../esp-flash/chips.ts";
import { FlashError } from "../esp-flash/flash-error.ts";
import { flashEsp, type FlashEvent, type FlashReport } from "../esp-flash/flash-esp.ts";
import { readFlasherArgs } from "../esp-flash/flasher-args.ts";
import { monitorPort } from "../esp-flash/monitor.ts";
import { FirstStatement } from "../linux-deb/first-statement.ts";
import type { Esp32Board, Firmware } from "./build.ts";
import { lineEvents, portOf } from "./monitor-console.ts";

const PATIENCE_MS = 120_000;

function failed(message: string, cause?: unknown): BoardError {
  return new BoardError("FLASH_FAILED", message, cause === undefined ? undefined : { cause });
}

/** Refuses options of other kinds of boards. @throws BoardError `BAD_OPTION` */
export function refuseOptions(board: Esp32Board, options: ConnectionOptions & Pick<FlashOptions, "trace">): void {
  const { host, sshConfig, data, trace } = options;
  const wrong = Object.entries({ "--host": host, "ssh's configuration": sshConfig, "--data": data, "--trace": trace }).find(([, value]) => value !== undefined);
  if (wrong === undefined) return;
  const why = wrong[0] === "--trace" ? "which has no files to play a recording from" : "which is on a serial port (--port, --baud)";
  throw new BoardError("BAD_OPTION", `expected options of board ${board}, ${why}, got ${wrong[0]}`);
}

/**
 * Copies what ESP-IDF has built into `folder`, for this user alone.
 * @returns the files by role; `flasher` says which file goes where
 */
export function copyFirmware(firmware: Firmware, folder: string): Record<"flasher" | "app" | "bootloader" | "partitions" | "elf", string> {
  const { parts } = readFlasherArgs(firmware.flasherArgs);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const copy = (from: string, name: string): string => {
    const to = join(folder, name);
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    copyFileSync(from, to);
    chmodSync(to, 0o600);
    return to;
  };
  const at = new Map(parts.map(({ name, kind }) => [kind, copy(join(dirname(firmware.flasherArgs), name), name)]));
  const of = (kind: "app" | "bootloader" | "partition-table"): string => {
    const path = at.get(kind);
    if (path === undefined) throw new BoardError("SDK_FAILED", `expected ESP-IDF to name its ${kind} in ${firmware.flasherArgs}, got none`);
    return path;
  };
  return { flasher: copy(firmware.flasherArgs, "flasher_args.json"), app: of("app"), bootloader: of("bootloader"), partitions: of("partition-table"), elf: copy(firmware.elf, "app.elf") };
}

const kilobytes = (bytes: number): number => Math.ceil(bytes / 1024);

/** An event as a line; a count at its end where there will be more. */
function lineOf(event: FlashEvent): string {
  switch (event.type) {
    case "board":
      return `${CHIPS[event.identity.chip].title}${event.identity.mac === undefined ? "" : `, MAC ${event.identity.mac}`}`;
    case "erase":
      return `erasing ${event.name}, KB ${kilobytes(event.done)}/${kilobytes(event.total)}`;
    case "write":
      return `writing ${event.name}, KB ${kilobytes(event.done)}/${kilobytes(event.total)}`;
    case "verify":
      return `${event.name} is in the flash as it was built (MD5 ${event.md5})`;
    case "note":
      return event.text;
  }
}

async function write(board: Esp32Board, port: string, flasherArgs: string, options: FlashOptions): Promise<FlashReport> {
  const { chip, parts } = readFlasherArgs(flasherArgs);
  if (chip !== board) throw new BoardError("BAD_OPTION", `expected a build for ${board}, got one for ${chip}`);
  const progress = (event: FlashEvent): void => {
    // Between two blocks, where the port can be closed.
    if (options.signal.aborted) throw failed(`interrupted: the board on ${port} has part of its firmware; flash it again`, options.signal.reason);
    options.progress(lineOf(event));
  };
  return flashEsp(port, { chip, parts, progress, ...(options.erase === true ? { erase: "all" } : {}), ...(options.baud === undefined ? {} : { baud: options.baud }) });
}

/** Follows the console until the first result is with the gateway or, if that is asked for, verified. */
async function waitForStatement(port: string, { startedBy }: FlashReport, options: FlashOptions): Promise<void> {
  const patience = options.patienceMs ?? PATIENCE_MS;
  const done = new AbortController();
  const timeout = AbortSignal.timeout(patience);
  const ended = AbortSignal.any([options.signal, done.signal, timeout]);
  const { promise: device, resolve: onDevice } = Promise.withResolvers<FlashedDevice>();
  const { promise: stored, resolve: onStored } = Promise.withResolvers<number>();
  const first = new FirstStatement({ onDevice, onStored, onFailing: () => {}, progress: options.progress });
  // The port was closed for a moment: once more from the start, so that nothing is missed.
  const following = monitorPort({ port, reset: startedBy === "lines", signal: ended, onEvent: lineEvents({ onLine: (line) => first.read(line), progress: options.progress }, port) });
  const { verify } = options;
  // Where somebody verifies, their word counts; else the gateway's, which acknowledges what it has verified.
  const arrived = verify === undefined ? stored.then(() => true) : device.then((known) => verify(known, ended)).then((line) => (options.progress(line), true));
  try {
    const outcome = await Promise.race([arrived, following]);
    if (outcome === true) return;
    options.signal.throwIfAborted();
    throw failed(`flashed, but expected the first statement to arrive within ${patience / 1000} s: ${first.lastWords}`);
  } finally {
    done.abort();
    // How the follower ends is of no interest any more.
    await Promise.allSettled([following]);
  }
}

function parts({ parts: written, retries }: FlashReport): string {
  const bytes = written.reduce((sum, part) => sum + part.bytes, 0);
  return `${bytes.toLocaleString("en-US")} bytes in ${written.length} parts${retries === 0 ? "" : `, ${retries} of its blocks and commands again`}`;
}

/**
 * Writes what `flasherArgs` names, and waits for the first result unless `patienceMs` is 0.
 * @throws BoardError `BAD_OPTION`, `FLASH_FAILED`; what `options.verify` throws; the signal's reason
 */
export async function flashFirmware(board: Esp32Board, flasherArgs: string, options: FlashOptions): Promise<void> {
  try {
    const port = await portOf(options);
    const report = await write(board, port, flasherArgs, options);
    options.progress(`flashed ${parts(report)}`);
    if (options.patienceMs !== 0) await waitForStatement(port, report, options);
  } catch (cause) {
    if (!(cause instanceof FlashError)) throw cause;
    throw cause.code === "BAD_OPTION" ? new BoardError("BAD_OPTION", cause.message, { cause }) : failed(cause.message, cause);
  }
}
