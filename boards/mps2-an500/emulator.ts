/** The MPS2+ board in QEMU: a firmware, the file that is its flash chip, and the TCP port that its link is joined to. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BoardError } from "../board-error.ts";
import { mps2An500 } from "./board.ts";
import { FLASH_CHIP_BYTES } from "./partitions.ts";
import { findProgram, program, require } from "../requirements.ts";

/** Options of {@link startEmulator}. */
export interface EmulatorOptions {
  /** the firmware's ELF file */
  readonly elf: string;
  /** the flash chip: a file of 16 MB, which keeps what the board stores; without it there is only memory, which forgets */
  readonly chip?: string;
  /** what the link is joined to; without it the link leads nowhere */
  readonly broker?: { readonly host: string; readonly port: number };
  /** told each line that the board says */
  readonly onLine: (line: string) => void;
  /** counts instructions in place of time, so that a run can be repeated (default false) */
  readonly countInstructions?: boolean;
}

/** A running board. */
export interface Emulator {
  /** copies memory of the running board into a file */
  saveMemory(address: number, bytes: number, file: string): Promise<void>;
  /** presses the reset button: RAM is started anew, flash stays, QEMU goes on */
  reset(): Promise<void>;
  /** pulls the plug */
  cutPower(): Promise<void>;
  /** resolves with QEMU's exit code when the firmware has ended by itself, −1 when the power was cut */
  readonly ended: Promise<number>;
}

/** Boards that are switched on: none outlives whoever did it. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A broker's host as QEMU's options take it: no comma can begin an option of its own. */
function endpoint(host: string, port: number): string {
  if (!/^[A-Za-z0-9._:-]+$/.test(host)) throw new BoardError("BAD_OPTION", `expected a host name or address for the link, got ${JSON.stringify(host)}`);
  return `host=${host},port=${port}`;
}

/**
 * Switches the board on.
 * @throws BoardError `MISSING_REQUIREMENT` without QEMU, `BAD_OPTION` for a broker's name that is none
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { elf, chip, broker, onLine, countInstructions = false } = options;
  require("mps2-an500", [program(mps2An500.emulator, "runs the board", "qemu-system-arm")]);
  const scratch = await mkdtemp(join(tmpdir(), "assay-qemu-"));
  const monitor = join(scratch, "qmp");
  const link = broker === undefined ? ["-serial", "null"] : ["-chardev", `socket,id=link,${endpoint(broker.host, broker.port)},reconnect=1`, "-serial", "chardev:link"];
  const machine = chip === undefined ? ["-M", "mps2-an500"] : ["-M", "mps2-an500,memory-backend=flash", "-object", `memory-backend-file,id=flash,size=${FLASH_CHIP_BYTES},share=on,mem-path=${chip.replaceAll(",", ",,")}`];
  // Where util-linux is, the system sees to it too, should this process be killed.
  const [command = "", ...guard] = findProgram("setpriv") === undefined ? [mps2An500.emulator] : ["setpriv", "--pdeathsig", "KILL", mps2An500.emulator];
  const child = spawn(
    command,
    [
      ...guard,
      ...[...machine, "-display", "none", "-monitor", "none", "-serial", "stdio", ...link],
      ...["-qmp", `unix:${monitor},server=on,wait=off`, "-semihosting-config", "enable=on,target=native"],
      ...(countInstructions ? ["-icount", "shift=0,sleep=off"] : []),
      ...["-kernel", elf],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  running.add(child);
  const lines = createInterface({ input: child.stdout }).on("line", onLine);
  createInterface({ input: child.stderr }).on("line", onLine);
  const read = once(lines, "close");
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (cause) => reject(new BoardError("MISSING_REQUIREMENT", `expected ${mps2An500.emulator} to start, got: ${cause.message}; install it (Debian: apt install qemu-system-arm)`, { cause })));
    child.once("close", (code) => resolve(code ?? -1));
  }).finally(() => {
    running.delete(child);
    return rm(scratch, { recursive: true, force: true });
  });
  await Promise.race([once(child, "spawn"), ended]);
  return {
    saveMemory: (address, bytes, file) => ask(monitor, "pmemsave", { val: address, size: bytes, filename: file }),
    reset: () => ask(monitor, "system_reset"),
    cutPower: async () => {
      child.kill("SIGKILL");
      await Promise.all([closed(child), read]);
    },
    ended,
  };
}

async function closed(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
}

/** Gives QEMU a command by its machine protocol: https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html. */
async function ask(socket: string, name: string, parameters: object = {}): Promise<void> {
  const connection = createConnection(socket);
  const answers = createInterface({ input: connection })[Symbol.asyncIterator]();
  const next = async (): Promise<{ error?: { desc: string }; return?: unknown }> => {
    for (;;) {
      const { value, done } = await answers.next();
      if (done === true) throw new BoardError("MONITOR_FAILED", `expected QEMU to answer ${name}, got nothing`);
      const answer = JSON.parse(value as string) as { error?: { desc: string }; return?: unknown; QMP?: unknown };
      if (answer.error !== undefined) throw new BoardError("MONITOR_FAILED", `expected QEMU to take ${name}, got: ${answer.error.desc}`);
      if ("return" in answer || "QMP" in answer) return answer;
    }
  };
  try {
    await next();
    for (const message of [{ execute: "qmp_capabilities" }, { execute: name, arguments: parameters }]) {
      connection.write(`${JSON.stringify(message)}\n`);
      await next();
    }
  } finally {
    connection.destroy();
  }
}
