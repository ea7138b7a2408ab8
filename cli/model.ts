/** `assay model`: runs models on this machine with the engine of the devices. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Command } from "commander";
import { buildHost } from "../runtime/build.ts";
import { progressLines } from "./progress.ts";
import { CliError } from "./cli-error.ts";

/** The command and its verbs. */
export function modelCommand(): Command {
  const model = new Command("model").description("run and inspect TensorFlow Lite models with the devices' own engine");
  model
    .command("run")
    .description("run a model on raw little-endian tensors; k input sets in IN are k invokes on one interpreter")
    .argument("[FILE]", "a .tflite file")
    .option("--input <IN>", "raw tensors: all graph inputs, one after the other")
    .option("--output <OUT>", "where the raw graph outputs go")
    .option("--batch <LIST>", "instead of FILE: a list with lines of model, input, output path, separated by tabs")
    .addHelpText("after", "\nexample:\n  assay model run examples/machine-health/model.tflite --input window.bin --output scores.bin")
    .action(async (file: string | undefined, options: { input?: string; output?: string; batch?: string }) => {
      if (options.batch !== undefined) {
        if (file !== undefined) throw new CliError("BAD_USAGE", "expected FILE or --batch, got both");
        return await engine(["run", "--batch", options.batch]);
      }
      if (file === undefined || options.input === undefined || options.output === undefined) throw new CliError("BAD_USAGE", "expected FILE --input IN --output OUT, or --batch LIST; see assay model run --help");
      await engine(["run", file, "--input", options.input, "--output", options.output]);
    });
  model
    .command("info")
    .description("print a model's operators, tensors, quantization and arena as JSON")
    .argument("<FILE>", "a .tflite file")
    .addHelpText("after", "\nexample:\n  assay model info examples/machine-health/model.tflite")
    .action(async (file: string) => await engine(["info", file]));
  return model;
}

async function engine(parameters: string[]): Promise<void> {
  const { modelRun } = await buildHost({ progress: progressLines() });
  if (modelRun === undefined) throw new CliError("MISSING", "expected boards/linux/model-run.c in this checkout, found no such file");
  const child = spawn(modelRun, parameters, { stdio: "inherit" });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}
