import { readdir, readFile, writeFile } from "node:fs/promises";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { startAnvil } from "../../contracts/anvil.ts";
import { assay, jsonLines, startAssay } from "./assay.ts";

const root = join(import.meta.dirname, "..", "..");
const recordings = join(root, "examples", "machine-health", "data");
const anyPorts = ["--broker-port", "0", "--chain-port", "0"];
const folder = (): string => mkdtempSync(join(tmpdir(), "assay-cli-"));

/** Command lines of processes that mention `text`. */
function processesWith(text: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      return line.includes(text) ? [line] : [];
    } catch (error) {
      // Ended between readdir and here.
      if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
      throw error;
    }
  });
}

test.serial("a recording of compute load walks the whole way: inferred, attested, verified, anchored; and its files verify offline and on chain", async (t) => {
  const [data, save] = [folder(), folder()];
  const run = await assay("sim", "--json", "--for", "13", "--trace", join(recordings, "compute-yes1.csv"), "--data", data, "--save", save, "--anchor-every", "3", ...anyPorts);
  t.is(run.exitCode, 0, run.stderr);
  const lines = jsonLines(run.stdout);
  const summary = lines.at(-1) as Record<string, number>;
  t.deepEqual(Object.keys(summary), ["statements", "verified", "rejected", "anchored", "receipts", "lost", "duplicates", "chain", "blocks"]);
  t.true(summary["statements"]! >= 8, `${summary["statements"]} statements`);
  for (const equal of ["verified", "anchored", "receipts"]) t.is(summary[equal], summary["statements"]);
  for (const none of ["rejected", "lost", "duplicates"]) t.is(summary[none], 0);
  t.is(summary["chain"], 31337);

  const inferences = lines.filter(({ event }) => event === "inference");
  t.true(inferences.every(({ label, signature, chain }) => label === "compute" && signature === true && chain === "ok"));
  t.deepEqual(inferences.map(({ sequence }) => sequence), inferences.map((_, i) => i + 1));
  t.true(inferences.every(({ bytes }) => (bytes as number) <= 256));
  t.true(lines.filter(({ event }) => event === "receipt").every(({ onChain }) => onChain === true));

  const trust = join(data, "trust.json");
  const [file] = (await readdir(save)).filter((name) => name.endsWith("-3.cose")).map((name) => join(save, name));
  const offline = await assay("verify", file!, "--trust", trust, "--json");
  t.is(offline.exitCode, 0, offline.stdout);
  t.like(JSON.parse(offline.stdout), { proven: true, kind: "inference", sequence: 3, app: "machine-health", onChain: false });

  const anvil = await startAnvil({ stateFile: join(data, "chain.json") });
  try {
    const online = await assay("verify", file!, "--trust", trust, "--rpc", anvil.rpcUrl, "--json");
    t.is(online.exitCode, 0, online.stdout + online.stderr);
    t.like(JSON.parse(online.stdout), { proven: true, onChain: true });
  } finally {
    await anvil.close();
  }

  const bytes = await readFile(file!);
  bytes[bytes.length - 1]! ^= 1;
  const forged = join(save, "forged.cose");
  await writeFile(forged, bytes);
  const refused = await assay("verify", forged, "--trust", trust, "--json");
  t.is(refused.exitCode, 1);
  t.like(JSON.parse(refused.stdout), { proven: false, code: "BAD_SIGNATURE" });

  t.is((await assay("verify", file!, "--trust", trust, "--rpc", "http://127.0.0.1:1")).exitCode, 2);
  const missing = await assay("verify", join(save, "none.cose"), "--trust", trust);
  t.is(missing.exitCode, 2);
  t.regex(missing.stderr, /^assay: expected a file at .*none\.cose/);
  const untrusting = await assay("verify", file!, "--trust", join(save, "none.json"));
  t.is(untrusting.exitCode, 2);

  // The same folder again: the devices boot once more, and chain of statements, log and contract go on where they were.
  const again = await assay("sim", "--json", "--for", "6", "--trace", join(recordings, "idle-quiet1.csv"), "--data", data, "--anchor-every", "3", ...anyPorts);
  t.is(again.exitCode, 0, again.stderr);
  const second = jsonLines(again.stdout);
  const boot = second.find(({ event, bootCount }) => event === "boot" && bootCount === 2);
  t.is(boot?.["sequence"], summary["statements"]);
  t.is(boot?.["chain"], "start", "nothing acknowledged is sent again, so for this subscriber the chain starts with the second boot");
  t.true(second.filter(({ event }) => event === "inference").every(({ chain }) => chain === "ok"));
  t.like(second.at(-1), { lost: 0, rejected: 0 });
  t.deepEqual(processesWith(data), []);
});

