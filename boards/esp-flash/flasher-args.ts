/**
 * What a build of ESP-IDF says about its own flashing: `flasher_args.json` in the build folder, with a file for each offset. Projects of the Moddable SDK for ESP32 are built by ESP-IDF and have it too.
 * Source: ESP-IDF, "Build System", section "Flash arguments".
 */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { CHIPS, type ChipName } from "./chips.ts";
import { FlashError } from "./flash-error.ts";
import type { FlashPart, PartKind } from "./merged-image.ts";

/** A build that can be flashed. */
export interface EspBuild {
  readonly chip: ChipName;
  readonly parts: readonly FlashPart[];
}

/** Entries that say what a file is; files of other entries are data. */
const KINDS: Readonly<Record<string, PartKind>> = { bootloader: "bootloader", "partition-table": "partition-table", app: "app" };

const bad = (path: string, message: string, cause?: unknown): FlashError => new FlashError("BAD_OPTION", `${path}: ${message}`, cause === undefined ? {} : { cause });

/**
 * Reads a `flasher_args.json` and the files that it names, which must lie in its folder.
 * @throws FlashError `BAD_OPTION` if it is not what ESP-IDF writes, or a file cannot be read; `UNKNOWN_CHIP`
 */
export function readFlasherArgs(path: string): EspBuild {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw bad(path, `expected the file that ESP-IDF writes when it builds, got: ${(error as Error).message}`, error);
  }
  const root = record(json);
  const chip = record(root?.["extra_esptool_args"])?.["chip"];
  if (typeof chip !== "string") throw bad(path, "expected extra_esptool_args.chip, got none");
  if (!Object.hasOwn(CHIPS, chip)) throw new FlashError("UNKNOWN_CHIP", `${path}: expected a build for ${Object.keys(CHIPS).join(", ")}, got one for ${JSON.stringify(chip.slice(0, 20))}`);
  const kinds = new Map<number, PartKind>();
  for (const [entry, kind] of Object.entries(KINDS)) {
    const offset = record(root?.[entry])?.["offset"];
    if (typeof offset === "string") kinds.set(offsetOf(path, offset), kind);
  }
  const files = Object.entries(record(root?.["flash_files"]) ?? {});
  if (files.length === 0) throw bad(path, "expected files in flash_files, got none");
  const parts = files.map(([at, file]): FlashPart => {
    if (typeof file !== "string") throw bad(path, `expected the name of a file for ${at}`);
    const offset = offsetOf(path, at);
    return { name: file, kind: kinds.get(offset) ?? "data", offset, bytes: read(path, file) };
  });
  return { chip: chip as ChipName, parts: parts.sort((a, b) => a.offset - b.offset) };
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function offsetOf(path: string, text: string): number {
  if (!/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) throw bad(path, `expected an offset such as 0x10000, got ${JSON.stringify(text.slice(0, 20))}`);
  return Number(text);
}

function read(path: string, file: string): Uint8Array {
  const folder = resolve(dirname(path));
  const inside = relative(folder, resolve(folder, file));
  // A build that somebody sent must not have this machine's own files flashed.
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) throw bad(path, `expected files within its folder, got ${JSON.stringify(file)}`);
  try {
    return readFileSync(resolve(folder, file));
  } catch (error) {
    throw bad(path, `expected to read ${file}, got: ${(error as Error).message}`, error);
  }
}
