import type { ExecutionContext } from "ava";
import { testWithProgram } from "../requirements.ts";
import { fuzz, FUZZ_COMPILER } from "./fuzz.ts";

/** CI has the time; on a developer's machine a few seconds show that the fuzzer works. */
const SECONDS = process.env["CI"] === "true" ? 60 : 5;

testWithProgram(FUZZ_COMPILER, "libFuzzer finds no file that crashes, leaks, hangs for a second, or takes more memory than allowed", async (t: ExecutionContext, compiler) => {
  t.timeout(5 * 60_000);
  const { runs, code, log } = await fuzz(compiler, { seconds: SECONDS });
  t.is(code, 0, log.slice(-4000));
  t.true(runs > 1000, `${runs} inputs`);
});
