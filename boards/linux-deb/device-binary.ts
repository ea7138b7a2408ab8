/** The device's binary as it is packed: without symbols, and with the linker's map of what takes how much. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Part } from "../board.ts";
import { withWorkshop } from "../../runtime/device-build.ts";
import type { Target } from "../../runtime/target.ts";
import { readLinkMap, sumParts, type Placed } from "../link-map.ts";

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

/** Whose code a piece of the binary is; what is not the project's own is named after its archive. */
function ownerOf({ object }: Placed): string {
  if (object.includes("/objects/xs/")) return "XS";
  if (object.includes("/objects/modules/tflite/")) return "natives: engine";
  if (object.includes("/objects/modules/identity/")) return "natives: signatures";
  if (object.includes("/objects/modules/")) return "natives: others";
  if (object.includes("/objects/")) return "runtime and board";
  if (object.includes("libmbed")) return "TLS (Mbed TLS)";
  return object.includes("libgcc.a") ? "libgcc" : "C library";
}

/** Builds the packed binary for a target. @throws RuntimeError `NO_COMPILER`, `COMPILE_FAILED`, `BUILD_LOCKED` */
export async function deviceBinary(target: Target, progress: (line: string) => void): Promise<DeviceBinary> {
  const name = "assay-device-packed";
  return withWorkshop(target, { progress }, async ({ linkDevice, deviceUnits }) => {
    const map = join(root, "build", target.name, `${name}.map`);
    const file = await linkDevice(name, deviceUnits, [...LINK, `-Wl,-Map=${map}`]);
    const bytes = new Uint8Array(readFileSync(file));
    const parts = sumParts(readLinkMap(readFileSync(map, "utf8")).filter(({ address }) => address > 0), ownerOf);
    const known = parts.reduce((sum, part) => sum + part.bytes, 0);
    return { file, bytes, parts: bytes.length > known ? [...parts, { name: "tables and alignment", bytes: bytes.length - known }] : parts };
  });
}
