import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { parseStatement } from "assay/statement";
import { decodePublicKey } from "assay/statement/cose-key";
import type { Trust } from "../../client/trust.ts";
import { verify } from "../../client/verify.ts";
import { testWithProgram } from "../requirements.ts";
import { signerFor } from "../statement/keys.ts";
import { fromHex, reproduce, type Inputs, type Outputs } from "./reproduce.ts";

for (const name of ["assay-1", "assay-p256-1"]) {
  const { inputs, outputs } = JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), "utf8")) as { inputs: Inputs; outputs: Outputs };
  const output = (key: string): string => outputs[key] as string;

  test(`Node and browser code reproduce the vectors to the bit (${name})`, (t) => {
    t.deepEqual(reproduce(inputs, signerFor, sha256), outputs);
    const inference = inputs.statements.find((statement) => statement.name === "inference")?.claims;
    t.true(inference?.kind === "inference" && inference.input === outputs["commitment"], "the inference commits to the input");
  });

  test(`the vectors verify: every statement with its receipt and, where it has one, the statement before (${name})`, (t) => {
    const key = (of: string) => decodePublicKey(fromHex(output(`${of}.coseKey`)));
    const trust: Trust = { devices: [{ id: output("device.id"), keys: [{ publicKey: key("device") }] }], logs: [{ id: output("log.id"), publicKey: key("log") }], allowSimulated: true };
    let previous: Uint8Array | undefined;
    inputs.statements.forEach((statement, i) => {
      const bytes = fromHex(output(`${statement.name}.bytes`));
      const { inclusion, chain, registration } = verify(bytes, fromHex(output(`${statement.name}.receipt.bytes`)), trust, { previous });
      t.is(inclusion?.index, i + 1);
      t.is(chain?.previous?.sequence, previous && parseStatement(previous, sha256).sequence);
      t.is(registration.simulator, parseStatement(bytes, sha256).kind === "boot" && statement.claims.kind === "boot" && statement.claims.simulator);
      previous = bytes;
    });
  });

  testWithProgram("gcc", `device code on XS reproduces the vectors to the bit, in a heap of 160 KB (${name})`, async (t) => {
    const { buildApp, buildHost } = await import("../../runtime/build.ts");
    const folder = mkdtempSync(join(tmpdir(), "assay-vectors-"));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const host = await buildHost();
    const app = await buildApp(join(import.meta.dirname, "xs.ts"), { script: true, host, output: join(folder, "vectors.xsa") });
    // What a chip has signed; that it was shown these digests and no others is what the device has to come to by itself.
    const signatures = Object.fromEntries(Object.entries(outputs).flatMap(([key, value]) => (key.endsWith(".signedDigest") ? [[value, output(key.replace(".signedDigest", ".signature"))]] : [])));
    writeFileSync(join(folder, "config.json"), JSON.stringify({ inputs, ...(inputs.device.curve === "P-256" ? { chip: { point: output("device.point"), signatures } } : {}) }));
    mkdirSync(join(folder, "data"));
    // 6,144 slots of 16 bytes on a 32-bit device and 64 KiB of chunks
    const { stdout } = await promisify(execFile)(host.device, ["--app", app.file, "--config", join(folder, "config.json"), "--data", join(folder, "data"), "--slots", "6144", "--chunks", "65536"]);
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as [string, string]);
    t.deepEqual(Object.fromEntries(lines), outputs);
  });
}
