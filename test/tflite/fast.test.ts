import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { programPath, testWithProgram } from "../requirements.ts";
import { compileSanitized, end, temporaryFolder } from "./engine.ts";

const gcc = programPath("gcc");
let fast = "";

if (gcc !== undefined) {
  test.before(async () => {
    fast = await compileSanitized(gcc, join(import.meta.dirname, "fast.c"), join(temporaryFolder(), "fast"));
  });
}

/** What test/tflite/fast.c prints for each variant and operator. */
interface Outcome {
  variant: string;
  operator: string;
  equal: number;
  notTaken: number;
}

testWithProgram("gcc", "The fast kernels of every variant that this machine has give portable C's output on 2,000 drawn layers each, to the bit and within bounds", async (t: ExecutionContext) => {
  const layers = 2000;
  const { code, stdout, stderr } = await end(fast, ["1", String(layers)]);
  t.is(stderr, "");
  t.is(code, 0);
  const outcomes = JSON.parse(stdout) as Outcome[];
  t.log(outcomes.length === 0 ? "this machine has portable kernels only" : [...new Set(outcomes.map(({ variant }) => variant))].join(", "));
  for (const { variant, operator, equal, notTaken } of outcomes) {
    t.is(equal + notTaken, layers, `${variant} ${operator}`);
    t.true(equal > layers * 0.8, `${variant} ${operator} leaves ${notTaken} to portable C`);
  }
});
