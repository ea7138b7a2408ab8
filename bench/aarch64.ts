/**
 * Instructions of one inference on 64-bit Arm (Raspberry Pi), counted by QEMU: the kernels for NEON, with the dot product extension (Pi 5) and without
 * (Pi 3 and 4), beside portable C. How long they take is for such a machine to say: `assay-model bench`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../boards/emulated.ts";
import { cortexA76, buildModelRun } from "../boards/linux-aarch64/board.ts";
import { instructionsPerInvoke } from "../boards/linux-aarch64/instructions.ts";
import type { Bench, Figure } from "./figure.ts";

/** Models of the conformance data, measured where that data is there. */
const MODELS = ["kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8"];

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  const shared = join(root, "..", "shared", "tflm");
  const modelRun = await buildModelRun(cortexA76, progress);
  for (const name of MODELS) {
    const model = join(shared, "models", `${name}.tflite`);
    if (!existsSync(model)) {
      progress(`${name}: not measured, ${model} is not here`);
      continue;
    }
    const golden = join(shared, "golden", name);
    const input = readFileSync(join(golden, readdirSync(golden).filter((file) => file.endsWith(".in")).sort()[0]!));
    const portable = await instructionsPerInvoke(cortexA76, modelRun, model, input, "portable");
    for (const kernels of ["neon", "neon-dotprod"]) {
      const value = await instructionsPerInvoke(cortexA76, modelRun, model, input, kernels);
      yield { figure: `${name} with ${kernels}`, value, unit: "instructions per inference", peer: { name: "portable C", value: portable } };
    }
  }
};

export default bench;
