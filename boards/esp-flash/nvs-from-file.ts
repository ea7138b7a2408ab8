/** An NVS partition from a CSV file: values are there or in files beside it, never on a command line. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FlashError } from "./flash-error.ts";
import { parseNvsCsv } from "./nvs-csv.ts";
import { encodeNvs } from "./nvs-image.ts";

/**
 * The image of `size` bytes. Files that the CSV names are looked for from its own folder on.
 * @throws FlashError `BAD_NVS`, `DOES_NOT_FIT`; `BAD_OPTION` if a file cannot be read
 */
export function nvsFromFile(path: string, size: number): Uint8Array {
  const read = (file: string): Uint8Array => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new FlashError("BAD_OPTION", `expected to read ${file}, got: ${(error as Error).message}`, { cause: error });
    }
  };
  return encodeNvs(parseNvsCsv(Buffer.from(read(path)).toString("utf8"), (file) => read(resolve(dirname(path), file))), size);
}
