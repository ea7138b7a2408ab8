/**
 * Instructions of each stage of the example apps, for one statement, on the emulated Cortex-M7, beside the stored baseline (boards/mps2-an500/stages.json). Not cycles, and no
 * ESP32's times.
 */
import { countAll, readBaseline } from "../boards/mps2-an500/stages.ts";
import type { Bench } from "./figure.ts";

const bench: Bench = async function* (progress) {
  const [baseline, now] = [readBaseline(), await countAll(progress)];
  if (baseline.compiler !== now.compiler) progress(`the baseline was counted with ${baseline.compiler}, this is ${now.compiler}`);
  for (const [app, stages] of Object.entries(now.apps)) {
    for (const [stage, value] of Object.entries(stages)) {
      const before = baseline.apps[app]?.[stage];
      yield { figure: `${app}: ${stage}`, value, unit: "instructions", ...(before === undefined ? {} : { peer: { name: "the baseline", value: before } }) };
    }
  }
};

export default bench;
