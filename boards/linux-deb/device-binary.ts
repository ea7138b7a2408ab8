/** The device's binary as it is packed: without symbols, and with the linker's map of what takes how much. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Part } from "../board.ts";
import { withWorkshop } from "../../runtime/device-build.ts";
import type { Target } from "../../runtime/target.ts";
import { objectSizes, partsOf } from "./link-map.ts";

/** A device's binary. */
export interface DeviceBinary {
  /** absolute path */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** what of it is what; together its size */
  readonly parts: readonly Part[];
}

const root = dirname(dirname(import.meta.dirname));

/** Read-only relocations and all symbols bound at start: nothing that an attacker could redirect is writable later. */
const LINK = ["-s", "-Wl,-z,relro,-z,now"];

/** Builds the packed binary for a target. @throws RuntimeError `NO_COMPILER`, `COMPILE_FAILED`, `BUILD_LOCKED` */
export async function deviceBinary(target: Target, progress: (line: string) => void): Promise<DeviceBinary> {
  const name = "assay-device-packed";
  return withWorkshop(target, { progress }, async ({ linkDevice, deviceUnits }) => {
    const map = join(root, "build", target.name, `${name}.map`);
    const file = await linkDevice(name, deviceUnits, [...LINK, `-Wl,-Map=${map}`]);
    const bytes = new Uint8Array(readFileSync(file));
    const parts = partsOf(objectSizes(readFileSync(map, "utf8")));
    const known = parts.reduce((sum, part) => sum + part.bytes, 0);
    return { file, bytes, parts: bytes.length > known ? [...parts, { name: "ELF tables and alignment", bytes: bytes.length - known }] : parts };
  });
}
