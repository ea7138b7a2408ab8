/** The engine as firmware gets it: with just the operators and types of a model, without texts, self checks and what else the model does not need. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildForBoard, engineFolder, root, runOnBoard, sourcesIn } from "../../boards/emulated.ts";
import { mps2An500 } from "../../boards/mps2-an500/board.ts";
import { firmwareDefines, kernelTable, kernelVariants } from "../../runtime/kernel-table.ts";
import { testWithSharedAndPrograms } from "../requirements.ts";
import { temporaryFolder } from "./engine.ts";

const engine = ["", "kernels", "kernels/arm-dsp"].flatMap((folder) => sourcesIn(join(engineFolder, folder)));

/** A model of layers alone, one with pools and a table of exponentials, one with variables and a second subgraph. */
const MODELS = ["ad01_int8", "kws_ref_model", "mww_v2_okay_nabu"];

for (const [table, variant] of [["portable", undefined], ["cortex-m-dsp", kernelVariants["cortex-m-dsp"]]] as const) {
  const title = `Firmware's ${table} kernels, made for a model, give the reference's output and refuse other models`;
  testWithSharedAndPrograms("tflm", [mps2An500.compiler, mps2An500.emulator], title, async (t, shared) => {
    const folder = temporaryFolder();
    for (const model of MODELS) {
      const path = join(shared, "models", `${model}.tflite`);
      const file = new Uint8Array(readFileSync(path));
      const name = `firmware-engine-${model}-${table}`;
      mkdirSync(join(root, "build", mps2An500.name), { recursive: true });
      const source = join(root, "build", mps2An500.name, `${name}.c`);
      writeFileSync(source, kernelTable([file], variant));
      const program = await buildForBoard(mps2An500, { name, sources: [...engine, source, join(root, "boards", "model-batch.c")], flags: ["-Os", ...firmwareDefines([file]), "-DBATCH_KERNELS=tflite_model_kernels"] });
      const golden = join(shared, "golden", model, "00");
      const other = join(shared, "models", "keyword_scrambled_8bit.tflite");
      const list = join(folder, "list.tsv");
      writeFileSync(list, `${path}\t${golden}.in\t${join(folder, model)}\n${other}\t${golden}.in\t${join(folder, "none")}\n`);
      const { stderr } = await runOnBoard(mps2An500, program, ["run", "--batch", list]);
      t.true(stderr.startsWith(`${other}: MISSING_OPERATORS: `), stderr);
      t.deepEqual(readFileSync(join(folder, model)), readFileSync(`${golden}.out`), model);
    }
  });
}
