import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildEngine, CLANG, committedRecord } from "../../modules/tflite/wasm/build.ts";
import { programPath, testWithProgram } from "../requirements.ts";
import { temporaryFolder } from "./engine.ts";

const committed = readFileSync(join(import.meta.dirname, "..", "..", "modules", "tflite", "wasm", "engine.wasm"));

test("engine.wasm is the file that engine.json tells of, and imports nothing", async (t) => {
  const { digest, bytes } = committedRecord();
  t.is(createHash("sha256").update(committed).digest("hex"), digest);
  t.is(committed.length, bytes);
  const module = await WebAssembly.compile(committed);
  t.notThrows(() => new WebAssembly.Instance(module));
});

const folder = temporaryFolder();
let building: ReturnType<typeof buildEngine> | undefined;

/** One build for both tests: its objects are what the second links. */
function build(): ReturnType<typeof buildEngine> {
  building ??= buildEngine(folder);
  return building;
}

const comparison = "Compiled again by the same compiler, the engine is engine.wasm to the byte";
const clang = programPath(CLANG);
const compiler = clang === undefined ? undefined : execFileSync(clang, ["--version"], { encoding: "utf8" }).split("\n", 1)[0]!;
// Another compiler's code is as good, but cannot be compared. In CI the comparison is made or fails: else nobody would notice that engine.wasm is old.
if (compiler !== undefined && compiler !== committedRecord().compiler && process.env["CI"] !== "true") {
  test.skip(`${comparison} (skipped: it was compiled by ${committedRecord().compiler}, here is ${compiler})`, () => {});
} else {
  testWithProgram(CLANG, comparison, async (t) => {
    t.deepEqual((await build()).record, committedRecord(), "the sources or the compiler have changed: run node modules/tflite/wasm/build.ts");
  });
}

testWithProgram(CLANG, "As WebAssembly, the fast kernels give portable C's output on 2,000 drawn layers of each operator, to the bit", async (t) => {
  await build();
  const { wasm } = await buildEngine(folder, undefined, join(import.meta.dirname, "fast-wasm.c"));
  const { draw } = new WebAssembly.Instance(await WebAssembly.compile(wasm)).exports as { draw(operation: number, seed: number): number };
  const operators = ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "rows of SVDF and LSTM", "ADD", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D"];
  for (const [operation, operator] of operators.entries()) {
    let equal = 0;
    for (let seed = 1; seed <= 2000; seed++) {
      const outcome = draw(operation, seed);
      t.not(outcome, 1, `${operator} differs at seed ${seed}`);
      if (outcome === 0) equal++;
    }
    t.true(equal > 1600, `${operator} leaves ${2000 - equal} to portable C`);
  }
});
