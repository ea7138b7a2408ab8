import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { programPath, testWithProgram } from "../requirements.ts";
import { compileSanitized, end, temporaryFolder } from "./engine.ts";
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
