import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";

const page = readFileSync(join(import.meta.dirname, "../../docs/statement.md"), "utf8");
const { outputs } = JSON.parse(readFileSync(join(import.meta.dirname, "assay-1.json"), "utf8")) as { outputs: Record<string, string> };

/** The bytes of a block of the page: what stands left of the comments. */
function bytesOf(name: string): string {
  const [, block] = page.split(`\`\`\`text ${name}\n`);
  if (block === undefined) throw new RangeError(`expected a block ${name} on the page`);
  return (block.split("```")[0] ?? "").replaceAll(/#.*$/gm, "").replaceAll(/\s/g, "");
}

test("the bytes that docs/statement.md walks through are those of the vectors", (t) => {
  t.is(bytesOf("statement"), outputs["inference.bytes"] ?? "");
  t.is(bytesOf("receipt"), outputs["inference.receipt.bytes"] ?? "");
});

test("every digest on the page is one of the vectors", (t) => {
  const known = new Set(Object.values(outputs));
  const digests = [...page.matchAll(/^ {4}(?:.* = )?([0-9a-f]{64})$/gm)].map(([, digest]) => digest as string);
  t.is(digests.length, 7);
  for (const digest of digests) t.true(known.has(digest), digest);
});
