import { basename, dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { programPath, testWithProgram } from "../requirements.ts";
import { compileSanitized, end, engineSources, temporaryFolder } from "./engine.ts";
import { checkFastKernels } from "./fast-kernels.ts";

const gcc = programPath("gcc");
let fast = "";

if (gcc !== undefined) {
  test.before(async () => {
    fast = await compileSanitized(gcc, join(import.meta.dirname, "fast.c"), join(temporaryFolder(), "fast"));
  });
}

testWithProgram("gcc", "The fast kernels of every variant that this machine has give portable C's output on 2,000 drawn layers each, to the bit and within bounds", async (t: ExecutionContext) => {
  const variants = await checkFastKernels(t, 2000, (parameters) => end(fast, parameters));
  t.log(variants.length === 0 ? "this machine has portable kernels only" : variants.join(", "));
});

testWithProgram("gcc", "Fast kernels that fail their self-check are not picked: portable C runs, and it is said which operator of which variant was wrong", async (t: ExecutionContext) => {
  const kernels = ["pick", "conv-2d", "convolution", "fully-connected", "layer", "quantization", "window"].map((name) => `${name}.c`);
  const sources = engineSources().filter((path) => basename(dirname(path)) === "tflite" || (basename(dirname(path)) === "kernels" && kernels.includes(basename(path))));
  const program = await compileSanitized(gcc!, join(import.meta.dirname, "rejected.c"), join(temporaryFolder(), "rejected"), sources);
  const { fastest, picked, rejected } = JSON.parse((await end(program, [])).stdout) as { fastest: string; picked: string; rejected: [string, string] | null };
  t.is(picked, "portable");
  t.deepEqual(rejected, fastest === "portable" ? null : [fastest, "CONV_2D"]);
});
