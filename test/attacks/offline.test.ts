import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { build, type Metafile } from "esbuild";
import { testWithoutNetwork } from "../requirements.ts";
import { vectors, verdicts } from "./vectors.ts";

const root = join(import.meta.dirname, "..", "..");
const title = "whoever verifies offline asks nobody: no network is there, every way to one throws, and the vectors are proven all the same";

testWithoutNetwork(title, async (t, unshare) => {
  const { stdout } = await promisify(execFile)(unshare, ["-rn", process.execPath, join(import.meta.dirname, "offline-child.ts")]);
  const { barred, interfaces, touched, results } = JSON.parse(stdout) as { barred: number; interfaces: string[]; touched: string[]; results: string[][] };
  t.is(barred, 4, "the bars hold");
  t.deepEqual(interfaces, ["lo"], "and behind them there is no network");
  t.deepEqual(touched, []);
  const here = vectors(["assay-1", "assay-p256-1"].map((name) => readFileSync(join(import.meta.dirname, "../vectors", `${name}.json`), "utf8"))).map(verdicts);
  t.deepEqual(results, here as string[][]);
  for (const [first, ...rest] of results) {
    t.is(first, "reproduced: true");
    t.true(rest.some((verdict) => verdict.startsWith("inference") && verdict.includes("entry")), "with its receipt");
  }
});

/** What a bundle of a module is made of, for a browser: anything of Node in it would be an error of the build. */
async function inputsOf(entry: string, platform: "browser" | "node"): Promise<readonly string[]> {
  const { metafile } = (await build({ entryPoints: [join(root, entry)], bundle: true, format: "esm", platform, write: false, metafile: true, logLevel: "silent", absWorkingDir: root, outdir: "unused" })) as { metafile: Metafile };
  return Object.keys(metafile.inputs);
}

const packagesOf = (inputs: readonly string[]): readonly string[] => [...new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []))].sort();

test("whoever imports the verifier loads noble and nothing else: no viem, no MQTT, nothing of Node", async (t) => {
  const inputs = await inputsOf("client/verify.ts", "browser");
  t.deepEqual(packagesOf(inputs), ["@noble/curves", "@noble/hashes", "@noble/secp256k1"]);
  const rooms = [...new Set(inputs.filter((input) => !input.includes("node_modules")).map((input) => input.replace(/\/[^/]+$/, "")))].sort();
  t.deepEqual(rooms, ["client", "modules/statement"]);
  // The same question asked of what does load them is answered otherwise: the test would see it.
  const whole = packagesOf(await inputsOf("client/client.ts", "node"));
  for (const name of ["viem", "mqtt"]) t.true(whole.includes(name), name);
});
