/**
 * What the command line knows of a board. Each has a folder below `boards/` with a `definition.ts` that exports one as default; a board of one's own is such a folder
 * anywhere (`assay build --board path/to/folder`).
 */
import type { PublicKey } from "assay/statement/cose-key";

/** Something that a board needs on the machine that builds for it or talks to it. */
export interface Requirement {
  /** as people call it, such as "qemu-system-arm" */
  readonly name: string;
  /** what it does here, such as "runs the board" */
  readonly purpose: string;
  /** where it is, or undefined if it is missing */
  find(): string | undefined;
  /** the line that installs it */
  readonly install: string;
}

/** A part of an image, such as XS or the model. */
export interface Part {
  readonly name: string;
  /** as a number of bytes */
  readonly bytes: number;
}

/** A kind of memory, and what takes it. */
export interface MemoryUse {
  readonly parts: readonly Part[];
  /** bytes that the board has for it; undefined where nothing limits it */
  readonly limit: number | undefined;
}

/** What `build` makes. */
export interface BoardBuild {
  readonly board: string;
  /** absolute path of the folder that holds everything below */
  readonly folder: string;
  /** what goes to the board, by its role, such as `{ firmware: "….bin", elf: "….elf" }`; absolute paths */
  readonly files: Readonly<Record<string, string>>;
  readonly flash: MemoryUse;
  readonly ram: MemoryUse;
  /** path of the NOTICE: licences of all that is in the image */
  readonly notice: string;
}

/** Options of every step. */
export interface StepOptions {
  /** told what is being done, a line per step */
  readonly progress: (line: string) => void;
}

/** Options of {@link Board.build}. */
export interface BuildOptions extends StepOptions {
  /** folder for what is made (default `build/BOARD/APP`) */
  readonly output?: string;
}

/** Options of {@link Board.flash} and {@link Board.monitor}; a board refuses those that make no sense for it. */
export interface ConnectionOptions extends StepOptions {
  /** serial port, such as /dev/ttyUSB0 */
  readonly port?: string;
  readonly baud?: number;
  /** a Linux board's address for ssh, such as pi@raspberrypi.local */
  readonly host?: string;
  /** configuration of ssh in place of the user's (`ssh -F`) */
  readonly sshConfig?: string;
  /** folder that stands for the flash of an emulated board */
  readonly data?: string;
  readonly signal: AbortSignal;
}

/** Who a board is, as it has told over the way by which it was flashed. */
export interface FlashedDevice {
  /** base64url thumbprint of its first key, 43 characters */
  readonly id: string;
  /** the key in use */
  readonly publicKey: PublicKey;
  readonly simulator: boolean;
  /** its proof of possession (64 bytes), if its configuration asks for one (`register`) */
  readonly proof?: Uint8Array;
}

/** Options of {@link Board.flash}. */
export interface FlashOptions extends ConnectionOptions {
  /** file with the device's configuration (JSON) */
  readonly config?: string;
  /** recording (CSV) that the board plays in place of its sensor */
  readonly trace?: string;
  /** erase everything first, keys and stored statements included */
  readonly erase?: boolean;
  /** how long a board with a network may take to get its first statement to the gateway, ms (default 120,000); 0: not waited for */
  readonly patienceMs?: number;
  /** resolves when a statement of the device has verified where people listen, to a line that says so; the signal ends it. Without it the gateway's word counts */
  readonly verify?: (device: FlashedDevice, signal: AbortSignal) => Promise<string>;
}

/** Options of {@link Board.monitor}. */
export interface MonitorOptions extends ConnectionOptions {
  /** the build that runs there, if it is known: for names of functions in a backtrace */
  readonly build?: BoardBuild;
  /** name of the app to follow, on a board that can run several */
  readonly app?: string;
  /** told each line that the device says */
  readonly onLine: (line: string) => void;
}

/** What has been shown of a board. */
export type BoardStatus =
  /** its firmware is booted by the tests, in an emulator */
  | "emulated in tests"
  /** its binary runs in the tests, on an emulated processor */
  | "tested on an emulated processor"
  /** it is this machine */
  | "runs here"
  /** it is built, as far as the tools are there; no board has run it */
  | "not yet run on hardware";

/** A board. */
export interface Board {
  readonly name: string;
  readonly title: string;
  readonly chip: string;
  /** bytes for heap, arena and stacks; undefined where it is plenty */
  readonly ramBytes: number | undefined;
  /** bytes for firmware; undefined where it is plenty */
  readonly flashBytes: number | undefined;
  readonly status: BoardStatus;
  readonly requirements: readonly Requirement[];
  /**
   * Builds the app in the TypeScript file `app`.
   * @throws BoardError `MISSING_REQUIREMENT`, `MODEL_REFUSED`, `MODELS_TOO_LARGE`, `IMAGE_TOO_LARGE`; RuntimeError
   */
  build(app: string, options: BuildOptions): Promise<BoardBuild>;
  /** Puts a build on a board. @throws BoardError `BAD_OPTION`, `MISSING_REQUIREMENT`, `FLASH_FAILED` */
  flash(build: BoardBuild, options: FlashOptions): Promise<void>;
  /** Follows what a board says until the signal; resolves when there is nothing more to follow. @throws BoardError `BAD_OPTION`, `MISSING_REQUIREMENT`, `MONITOR_FAILED` */
  monitor(options: MonitorOptions): Promise<void>;
}
