import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import { testWithProgram } from "../requirements.ts";
import { mutatedVerdicts, vectors, verdicts } from "./vectors.ts";

const names = ["assay-1", "assay-p256-1"];
/** Mutated statements and receipts, half of them of each curve. */
const MUTATED = 200;

testWithProgram("chromium", "an attacker finds no browser that takes what Node refuses: in Chromium the vectors come out to the bit, and statements, receipts and 200 mutated ones get the same verdicts", async (t, chromium) => {
  const folder = mkdtempSync(join(tmpdir(), "assay-attacks-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const page = `
    import { mutatedVerdicts, vectors, verdicts } from ${JSON.stringify(join(import.meta.dirname, "vectors.ts"))};
    async function result() {
      const files = await Promise.all(${JSON.stringify(names)}.map(async (name) => (await fetch(name + ".json")).text()));
      return JSON.stringify(vectors(files).map((file) => [...verdicts(file), ...mutatedVerdicts(file, ${MUTATED / names.length})]));
    }
    await fetch("result", { method: "POST", body: await result().catch((error) => String(error.stack)) });`;
  await build({ stdin: { contents: page, resolveDir: import.meta.dirname }, bundle: true, format: "esm", platform: "browser", outfile: join(folder, "page.js"), logLevel: "silent" });
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="page.js"></script>');
  const files = new Map<string, readonly [type: string, path: string]>([
    ["index.html", ["text/html", join(folder, "index.html")]],
    ["page.js", ["text/javascript", join(folder, "page.js")]],
    ...names.map((name) => [`${name}.json`, ["application/json", join(import.meta.dirname, "../vectors", `${name}.json`)]] as const),
  ]);
  const result = Promise.withResolvers<string>();
  const server = createServer(async (request, response) => {
    const name = (request.url ?? "/").slice(1);
    const file = files.get(name);
    if (request.method === "POST" && name === "result") {
      result.resolve(await text(request));
      response.writeHead(204).end();
    } else if (file !== undefined) response.writeHead(200, { "content-type": file[0] }).end(readFileSync(file[1]));
    else response.writeHead(404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  // A debugging port keeps a browser without windows open until it is ended.
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", `--user-data-dir=${join(folder, "profile")}`, "--remote-debugging-port=0"];
  const browser = spawn(chromium, [...flags, `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(browser, "exit");
  const complaints = text(browser.stderr);
  const deadline = setTimeout(() => browser.kill(), 120_000);
  const got = await Promise.race([result.promise, ended.then(async () => `expected a result from the page, got none; the browser says: ${await complaints}`)]);
  clearTimeout(deadline);
  browser.kill();
  await ended;
  const here = vectors(names.map((name) => readFileSync(join(import.meta.dirname, "../vectors", `${name}.json`), "utf8"))).map((file) => [...verdicts(file), ...mutatedVerdicts(file, MUTATED / names.length)]);
  t.deepEqual(JSON.parse(got.startsWith("[") ? got : JSON.stringify(got)), here);
  for (const [reproduced, ...rest] of here) {
    t.is(reproduced, "reproduced: true");
    t.true(new Set(rest).size > 12, "verdicts of many kinds");
  }
});
