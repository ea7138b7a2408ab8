import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { buildEngine, CLANG, committedRecord } from "../../modules/tflite/wasm/build.ts";
import { testWithProgram } from "../requirements.ts";
import { temporaryFolder } from "./engine.ts";

const committed = readFileSync(join(import.meta.dirname, "..", "..", "modules", "tflite", "wasm", "engine.wasm"));

test("engine.wasm is the file that engine.json tells of, and imports nothing", async (t) => {
  const { digest, bytes } = committedRecord();
  t.is(createHash("sha256").update(committed).digest("hex"), digest);
  t.is(committed.length, bytes);
  const module = await WebAssembly.compile(committed);
  t.notThrows(() => new WebAssembly.Instance(module));
});

testWithProgram(CLANG, "Compiled again by the same compiler, the engine is engine.wasm to the byte", async (t: ExecutionContext) => {
  const { record } = await buildEngine(temporaryFolder());
  if (record.compiler === committedRecord().compiler) t.deepEqual(record, committedRecord(), "the sources have changed: run node modules/tflite/wasm/build.ts");
  else t.pass(`engine.wasm was compiled by ${committedRecord().compiler}, here is ${record.compiler}: not compared`);
});
