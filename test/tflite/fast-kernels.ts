/** What test/tflite/fast.c says of fast kernels. */
import type { ExecutionContext } from "ava";
import type { Ended } from "./engine.ts";

/** What it prints for each variant and operator. */
interface Outcome {
  variant: string;
  operator: string;
  equal: number;
  notTaken: number;
}

/**
 * Draws that many layers for each fast kernel, the same ones each time; all must be equal, and at least a share of them (default 0.8) not left to portable C. Returns the variants
 * that were tried.
 */
export async function checkFastKernels(t: ExecutionContext, layers: number, run: (parameters: readonly string[]) => Promise<Ended>, share = 0.8): Promise<string[]> {
  const { code, stdout, stderr } = await run(["1", String(layers)]);
  t.is(stderr, "");
  t.is(code, 0);
  const outcomes = JSON.parse(stdout) as Outcome[];
  for (const { variant, operator, equal, notTaken } of outcomes) {
    t.is(equal + notTaken, layers, `${variant} ${operator}`);
    t.true(equal > layers * share, `${variant} ${operator} leaves ${notTaken} to portable C`);
  }
  return [...new Set(outcomes.map(({ variant }) => variant))];
}
