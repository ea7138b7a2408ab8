import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { supportedLayers } from "../../train/read-model.ts";

test("docs/training.md names every layer that can be read, and no other", (t) => {
  const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "training.md"), "utf8");
  const rows = page.slice(page.indexOf("| --- |"), page.indexOf("## Scales")).split("\n").slice(1);
  const named = rows.flatMap((row) => (row.split("|")[1] ?? "").split(/\W+/)).filter((word) => /^[A-Z]/.test(word));
  t.deepEqual(named.toSorted(), supportedLayers.toSorted());
});
