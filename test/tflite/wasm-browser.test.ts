import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { promisify } from "node:util";
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

test.before(async () => {
  // What a web page ships: the code in one file, engine.wasm beside it.
  const page = `
    import { loadModel } from "assay/tflite/wasm";
    const model = await loadModel(await (await fetch("tiny.tflite")).arrayBuffer());
    const { kernels, operators } = model;
    document.body.textContent = JSON.stringify({ output: [...model.run(Int8Array.from(${JSON.stringify([...input])}))], kernels, operators });`;
  await build({ stdin: { contents: page, resolveDir: join(root, "test") }, bundle: true, format: "esm", platform: "browser", outfile: join(folder, "page.js"), logLevel: "silent" });
  writeFileSync(join(folder, "index.html"), '<!doctype html><body>waiting</body><script type="module" src="page.js"></script>');
  copyFileSync(join(root, "modules", "tflite", "wasm", "engine.wasm"), join(folder, "engine.wasm"));
  copyFileSync(tiny, join(folder, "tiny.tflite"));
  const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  const files = new Set(["index.html", "page.js", "engine.wasm", "tiny.tflite"]);
  server = createServer(({ url = "/" }, response) => {
    const name = url.slice(1);
    if (files.has(name)) response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream" }).end(readFileSync(join(folder, name)));
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
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${temporaryFolder()}`, "--virtual-time-budget=20000", "--dump-dom"];
  const { stdout } = await promisify(execFile)(chromium, [...flags, `${origin}/index.html`], { timeout: 60_000 });
  const text = /<body>(.*?)<\/body>/s.exec(stdout)?.[1] ?? stdout;
  const model = await loadModel(readFileSync(tiny));
  const { kernels, operators } = model;
  const expected = JSON.stringify({ output: [...(model.run(input) as Int8Array)], kernels, operators });
  t.is(text.split("<script", 1)[0], expected);
});
