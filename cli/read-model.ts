/** Reading the model that a command names. */
import { readFileSync } from "node:fs";
import { CliError } from "./cli-error.ts";

/** @throws CliError `BAD_FILE` */
export function readModel(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new CliError("BAD_FILE", `expected a .tflite file at ${path}: ${(cause as Error).message}`, { cause });
  }
}
