/** A program espefuse that records its arguments, and fails where they match. It burns nothing. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where it is. */
export interface FakeEspefuse {
  /** the folder that it is in, for PATH */
  readonly path: string;
  /** a line per call: its arguments, each with "|" behind it */
  calls(): string[];
}

/** Makes one in a new folder below `folder`. @param failing a shell pattern's middle: with such arguments it ends with 2 */
export function fakeEspefuse(folder: string, name = "espefuse", failing = "NOTHING"): FakeEspefuse {
  const path = mkdtempSync(join(folder, "bin-"));
  writeFileSync(join(path, name), `#!/bin/sh\nfor argument in "$@"; do printf '%s|' "$argument" >> '${path}/calls'; done\necho >> '${path}/calls'\ncase "$*" in *${failing}*) echo "A fatal error occurred" >&2; exit 2;; esac\necho "Successful"\n`);
  chmodSync(join(path, name), 0o755);
  writeFileSync(join(path, "calls"), "");
  return { path, calls: () => readFileSync(join(path, "calls"), "utf8").split("\n").filter((line) => line !== "") };
}
