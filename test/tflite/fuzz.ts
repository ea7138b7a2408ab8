/**
 * Fuzzes the loading and running of models with libFuzzer, AddressSanitizer and UBSan (test/tflite/fuzz.c), seeded with the models that are here:
 *
 *     node test/tflite/fuzz.ts [--seconds S | --runs N]      a minute, if nothing is said
 *
 * An input that breaks something is kept in build/fuzz, and named.
 */
import { execFile, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { engineSources } from "./engine.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "build", "fuzz");

/** Larger models are slow to fuzz, and hold little but weights. */
const MOST_SEED_BYTES = 16_384;

/** The compiler that brings libFuzzer along. */
export const FUZZ_COMPILER = "clang-19";

/** How long to fuzz. */
export interface FuzzLimits {
  seconds?: number;
  runs?: number;
}

/** What came out. */
export interface FuzzOutcome {
  /** inputs that were tried */
  runs: number;
  /** the fuzzer's exit code: 0 if nothing broke */
  code: number;
  /** what it printed */
  log: string;
}

async function build(compiler: string): Promise<string> {
  const core = join(root, "modules", "tflite");
  const program = join(folder, "fuzz");
  const flags = ["-std=c99", "-D_DEFAULT_SOURCE", "-O1", "-g", "-ffp-contract=off", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"];
  await promisify(execFile)(compiler, [...flags, "-I", core, ...engineSources(), join(import.meta.dirname, "fuzz.c"), "-lm", "-o", program]);
  return program;
}

/** Small models: the project's own, and those of the conformance data where it is. */
function seeds(): string[] {
  const shared = join(root, "..", "shared", "tflm");
  const folders = [import.meta.dirname, ...readdirSync(join(root, "examples")).map((name) => join(root, "examples", name)), ...["ops", "models", "malformed"].map((name) => join(shared, name))];
  const files = folders.flatMap((path) => (existsSync(path) ? readdirSync(path).filter((name) => name.endsWith(".tflite")).map((name) => join(path, name)) : []));
  return files.filter((path) => statSync(path).size <= MOST_SEED_BYTES);
}

/** Builds the fuzzer and runs it until a limit is reached or something breaks. `progress` gets its lines. */
export async function fuzz(compiler: string, { seconds, runs }: FuzzLimits, progress?: (line: string) => void): Promise<FuzzOutcome> {
  const corpus = join(folder, "corpus");
  mkdirSync(corpus, { recursive: true });
  const program = await build(compiler);
  for (const path of seeds()) copyFileSync(path, join(corpus, `${path.split("/").at(-2)}-${path.split("/").at(-1)}`));
  const limits = [...(seconds === undefined ? [] : [`-max_total_time=${seconds}`]), ...(runs === undefined ? [] : [`-runs=${runs}`])];
  const child = spawn(program, [...limits, "-seed=1", `-max_len=${MOST_SEED_BYTES}`, "-timeout=1", "-rss_limit_mb=1024", "-print_final_stats=1", `-artifact_prefix=${folder}/`, corpus], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    log += text;
    progress?.(text.trimEnd());
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
  return { runs: Number(/stat::number_of_executed_units:\s*(\d+)/.exec(log)?.[1] ?? 0), code, log };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { seconds: { type: "string" }, runs: { type: "string" } } });
  const limits = values.runs !== undefined ? { runs: Number(values.runs) } : { seconds: Number(values.seconds ?? 60) };
  const { runs, code } = await fuzz(FUZZ_COMPILER, limits, (line) => console.error(line));
  console.log(`${runs} inputs, ${code === 0 ? "nothing found" : `broken: see above and ${folder}`}`);
  process.exitCode = code === 0 ? 0 : 1;
}
