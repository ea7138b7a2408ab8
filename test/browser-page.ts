/** A page in a real browser, for tests: its code in one file as a web page ships it, beside whatever it fetches. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import type { ExecutionContext } from "ava";

const types: Readonly<Record<string, string>> = { ".wasm": "application/wasm", ".json": "application/json" };
const PATIENCE_MS = 120_000;

/** What a page is made of. */
export interface Page {
  /** path of Chromium */
  readonly chromium: string;
  /** a module that leaves a string, or a promise of one, as its default export; imports are resolved from `test/` */
  readonly code: string;
  /** what it may fetch: paths of files, or their content, by name */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** What the page comes to in a browser: its default export, or the error that it met. */
export async function resultOfPage(t: ExecutionContext, { chromium, code, files = {} }: Page): Promise<string> {
  const entry = 'import result from "page";\nawait fetch("result", { method: "POST", body: await Promise.resolve(result).catch((error) => String(error.stack)) });';
  const plugin = { name: "page", setup: (builder: import("esbuild").PluginBuild) => {
    builder.onResolve({ filter: /^page$/ }, () => ({ path: "page", namespace: "page" }));
    builder.onLoad({ filter: /.*/, namespace: "page" }, () => ({ contents: code, resolveDir: import.meta.dirname, loader: "ts" as const }));
  } };
  const { outputFiles } = await build({ stdin: { contents: entry, resolveDir: import.meta.dirname }, bundle: true, format: "esm", platform: "browser", write: false, logLevel: "silent", plugins: [plugin] });
  const served = new Map<string, readonly [type: string, body: string | Uint8Array]>([
    ["index.html", ["text/html", '<!doctype html><script type="module" src="page.js"></script>']],
    ["page.js", ["text/javascript", outputFiles[0]!.contents]],
    ...Object.entries(files).map(([name, file]) => [name, [types[extname(name)] ?? "application/octet-stream", typeof file === "string" ? readFileSync(file) : file]] as const),
  ]);
  const result = Promise.withResolvers<string>();
  const server = createServer(async (request, response) => {
    const name = (request.url ?? "/").slice(1);
    const file = served.get(name);
    if (request.method === "POST" && name === "result") {
      result.resolve(await text(request));
      response.writeHead(204).end();
    } else if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": file[0] }).end(file[1]);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const profile = mkdtempSync(join(tmpdir(), "assay-browser-"));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  });
  // A debugging port keeps a browser without windows open until it is ended.
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", `--user-data-dir=${profile}`, "--remote-debugging-port=0"];
  const browser = spawn(chromium, [...flags, `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(browser, "exit");
  const complaints = text(browser.stderr);
  const deadline = setTimeout(() => browser.kill(), PATIENCE_MS);
  const got = await Promise.race([result.promise, ended.then(async () => `expected a result from the page, got none; the browser says: ${await complaints}`)]);
  clearTimeout(deadline);
  browser.kill();
  await ended;
  return got;
}
