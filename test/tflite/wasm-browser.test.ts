import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import { build } from "esbuild";
import { loadModel, Model } from "assay/tflite/wasm";
import { openEngine } from "assay/tflite/wasm/engine";
import { testWithProgram } from "../requirements.ts";
import { temporaryFolder } from "./engine.ts";

const root = join(import.meta.dirname, "..", "..");
const tiny = join(import.meta.dirname, "tiny.tflite");
const folder = temporaryFolder();
const input = Int8Array.from({ length: 16 }, (_, i) => i * 5 - 40);
let server: Server;
let origin = "";
/** What the page got, or the error that it met: it posts either. */
const result = Promise.withResolvers<string>();

test.before(async () => {
  // What a web page ships: the code in one file, engine.wasm beside it.
  const page = `
    import { loadModel } from "assay/tflite/wasm";
    async function result() {
      const model = await loadModel(await (await fetch("tiny.tflite")).arrayBuffer());
      const { kernels, operators } = model;
      return JSON.stringify({ output: [...model.run(Int8Array.from(${JSON.stringify([...input])}))], kernels, operators });
    }
    await fetch("result", { method: "POST", body: await result().catch(String) });`;
  await build({ stdin: { contents: page, resolveDir: join(root, "test") }, bundle: true, format: "esm", platform: "browser", outfile: join(folder, "page.js"), logLevel: "silent" });
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
  copyFileSync(join(root, "modules", "tflite", "wasm", "engine.wasm"), join(folder, "engine.wasm"));
  copyFileSync(tiny, join(folder, "tiny.tflite"));
  const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  const files = new Set(["index.html", "page.js", "engine.wasm", "tiny.tflite"]);
  server = createServer(async (request, response) => {
    const name = (request.url ?? "/").slice(1);
    if (request.method === "POST" && name === "result") {
      result.resolve(await text(request));
      response.writeHead(204).end();
    } else if (files.has(name)) response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream" }).end(readFileSync(join(folder, name)));
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

test.after.always(() => server.close());

test("The engine can be fetched, and what is not there is an error", async (t) => {
  const model = new Model(readFileSync(tiny), await openEngine({ source: new URL("engine.wasm", `${origin}/`) }));
  t.true(model.kernels.selfCheck);
  await t.throwsAsync(openEngine({ source: new URL("nothing.wasm", `${origin}/`) }), { message: `expected the engine at ${origin}/nothing.wasm, got status 404` });
});

testWithProgram("chromium", "A page in a browser runs a model to the bytes that Node gets", async (t, chromium) => {
  // A debugging port keeps a browser without windows open until it is ended.
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", `--user-data-dir=${temporaryFolder()}`, "--remote-debugging-port=0"];
  const browser = spawn(chromium, [...flags, `${origin}/index.html`], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(browser, "exit");
  const complaints = text(browser.stderr);
  const deadline = setTimeout(() => browser.kill(), 60_000);
  const got = await Promise.race([result.promise, ended.then(async () => `expected a result from the page, got none; the browser says: ${await complaints}`)]);
  clearTimeout(deadline);
  browser.kill();
  await ended;
  const model = await loadModel(readFileSync(tiny));
  const { kernels, operators } = model;
  t.is(got, JSON.stringify({ output: [...(model.run(input) as Int8Array)], kernels, operators }));
});
