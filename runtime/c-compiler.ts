/**
 * The C compiler, with a memory: an object is compiled again only if the command, the compiler, the source or a header that it included has changed. What is made appears
 * under its name only when it is complete.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { RuntimeError } from "./runtime-error.ts";

/** A source file and the flags to compile it with. */
export interface Unit {
  /** absolute path */
  source: string;
  /** name of the object below the build folder, without extension */
  object: string;
  flags: readonly string[];
  /** what a progress line calls it, such as "XS" */
  group: string;
}

interface Stamp {
  command: string;
  /** contents of the source and the headers that it included: path → SHA-256 */
  inputs: Record<string, string>;
}

interface Outcome {
  status: number | null;
  output: string;
}

const MAX_JOBS = 2;

function run(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** Compiles and links for one build folder. */
export class CCompiler {
  private readonly root: string;
  private readonly folder: string;
  private readonly command: string;
  private readonly progress: (line: string) => void;
  private readonly packages: string;
  private readonly hashes = new Map<string, string | undefined>();
  /** What the compiler says of itself; empty until it is opened. */
  version = "";

  /**
   * @param root the folder that commands run in and messages name files relative to
   * @param folder the build folder
   * @param packages Debian packages that bring the compiler, for the error that there is none
   */
  constructor(root: string, folder: string, command: string, progress: (line: string) => void, packages = "gcc libc6-dev") {
    this.root = root;
    this.folder = folder;
    this.command = command;
    this.progress = progress;
    this.packages = packages;
  }

  /** @throws RuntimeError `NO_COMPILER` */
  async open(): Promise<void> {
    try {
      const { status, output } = await run(this.command, ["--version"], this.root);
      if (status !== 0) throw new Error(output.trim());
      this.version = output;
    } catch (cause) {
      throw new RuntimeError("NO_COMPILER", `expected the C compiler ${this.command}, got none: install it (Debian: apt install ${this.packages})`, { cause });
    }
  }

  /**
   * Compiles what has changed, at most two at a time; returns the objects in the order of the units.
   * @throws RuntimeError `COMPILE_FAILED` with what the compiler said
   */
  async compile(units: readonly Unit[]): Promise<string[]> {
    const stale = units.filter((unit) => !this.isFresh(this.objectOf(unit), this.commandOf(unit)));
    const totals = new Map<string, number>();
    const counts = new Map<string, number>();
    for (const { group } of stale) totals.set(group, (totals.get(group) ?? 0) + 1);
    const queue = [...stale];
    const work = async (): Promise<void> => {
      for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
        const count = (counts.get(unit.group) ?? 0) + 1;
        counts.set(unit.group, count);
        this.progress(`compiling ${unit.group} ${count}/${totals.get(unit.group)} ${basename(unit.source)}`);
        await this.compileUnit(unit);
      }
    };
    const jobs = Array.from({ length: MAX_JOBS }, work);
    const results = await Promise.allSettled(jobs);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return units.map((unit) => this.objectOf(unit));
  }

  /** Links `objects` to a program, if one of them or the flags have changed. */
  async link(program: string, objects: readonly string[], flags: readonly string[]): Promise<string> {
    const path = join(this.folder, program);
    const command = JSON.stringify([this.command, this.version, objects, flags]);
    if (this.isFresh(path, command)) return path;
    this.progress(`linking ${program}`);
    await this.make(path, [...objects, ...flags], program);
    this.stamp(path, command, objects);
    return path;
  }

  /** Paths of libraries that the compiler finds, if it finds them all and makes a program of `source` with them; else none. */
  async findLibraries(names: readonly string[], source: string): Promise<readonly string[]> {
    // A library that is not there comes back as its bare name.
    const paths = await Promise.all(names.map(async (name) => (await run(this.command, [`-print-file-name=${name}`], this.root)).output.trim()));
    return paths.every((path) => path.startsWith("/")) && (await this.links(source, paths)) ? paths : [];
  }

  /** Whether the compiler, with the headers and libraries that it finds, makes a program of `source`. */
  async links(source: string, flags: readonly string[]): Promise<boolean> {
    const probe = join(this.folder, `probe.${process.pid}`);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(`${probe}.c`, source);
    try {
      const { status } = await run(this.command, [`${probe}.c`, ...flags, "-o", probe], this.root);
      return status === 0;
    } finally {
      for (const path of [`${probe}.c`, probe]) rmSync(path, { force: true });
    }
  }

  /** Forgets contents that have been read: for files that a build step has written. */
  forget(path: string): void {
    this.hashes.delete(path);
  }

  private objectOf(unit: Unit): string {
    return join(this.folder, "objects", `${unit.object}.o`);
  }

  private commandOf(unit: Unit): string {
    return JSON.stringify([this.command, this.version, unit.source, unit.flags]);
  }

  private async compileUnit(unit: Unit): Promise<void> {
    const object = this.objectOf(unit);
    const dependencies = `${object}.${process.pid}.d`;
    try {
      await this.make(object, ["-c", unit.source, ...unit.flags, "-MD", "-MF", dependencies], unit.source);
    } catch (error) {
      rmSync(dependencies, { force: true });
      throw error;
    }
    // A make rule: "object: source header \⏎ header …", with spaces in names escaped.
    const inputs = readFileSync(dependencies, "utf8").replace(/^[^:]*:/, "").replaceAll("\\\n", " ").match(/(?:\\ |\S)+/g) ?? [];
    // The compiler's version stands for the system's headers.
    const own = inputs.map((path) => path.replaceAll("\\ ", " ")).filter((path) => !path.startsWith("/usr/"));
    rmSync(dependencies);
    this.stamp(object, this.commandOf(unit), own);
  }

  private async make(output: string, args: readonly string[], what: string): Promise<void> {
    mkdirSync(dirname(output), { recursive: true });
    const unfinished = `${output}.${process.pid}.unfinished`;
    const { status, output: said } = await run(this.command, [...args, "-o", unfinished], this.root);
    if (status !== 0) {
      rmSync(unfinished, { force: true });
      throw new RuntimeError("COMPILE_FAILED", `expected ${relative(this.root, what) || what} to compile, got:\n${said.trim()}`);
    }
    renameSync(unfinished, output);
  }

  private isFresh(output: string, command: string): boolean {
    if (!existsSync(output) || !existsSync(`${output}.json`)) return false;
    const stamp = JSON.parse(readFileSync(`${output}.json`, "utf8")) as Stamp;
    return stamp.command === command && Object.entries(stamp.inputs).every(([path, hash]) => this.hash(path) === hash);
  }

  private stamp(output: string, command: string, inputs: readonly string[]): void {
    this.forget(output);
    const entries = inputs.map((path) => [path, this.hash(path) ?? ""]);
    const stamp: Stamp = { command, inputs: Object.fromEntries(entries) as Record<string, string> };
    writeFileSync(`${output}.json`, JSON.stringify(stamp));
  }

  private hash(path: string): string | undefined {
    if (!this.hashes.has(path)) {
      const absolute = join(path.startsWith("/") ? "/" : this.root, path);
      this.hashes.set(path, existsSync(absolute) ? createHash("sha256").update(readFileSync(absolute)).digest("hex") : undefined);
    }
    return this.hashes.get(path);
  }
}
