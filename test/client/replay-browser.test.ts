import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRevealedInput } from "../../client/revealed-input.ts";
import { resultOfPage } from "../browser-page.ts";
import { programPath, testWithPrograms } from "../requirements.ts";
import { apps, play } from "./played.ts";
import { answersTo, type BootCase, type ReplayCase } from "./replay-cases.ts";

const root = join(import.meta.dirname, "..", "..");
const WINDOWS = 12;

testWithPrograms(["gcc", "chromium"], "a page in a browser replays what the device code computed, and refuses what Node refuses, by the same words", async (t) => {
  const boots: Record<string, BootCase> = {};
  const cases: ReplayCase[] = [];
  for (const which of apps) {
    const { app } = which;
    const { boot, inferences } = await play(t, which, WINDOWS);
    boots[app] = { ...boot, model: [...boot.model], frontEnd: [...boot.frontEnd] };
    const files = inferences.map(({ input }) => [...encodeRevealedInput(input)]);
    for (const [i, { statement }] of inferences.entries()) {
      const stated = { app, input: [...statement.input], output: [...statement.results[0]!.output], file: files[i]! };
      cases.push(stated);
      if (i % 4 === 0) cases.push({ ...stated, output: stated.output.map((byte, k) => (k === 1 ? byte ^ 1 : byte)) });
      if (i % 4 === 1) cases.push({ ...stated, file: files[i - 1]! });
    }
  }
  const code = `
    import { answersTo } from "./client/replay-cases.ts";
    async function result() {
      const given = await (await fetch("cases.json")).json();
      return JSON.stringify(await answersTo(given, async (app) => new Uint8Array(await (await fetch(app + ".tflite")).arrayBuffer())));
    }
    export default result();`;
  const models = Object.fromEntries(apps.map(({ app }) => [`${app}.tflite`, join(root, "examples", app, "model.tflite")]));
  // What a web page ships beside its code: the engine.
  const files = { ...models, "cases.json": new TextEncoder().encode(JSON.stringify({ boots, cases })), "engine.wasm": join(root, "modules", "tflite", "wasm", "engine.wasm") };
  const got = await resultOfPage(t, { chromium: programPath("chromium")!, code, files });

  const expected = await answersTo({ boots, cases }, async (app) => new Uint8Array(readFileSync(join(root, "examples", app, "model.tflite"))));
  t.deepEqual(JSON.parse(got), expected);
  const count = (code: string): number => (expected as { code?: string }[]).filter((answer) => (answer.code ?? "EQUAL") === code).length;
  t.deepEqual([count("EQUAL"), count("OUTPUT_MISMATCH"), count("INPUT_MISMATCH")], [2 * WINDOWS, WINDOWS / 2, WINDOWS / 2]);
});
