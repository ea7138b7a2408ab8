/** The file with a device's configuration that a user gives. What is in it is never shown: it may hold a broker's password. */
import { readFileSync } from "node:fs";
import type { FlashOptions } from "../board.ts";
import { BoardError } from "../board-error.ts";

/** As boards/linux/main.c reads at most. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** Reads a file that an option names. @throws BoardError `BAD_OPTION` */
export function readGiven(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new BoardError("BAD_OPTION", `expected ${what} in ${file}, got: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The configuration of `options.config`, with the recording if there is one; undefined without.
 * @param trace where the device finds `options.trace`
 * @throws BoardError `BAD_OPTION` if it is no JSON object, or too long
 */
export function configFile({ config, trace: recording }: Pick<FlashOptions, "config" | "trace">, trace: string | undefined): Uint8Array | undefined {
  if (config === undefined && recording !== undefined) throw new BoardError("BAD_OPTION", "--trace: expected --config as well, since the configuration names the recording; got none");
  if (config === undefined) return undefined;
  const bytes = readGiven(config, "the device's configuration");
  if (bytes.length > MAX_CONFIG_BYTES) throw new BoardError("BAD_OPTION", `${config}: expected at most ${MAX_CONFIG_BYTES} bytes, got ${bytes.length}`);
  let fields: unknown;
  try {
    fields = JSON.parse(bytes.toString("utf8"));
  } catch {
    // Without the cause: V8 quotes the text around the error.
    throw new BoardError("BAD_OPTION", `${config}: expected JSON, got something else`);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw new BoardError("BAD_OPTION", `${config}: expected a JSON object, got another value`);
  if (recording === undefined) return bytes;
  const given = (fields as Record<string, unknown>)["trace"];
  return Buffer.from(`${JSON.stringify({ ...fields, trace: { ...(typeof given === "object" ? given : {}), file: trace } }, null, 2)}\n`);
}
