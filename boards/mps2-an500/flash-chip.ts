/** The file that is the board's flash chip: made, erased, and filled with what a device starts with. */
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync, writeSync } from "node:fs";
import { BoardError } from "../board-error.ts";
import { FLASH_CHIP_BYTES, partition } from "./partitions.ts";

const ERASED = 0xff;

/** Makes the chip if it is not there, or erases it. */
export function openChip(file: string, options: { readonly erase: boolean }): void {
  if (!options.erase && existsSync(file)) {
    const { size } = statSync(file);
    if (size !== FLASH_CHIP_BYTES) throw new BoardError("FLASH_FAILED", `expected a flash chip of ${FLASH_CHIP_BYTES} bytes in ${file}, got ${size}; erase it, or choose another folder`);
    return;
  }
  writeFileSync(`${file}.unfinished`, new Uint8Array(FLASH_CHIP_BYTES).fill(ERASED), { mode: 0o600 });
  renameSync(`${file}.unfinished`, file);
}

/**
 * Puts bytes at the start of a partition and erases its rest.
 * @throws BoardError `BAD_OPTION` for more than the partition holds, or bytes that would end the text
 */
export function writePartition(file: string, name: string, bytes: Uint8Array): void {
  const place = partition(name);
  if (bytes.length >= place.bytes) throw new BoardError("BAD_OPTION", `expected less than ${place.bytes} bytes for the flash partition ${name}, got ${bytes.length}`);
  if (bytes.includes(ERASED)) throw new BoardError("BAD_OPTION", `expected text for the flash partition ${name}, got the byte 255 in it`);
  const whole = new Uint8Array(place.bytes).fill(ERASED);
  whole.set(bytes);
  const descriptor = openSync(file, "r+");
  try {
    writeSync(descriptor, whole, 0, whole.length, place.offset);
  } finally {
    closeSync(descriptor);
  }
}

/** The text in a partition. */
export function readPartition(file: string, name: string): string {
  const { offset, bytes } = partition(name);
  const whole = Buffer.alloc(bytes);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, whole, 0, bytes, offset);
  } finally {
    closeSync(descriptor);
  }
  const end = whole.indexOf(ERASED);
  return whole.toString("utf8", 0, end < 0 ? bytes : end);
}

/** Reads a JSON object from a file. @throws BoardError `BAD_OPTION` */
export function readConfig(file: string): Record<string, unknown> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    // The text may hold a password, and JSON.parse shows some of it.
    const reason = cause instanceof SyntaxError ? "something else" : (cause as Error).message;
    throw new BoardError("BAD_OPTION", `expected JSON in ${file}, got: ${reason}`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw new BoardError("BAD_OPTION", `expected a JSON object in ${file}, got another value`);
  return config as Record<string, unknown>;
}
