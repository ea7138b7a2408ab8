import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { parseStatement } from "assay/statement";
import { verify } from "../../client/verify.ts";
import { testWithProgram } from "../requirements.ts";
import { signerOf } from "../statement/keys.ts";
import { fromHex, reproduce, type Inputs, type Outputs } from "./reproduce.ts";

const { inputs, outputs } = JSON.parse(readFileSync(join(import.meta.dirname, "assay-1.json"), "utf8")) as { inputs: Inputs; outputs: Outputs };
const statements = inputs.statements.map(({ name }) => name);

test("Node and browser code reproduce the vectors to the bit", (t) => {
  t.deepEqual(reproduce(inputs, signerOf, sha256), outputs);
});

test("the vectors verify: every statement with its receipt", (t) => {
  const trust = {
    devices: [{ id: outputs["device.id"] as string, publicKey: fromHex(outputs["device.publicKey"] as string) }],
    logs: [{ id: outputs["log.id"] as string, publicKey: fromHex(outputs["log.publicKey"] as string) }],
    allowSimulated: true,
  };
  statements.forEach((name, i) => {
    const bytes = fromHex(outputs[`${name}.bytes`] as string);
    const { inclusion } = verify(bytes, fromHex(outputs[`${name}.receipt.bytes`] as string), trust);
    t.is(inclusion?.index, i + 1);
    t.is(parseStatement(bytes, sha256).sequence, i);
  });
});

testWithProgram("gcc", "device code on XS reproduces the vectors to the bit, in a heap of 160 KB", async (t) => {
  const { buildApp, buildHost } = await import("../../runtime/build.ts");
  const folder = mkdtempSync(join(tmpdir(), "assay-vectors-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const host = await buildHost();
  const app = await buildApp(join(import.meta.dirname, "xs.ts"), { script: true, host, output: join(folder, "vectors.xsa") });
  writeFileSync(join(folder, "config.json"), JSON.stringify(inputs));
  mkdirSync(join(folder, "data"));
  // 6,144 slots of 16 bytes on a 32-bit device and 64 KiB of chunks
  const { stdout } = await promisify(execFile)(host.device, ["--app", app.file, "--config", join(folder, "config.json"), "--data", join(folder, "data"), "--slots", "6144", "--chunks", "65536"]);
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as [string, string]);
  t.deepEqual(Object.fromEntries(lines), outputs);
});
