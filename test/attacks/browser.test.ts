import { readFileSync } from "node:fs";
import { join } from "node:path";
import { resultOfPage } from "../browser-page.ts";
import { testWithProgram } from "../requirements.ts";
import { mutatedVerdicts, vectors, verdicts } from "./vectors.ts";

const names = ["assay-1", "assay-p256-1"];
/** Mutated statements and receipts, half of them of each curve. */
const MUTATED = 200;

testWithProgram("chromium", "an attacker finds no browser that takes what Node refuses: in Chromium the vectors come out to the bit, and statements, receipts and 200 mutated ones get the same verdicts", async (t, chromium) => {
  const code = `
    import { mutatedVerdicts, vectors, verdicts } from "./attacks/vectors.ts";
    async function result() {
      const files = await Promise.all(${JSON.stringify(names)}.map(async (name) => (await fetch(name + ".json")).text()));
      return JSON.stringify(vectors(files).map((file) => [...verdicts(file), ...mutatedVerdicts(file, ${MUTATED / names.length})]));
    }
    export default result();`;
  const got = await resultOfPage(t, { chromium, code, files: Object.fromEntries(names.map((name) => [`${name}.json`, join(import.meta.dirname, "../vectors", `${name}.json`)])) });
  const here = vectors(names.map((name) => readFileSync(join(import.meta.dirname, "../vectors", `${name}.json`), "utf8"))).map((file) => [...verdicts(file), ...mutatedVerdicts(file, MUTATED / names.length)]);
  t.deepEqual(JSON.parse(got.startsWith("[") ? got : JSON.stringify(got)), here);
  for (const [reproduced, ...rest] of here) {
    t.is(reproduced, "reproduced: true");
    t.true(new Set(rest).size > 12, "verdicts of many kinds");
  }
});