test.serial("Ctrl-C ends the run in good order: exit code 0, summary, no process left, no folder left", async (t) => {
  const cache = folder();
  process.env["XDG_CACHE_HOME"] = cache;
  const { child, finished, saw } = startAssay("sim", "--trace", join(recordings, "idle-node.csv"), "--anchor-every", "2", ...anyPorts);
  await saw("✓ signature");
  await saw(/✓ receipt #(0–)?[1-9]/);
  t.true(processesWith(cache).length > 0);
  child.kill("SIGINT");
  const { exitCode, stdout } = await finished;
  t.is(exitCode, 0);
  t.regex(stdout, /✓ signature {2}✓ chain/);
  t.regex(stdout, / 0 lost, 0 twice, 0 rejected\n$/);
  t.deepEqual(processesWith(cache), []);
  t.deepEqual(await readdir(join(cache, "assay")), []);
});

test.serial("a simulator that is killed leaves no device and no chain behind", async (t) => {
  const data = folder();
  const { child, finished, saw } = startAssay("sim", "--trace", join(recordings, "idle-node.csv"), "--data", data, ...anyPorts);
  await saw("boot #1");
  t.true(processesWith(data).length >= 2);
  child.kill("SIGKILL");
  await finished;
  for (let patience = 0; processesWith(data).length > 0 && patience < 50; patience++) await new Promise((resolve) => setTimeout(resolve, 100));
  t.deepEqual(processesWith(data), []);
});

for (const [what, option, other] of [["broker", "--broker-port", "--chain-port"], ["chain", "--chain-port", "--broker-port"]] as const) {
  test.serial(`a port in use for the ${what}: one clear line and exit code 1`, async (t) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const run = await assay("sim", "--for", "3", option, String(port), other, "0");
      t.is(run.exitCode, 1);
      t.regex(run.stderr, new RegExp(`^assay: .*port ${port} .*\\n$`));
    } finally {
      server.close();
    }
  });
}

test.serial("a damaged model: a clear error at start", async (t) => {
  const app = folder();
  const model = await readFile(join(root, "examples", "machine-health", "model.tflite"));
  model.fill(0xff, 0, 4);
  await writeFile(join(app, "model.tflite"), model);
  const source = await readFile(join(root, "examples", "machine-health", "app.ts"), "utf8");
  await writeFile(join(app, "app.ts"), source);
  await writeFile(join(app, "front-end.ts"), await readFile(join(root, "examples", "machine-health", "front-end.ts")));
  const run = await assay("sim", join(app, "app.ts"), "--for", "5", ...anyPorts);
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /^assay: .*model\.tflite: MALFORMED: expected offsets, lengths and strings inside the file\n$/);
});

test.serial("an app with an error in its TypeScript: the file and line are named", async (t) => {
  const app = folder();
  await writeFile(join(app, "app.ts"), "export default\n  1 +;\n");
  const run = await assay("sim", join(app, "app.ts"), "--for", "3", ...anyPorts);
  t.is(run.exitCode, 1);
  t.regex(run.stderr, /app\.ts:2:\d+/);
});

test.serial("a recording that is not there, and options out of range, are refused with what was expected", async (t) => {
  const missing = await assay("sim", "--trace", "/nowhere/none.csv");
  t.is(missing.exitCode, 1);
  t.is(missing.stderr, "assay: expected a recording at /nowhere/none.csv, found no such file\n");
  const range = await assay("sim", "--devices", "0");
  t.is(range.exitCode, 1);
  t.regex(range.stderr, /expected a whole number from 1 to 100, got "0"/);
});
