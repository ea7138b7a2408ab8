/** What can go wrong between this machine and an ESP32 board: ports, the ROM loader's protocol, what is to be flashed, and eFuses. */
export type FlashErrorCode =
  /** there is no such port, or it went away before it was opened */
  | "PORT_ABSENT"
  /** another program holds the port */
  | "PORT_BUSY"
  /** this user may not open the port */
  | "PORT_DENIED"
  /** the port went away while it was in use: unplugged, or the chip's own USB was reset */
  | "PORT_GONE"
  /** the operating system refused something else of the port */
  | "PORT_FAILED"
  /** no port of this machine looks like a board */
  | "NO_PORT"
  /** several ports look like boards and none was named */
  | "SEVERAL_PORTS"
  /** DTR and RTS of this port cannot be set, as on a pseudo terminal or over a network */
  | "LINES_UNSUPPORTED"
  /** the chip does not answer SYNC */
  | "NO_SYNC"
  /** the chip was reset, but started its program instead of the ROM loader */
  | "WRONG_BOOT_MODE"
  /** a flasher stub of another tool answers instead of the ROM loader */
  | "STUB_RUNNING"
  /** a command got no reply in time */
  | "NO_REPLY"
  /** a reply that is shorter than its command's reply, or of another form */
  | "BAD_REPLY"
  /** the loader does not know the command, or refuses it in secure download mode */
  | "UNSUPPORTED_COMMAND"
  /** the loader found another checksum in a block than was sent */
  | "ROM_CHECKSUM"
  /** the loader read back something else than it wrote to flash, or could not read flash */
  | "ROM_FLASH"
  /** the loader refused a command for another reason; `romError` says which */
  | "ROM_ERROR"
  /** a chip that is not one of `CHIPS` */
  | "UNKNOWN_CHIP"
  /** another chip or board than was asked for */
  | "WRONG_CHIP"
  /** the flash holds something else than was written */
  | "MD5_MISMATCH"
  /** the chip has flash encryption or secure boot on, and what is to be flashed would keep it from starting */
  | "SECURED"
  /** not an ESP image, or one whose bytes are damaged */
  | "BAD_IMAGE"
  /** an ESP image for another chip */
  | "WRONG_IMAGE_CHIP"
  /** a partition table that is malformed or breaks a rule */
  | "BAD_PARTITION_TABLE"
  /** two things at the same place in flash */
  | "OVERLAP"
  /** an offset that is not a multiple of what the flash or the chip needs */
  | "MISALIGNED"
  /** something ends beyond the flash or beyond its partition */
  | "DOES_NOT_FIT"
  /** NVS entries, or an NVS image, that are malformed */
  | "BAD_NVS"
  /** an option out of its range */
  | "BAD_OPTION"
  /** eFuses would be burned, but nobody confirmed it */
  | "NOT_CONFIRMED"
  /** a program that is needed is not installed */
  | "NO_PROGRAM"
  /** a program that was started failed */
  | "PROGRAM_FAILED";

/** A port, board, image or plan that cannot be worked with. The message says what was expected, what came and what to do. */
export class FlashError extends Error {
  override readonly name = "FlashError";
  readonly code: FlashErrorCode;
  /** the loader's own error number (Serial Protocol, "ROM Loader Errors"); only with ROM_CHECKSUM, ROM_FLASH, ROM_ERROR */
  readonly romError: number | undefined;

  constructor(code: FlashErrorCode, message: string, options: { cause?: unknown; romError?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.romError = options.romError;
  }
}

/** A number as hexadecimal, such as 0x1000. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
