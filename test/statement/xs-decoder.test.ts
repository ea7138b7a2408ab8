import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { decode, encode } from "assay/statement/cbor";
import { StatementError } from "assay/statement/statement-error";
import { sharedPath, testWithProgram } from "../requirements.ts";
import { boot, inference, receipt } from "./examples.ts";

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Text of all lengths of UTF-8, right and wrong, and floats at the edges of their widths: where engines could differ. */
const edges = [
  ...["\0", "a\0b", "ß", "水", "\u{10151}", "\u{10ffff}", "\ud7ff", "\ue000", "a".repeat(65), "水".repeat(64), "\u{10151}".repeat(64)].map((text) => toHex(encode(text))),
  ..."6180 62c080 62c1bf 63e08080 63eda080 63edbfbf 64f0808080 64f4908080 61ff 62c328 61c3 63e6b041".split(" "),
  ..."f90000 f98000 f90001 f903ff f90400 f97bff f97c00 f9fc00 f97e00 f97e01 f9fe00 fa33000000 fa477fe000 fa477fe100 fa7f7fffff fa00000001 fa7fc00000 fb0000000000000001 fb7fefffffffffffff fb3ff0000000000001 fb7ff8000000000001".split(" "),
  ..."1bffffffffffffffff 1b0020000000000000 1b001fffffffffffff 3bffffffffffffffff 3b001fffffffffffff 3b001ffffffffffffe 9bffffffffffffffff dbffffffffffffffff00 c249010000000000000000 c24101".split(" "),
];

testWithProgram("gcc", "the strict decoder on XS judges everything as the one in Node does", async (t) => {
  const shared = sharedPath("vectors/cbor-wg-test-vectors/tests");
  const vectors = shared === undefined ? [] : readdirSync(shared, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  const encodings = [
    ...edges,
    ...[boot, inference, receipt].map(toHex),
    ...vectors.flatMap((name) => (JSON.parse(readFileSync(join(shared as string, name), "utf8")).tests as { hex: string }[]).map(({ hex }) => hex)),
  ];
  const { buildApp, buildHost } = await import("../../runtime/build.ts");
  const folder = mkdtempSync(join(tmpdir(), "assay-decoder-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const host = await buildHost();
  const app = await buildApp(join(import.meta.dirname, "xs-decoder.ts"), { script: true, host, output: join(folder, "decoder.xsa") });
  writeFileSync(join(folder, "config.json"), JSON.stringify({ encodings }));
  mkdirSync(join(folder, "data"));
  const { stdout } = await promisify(execFile)(host.device, ["--app", app.file, "--config", join(folder, "config.json"), "--data", join(folder, "data"), "--slots", "65536", "--chunks", "1048576"], { maxBuffer: 2 ** 24 });
  const answers = stdout.trimEnd().split("\n");
  t.is(answers.length, encodings.length);
  encodings.forEach((text, i) => {
    if (answers[i] !== judge(text)) t.is(answers[i], judge(text), text);
  });
});

function judge(text: string): string {
  try {
    return toHex(encode(decode(new Uint8Array(Buffer.from(text, "hex")))));
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    return error.code;
  }
}
