/** What each stage of the example apps costs on the emulated Cortex-M7, in instructions, which are the same in every run: more than 2 % above the stored baseline fails. */
import { compilerVersion, countedApps, countStages, readBaseline } from "../../boards/mps2-an500/stages.ts";
import { testWithPrograms } from "../requirements.ts";
import { mps2Programs } from "./virtual-mps2.ts";

const MOST = 1.02;

testWithPrograms(mps2Programs, "No stage of an app takes more than 2 % more instructions than the baseline says", async (t) => {
  const baseline = readBaseline();
  if (compilerVersion() !== baseline.compiler) t.log(`the baseline was counted with ${baseline.compiler}, this is ${compilerVersion()}: figures may differ for that alone`);
  t.deepEqual(Object.keys(baseline.apps).sort(), countedApps.map(({ app }) => app).sort(), "node boards/mps2-an500/stages.ts stores a baseline of all apps");
  for (const each of countedApps) {
    const now = await countStages(each);
    const before = baseline.apps[each.app]!;
    t.deepEqual(Object.keys(now), Object.keys(before));
    for (const [stage, count] of Object.entries(now)) {
      t.log(`${each.app} ${stage}: ${count.toLocaleString("en-US")}, baseline ${before[stage]!.toLocaleString("en-US")}`);
      t.true(count <= before[stage]! * MOST, `${each.app} ${stage}: expected at most ${Math.floor(before[stage]! * MOST)} instructions, got ${count}; if that is wanted, node boards/mps2-an500/stages.ts stores a new baseline`);
    }
  }
});
