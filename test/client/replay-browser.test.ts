import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import { build } from "esbuild";
import { encodeRevealedInput } from "../../client/revealed-input.ts";
import { programPath, testWithPrograms } from "../requirements.ts";
import { temporaryFolder } from "../runtime/device.ts";
import { apps, play } from "./played.ts";
import { answersTo, type BootCase, type ReplayCase } from "./replay-cases.ts";

const root = join(import.meta.dirname, "..", "..");
const WINDOWS = 12;

/** What a browser gets from the page: it posts that, or the error that it met. */
async function resultOfPage(t: ExecutionContext, chromium: string, folder: string, files: ReadonlySet<string>): Promise<string> {
  const result = Promise.withResolvers<string>();
  const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
  const server = createServer(async (request, response) => {
    const name = (request.url ?? "/").slice(1);
    if (request.method === "POST" && name === "result") {
      result.resolve(await text(request));
      response.writeHead(204).end();
    } else if (files.has(name)) response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream" }).end(readFileSync(join(folder, name)));
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  t.teardown(() => void server.close());
  await once(server, "listening");
  // A debugging port keeps a browser without windows open until it is ended.
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", `--user-data-dir=${join(folder, "profile")}`, "--remote-debugging-port=0"];
  const browser = spawn(chromium, [...flags, `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(browser, "exit");
  const complaints = text(browser.stderr);
  const deadline = setTimeout(() => browser.kill(), 60_000);
  const got = await Promise.race([result.promise, ended.then(async () => `expected a result from the page, got none; the browser says: ${await complaints}`)]);
  clearTimeout(deadline);
  browser.kill();
  await ended;
  return got;
}

testWithPrograms(["gcc", "chromium"], "a page in a browser replays what the device code computed, and refuses what Node refuses, by the same words", async (t) => {
  const folder = temporaryFolder(t);
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
    copyFileSync(join(root, "examples", app, "model.tflite"), join(folder, `${app}.tflite`));
  }
  writeFileSync(join(folder, "cases.json"), JSON.stringify({ boots, cases }));
  copyFileSync(join(root, "modules", "tflite", "wasm", "engine.wasm"), join(folder, "engine.wasm"));
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
  // What a web page ships: the code in one file, engine.wasm beside it.
  const page = `
    import { answersTo } from ${JSON.stringify(join(import.meta.dirname, "replay-cases.ts"))};
    async function result() {
      const given = await (await fetch("cases.json")).json();
      return JSON.stringify(await answersTo(given, async (app) => new Uint8Array(await (await fetch(app + ".tflite")).arrayBuffer())));
    }
    await fetch("result", { method: "POST", body: await result().catch(String) });`;
  await build({ stdin: { contents: page, resolveDir: join(root, "test") }, bundle: true, format: "esm", platform: "browser", outfile: join(folder, "page.js"), logLevel: "silent" });
  const got = await resultOfPage(t, programPath("chromium")!, folder, new Set(["index.html", "page.js", "cases.json", "engine.wasm", ...apps.map(({ app }) => `${app}.tflite`)]));

  const expected = await answersTo({ boots, cases }, async (app) => new Uint8Array(readFileSync(join(root, "examples", app, "model.tflite"))));
  t.deepEqual(JSON.parse(got), expected);
  const count = (code: string): number => (expected as { code?: string }[]).filter((answer) => (answer.code ?? "EQUAL") === code).length;
  t.deepEqual([count("EQUAL"), count("OUTPUT_MISMATCH"), count("INPUT_MISMATCH")], [2 * WINDOWS, WINDOWS / 2, WINDOWS / 2]);
});
