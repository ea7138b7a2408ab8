import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ExecutionContext } from "ava";
import { testWithProgram } from "../requirements.ts";
import { end, temporaryFolder } from "./engine.ts";

const core = join(import.meta.dirname, "..", "..", "modules", "tflite");

testWithProgram("gcc", "exp, log, sin, cos, tanh and the like are the float nearest to the true value or, one time in many, its neighbour", async (t: ExecutionContext, gcc) => {
  const program = join(temporaryFolder(), "elementary");
  const flags = ["-std=c99", "-D_DEFAULT_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", "-fsanitize=undefined", "-fno-sanitize-recover=all", `-I${core}`];
  await promisify(execFile)(gcc, [...flags, join(core, "kernels", "elementary.c"), join(import.meta.dirname, "elementary.c"), "-lm", "-o", program]);
  const { code, stdout, stderr } = await end(program, ["9973"]);
  t.is(stderr, "");
  t.is(code, 0);
  for (const { name, tried, farthest } of JSON.parse(stdout) as { name: string; tried: number; farthest: number }[]) {
    t.true(tried > 400_000);
    t.true(farthest <= 0.5001, `${name}: ${farthest} units in the last place`);
  }
});
