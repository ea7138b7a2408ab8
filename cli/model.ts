/** `assay model`: runs, describes and times models on this machine with the engine of the devices. */
import { Command, Option } from "commander";
import { number } from "./arguments.ts";
import { CliError } from "./cli-error.ts";
import { printBench } from "./model-bench.ts";
import { printInfo } from "./model-info.ts";
import { batchOf, ENGINES, type EngineName, native, runAll } from "./model-run.ts";

interface RunOptions {
  readonly input?: string;
  readonly output?: string;
  readonly batch?: string;
  readonly engine: EngineName;
}

async function run(file: string | undefined, { input, output, batch, engine }: RunOptions): Promise<number> {
  if (batch !== undefined) {
    if (file !== undefined) throw new CliError("BAD_USAGE", "expected FILE or --batch, got both");
    return engine === "native" ? await native(["run", "--batch", batch]) : await runAll(engine, batchOf(batch), batch);
  }
  if (file === undefined || input === undefined || output === undefined) throw new CliError("BAD_USAGE", "expected FILE --input IN --output OUT, or --batch LIST; see assay model run --help");
  if (engine === "native") return await native(["run", file, "--input", input, "--output", output]);
  return await runAll(engine, [{ model: file, input, output }], file);
}

/** The command and its verbs. */
export function modelCommand(): Command {
  const model = new Command("model").description("run and inspect TensorFlow Lite models with the devices' own engine");
  model
    .command("run")
    .description("run a model on raw little-endian tensors; k input sets in IN are k invokes on one interpreter")
    .argument("[FILE]", "a .tflite file")
    .option("--input <IN>", "raw tensors: all graph inputs, one after the other")
    .option("--output <OUT>", "where the raw graph outputs go")
    .option("--batch <LIST>", "instead of FILE: a list with lines of model, input, output path, separated by tabs; a failure prints FILE: CODE: message and the next goes on")
    .addOption(new Option("--engine <ENGINE>", "the fastest kernels of this machine, the WebAssembly that browsers run, or XS as on a device: the results are the same").choices(ENGINES).default("native"))
    .addHelpText("after", "\nexit codes: 0 all ran, 1 a model failed\n\nexample:\n  assay model run examples/machine-health/model.tflite --input window.bin --output scores.bin --engine wasm")
    .action(async (file: string | undefined, options: RunOptions) => {
      process.exitCode = await run(file, options);
    });
  model
    .command("info")
    .description("print a model's operators, tensors, quantization, arena, and what it takes of a board")
    .argument("<FILE>", "a .tflite file")
    .option("--json", "one JSON object on stdout", false)
    .addHelpText("after", "\nexample:\n  assay model info examples/machine-health/model.tflite")
    .action(async (file: string, { json }: { json: boolean }) => {
      process.exitCode = await printInfo(file, json);
    });
  model
    .command("bench")
    .description("time a model on this machine: each set of native kernels and WebAssembly, in turns; medians")
    .argument("<FILE>", "a .tflite file")
    .option("--seconds <N>", "how long each is measured", number(0.1, 600), 2)
    .option("--json", "a JSON object a line on stdout", false)
    .addHelpText("after", "\nexample:\n  assay model bench examples/machine-health/model.tflite --seconds 5")
    .action(async (file: string, { seconds, json }: { seconds: number; json: boolean }) => {
      process.exitCode = await printBench(file, seconds, json);
    });
  return model;
}
