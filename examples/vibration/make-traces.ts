/**
 * Writes the recordings in `data/`, which are synthetic (synthetic-fan.ts):
 *
 *     node examples/vibration/make-traces.ts
 *
 * A second run writes the same bytes.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { traceCsv, traces } from "./traces.ts";

for (const name of Object.keys(traces)) writeFileSync(join(import.meta.dirname, "data", `${name}.csv`), traceCsv(name));
