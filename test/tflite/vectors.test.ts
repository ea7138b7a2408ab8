import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { buildForBoard, engineFolder, runOnBoard } from "../../boards/emulated.ts";
import { cortexA53, cortexA76 } from "../../boards/linux-aarch64/board.ts";
import { missingInstructions, testWithProgram } from "../requirements.ts";
import { end, temporaryFolder } from "./engine.ts";
import { testOnBoard } from "./on-board.ts";

const main = join(import.meta.dirname, "vectors.c");

/** Which machine's vectors are compiled into the program. */
function vectors(header: string): string {
  return `-DVECTORS="kernels/simd/${header}"`;
}

const title = (variant: string): string => `The vectors of ${variant} compute what portable C does at the ends of every range`;

for (const [board, variant, header, flags] of [
  [cortexA53, "neon", "vector-neon-smull.h", []],
  [cortexA76, "neon-dotprod", "vector-neon-sdot.h", ["-march=armv8.2-a+dotprod"]],
] as const) {
  testOnBoard(board, title(variant), async (t) => {
    const program = await buildForBoard(board, { name: `vectors-${variant}`, sources: [main], flags: ["-O2", ...flags, vectors(header)] });
    t.deepEqual(await runOnBoard(board, program, []), { code: 0, stdout: "", stderr: "" });
  });
}

/** Instruction sets by the names that Linux gives them. */
const avx512 = ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"];
for (const [variant, header, instructions] of [
  ["avx2", "vector-avx2.h", ["avx2"]],
  ["avx512-vnni", "vector-avx512-vnni.h", ["avx2", ...avx512]],
] as const) {
  const missing = missingInstructions(instructions);
  if (missing.length > 0) test.skip(`${title(variant)} (skipped: this machine has no ${missing.join(", ")})`, () => {});
  else
    testWithProgram("gcc", title(variant), async (t, gcc) => {
      const program = join(temporaryFolder(), "vectors");
      const strict = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
      const flags = instructions.map((name) => `-m${name.replace("_", "")}`);
      await promisify(execFile)(gcc, ["-O1", ...strict, ...flags, `-I${engineFolder}`, vectors(header), main, "-o", program]);
      t.deepEqual(await end(program, []), { code: 0, stdout: "", stderr: "" });
    });
}
