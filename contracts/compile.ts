/**
 * Solidity to bytecode with npm's `solc`: the compiler is fixed by the lock file, so a source always gives the same bytes.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { Worker } from "node:worker_threads";
import type { Abi, Hex } from "viem";
import { ContractError } from "./contract-error.ts";

/** A compiled contract: its interface and its creation bytecode. */
export interface ContractArtifact {
  readonly abi: Abi;
  readonly bytecode: Hex;
}

/** The contracts of this folder that a gateway needs. */
export interface CompiledContracts {
  readonly AttestationLog: ContractArtifact;
  readonly DeviceRegistry: ContractArtifact;
}

export interface CompileOptions {
  /** Where artifacts are cached; default `build/contracts` of the checkout. */
  readonly buildFolder?: string;
  /** Told a line for each step that takes time. */
  readonly progress?: (line: string) => void;
}

const sourceFolder = import.meta.dirname;
const checkout = join(import.meta.dirname, "..");
const defaultBuildFolder = join(checkout, "build", "contracts");

/**
 * The compiler's settings, part of the cache key. Cancun is the newest EVM that every public chain of today runs; 10,000
 * runs weigh execution (an anchor per batch, for years) over deployment (once).
 */
const settings = {
  evmVersion: "cancun",
  viaIR: true,
  optimizer: { enabled: true, runs: 10_000 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
};

/**
 * Compiles the contracts of this folder, or reads them from the cache if neither sources, compiler nor settings changed.
 * Takes about 8 s when it compiles.
 *
 * @throws {ContractError} `COMPILE_FAILED` with solc's text (warnings count as errors), `SOURCE_MISSING`
 */
export async function compileContracts(options: CompileOptions = {}): Promise<CompiledContracts> {
  const files = ["AttestationLog.sol", "DeviceRegistry.sol"].map((name) => join(sourceFolder, name));
  const artifacts = await compileSources(files, options);
  return { AttestationLog: artifactOf(artifacts, "AttestationLog"), DeviceRegistry: artifactOf(artifacts, "DeviceRegistry") };
}

/**
 * Compiles Solidity files; what they import by relative paths is read along. A unit's name is its path in the checkout.
 *
 * @returns artifacts of the contracts in `files`, by name
 * @throws {ContractError} `COMPILE_FAILED`, `SOURCE_MISSING`
 */
export async function compileSources(files: readonly string[], options: CompileOptions = {}): Promise<Record<string, ContractArtifact>> {
  const progress = options.progress ?? (() => {});
  const buildFolder = options.buildFolder ?? defaultBuildFolder;
  const sources = await readSources(files);
  const wanted = files.map(unitName);

  // The version stands for the compiler: reading it from package.json spares loading 9 MB of solc on a cache hit.
  const version = await compilerVersion();
  const key = createHash("sha256").update(JSON.stringify({ version, settings, sources, wanted })).digest("hex").slice(0, 32);
  const cacheFile = join(buildFolder, `${key}.json`);
  const cached = await readCache(cacheFile);
  if (cached !== undefined) return cached;

  // Whoever asks for the same meanwhile waits for the same run.
  let artifacts = running.get(cacheFile);
  if (artifacts === undefined) {
    artifacts = compileInto(cacheFile, { sources, wanted, version, progress }).finally(() => running.delete(cacheFile));
    running.set(cacheFile, artifacts);
  }
  return artifacts;
}

const running = new Map<string, Promise<Record<string, ContractArtifact>>>();

interface Job {
  readonly sources: Sources;
  /** Names of the units whose contracts are asked for. */
  readonly wanted: readonly string[];
  readonly version: string;
  readonly progress: (line: string) => void;
}

type Sources = Readonly<Record<string, { readonly content: string }>>;

async function compileInto(cacheFile: string, { sources, wanted, version, progress }: Job): Promise<Record<string, ContractArtifact>> {
  progress(`compiling ${Object.keys(sources).join(", ")} with solc ${version}`);
  const started = performance.now();
  const artifacts = await runSolc(sources, wanted);
  await mkdir(dirname(cacheFile), { recursive: true });
  // Renamed into place, so that a build beside this one never reads half a file.
  const temporary = `${cacheFile}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(temporary, JSON.stringify(artifacts));
  await rename(temporary, cacheFile);
  progress(`compiled ${Object.keys(artifacts).length} contracts in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return artifacts;
}

/** The artifact of one contract. */
export function artifactOf(artifacts: Record<string, ContractArtifact>, name: string): ContractArtifact {
  const artifact = artifacts[name];
  if (artifact === undefined) throw new ContractError("COMPILE_FAILED", `expected a contract ${name} in the sources, got ${Object.keys(artifacts).join(", ")}`);
  return artifact;
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Record<string, Record<string, { abi: Abi; evm: { bytecode: { object: string } } }>>;
}

async function runSolc(sources: Sources, wanted: readonly string[]): Promise<Record<string, ContractArtifact>> {
  const outputSelection = Object.fromEntries(wanted.map((unit) => [unit, { "*": ["abi", "evm.bytecode.object"] }]));
  const worker = new Worker(join(import.meta.dirname, "solc-worker.ts"), { workerData: JSON.stringify({ language: "Solidity", sources, settings: { ...settings, outputSelection } }) });
  const [answer] = (await once(worker, "message")) as [string];
  const output = JSON.parse(answer) as SolcOutput;
  const complaints = (output.errors ?? []).filter((e) => e.severity !== "info");
  if (complaints.length > 0) {
    throw new ContractError("COMPILE_FAILED", `expected sources that solc takes without errors or warnings, got ${complaints.length}:\n${complaints.map((e) => e.formattedMessage).join("\n")}`);
  }
  const artifacts: Record<string, ContractArtifact> = {};
  for (const unit of wanted) {
    for (const [name, contract] of Object.entries(output.contracts?.[unit] ?? {})) artifacts[name] = { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` };
  }
  return artifacts;
}

/** The files and what they import, by unit name in a fixed order: what solc makes of them depends on it. */
async function readSources(files: readonly string[]): Promise<Sources> {
  const contents = new Map<string, string>();
  const read = async (file: string): Promise<void> => {
    if (contents.has(file)) return;
    const content = await readSource(file);
    contents.set(file, content);
    for (const [, path] of content.matchAll(/^import [^"]*"(\.[^"]+)";/gm)) await read(join(dirname(file), path as string));
  };
  for (const file of files) await read(file);
  return Object.fromEntries([...contents].map(([file, content]) => [unitName(file), { content }] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function unitName(file: string): string {
  const inside = relative(checkout, file);
  return inside.startsWith("..") ? basename(file) : inside.replaceAll("\\", "/");
}

async function readSource(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new ContractError("SOURCE_MISSING", `expected a Solidity source at ${file}; is the checkout complete?`, { cause });
  }
}

async function readCache(file: string): Promise<Record<string, ContractArtifact> | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Record<string, ContractArtifact>;
  } catch (error) {
    // Absent before the first build; unreadable after an editor or a full disk damaged it. Both are mended by compiling.
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function compilerVersion(): Promise<string> {
  const { default: manifest } = await import("solc/package.json", { with: { type: "json" } });
  return manifest.version;
}
