/**
 * The set-up behind `npm start`, `npm test` and `npm run build`: installs what is missing, compiles XS for this machine once, then hands over.
 * Plain JavaScript without dependencies, since it runs on whatever Node (20 or newer) the machine has, before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

const root = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const [verb = "build", ...parameters] = process.argv.slice(2);

/** Set-up text goes to stderr: `npm start -- --json` keeps stdout for JSON lines. */
const say = (line) => process.stderr.write(`${line}\n`);

/** @returns {never} */
function stop(line) {
  say(line);
  process.exit(1);
}

function checkMachine() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 11)) stop(`assay: expected Node.js 20.11 or newer, got ${process.versions.node}; install a newer one (Debian: apt install nodejs, or from nodejs.org)`);
  const found = (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, "gcc")));
  if (!found) stop("assay: gcc not found; a C compiler is needed to build the XS engine. On Debian: apt install gcc libc6-dev");
}

/** Installs the packages that `package-lock.json` names, unless that very lock file is installed already. */
function install() {
  const stamp = join(root, "node_modules", ".assay-lock");
  const lock = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("assay: installing packages (npm ci), about half a minute …");
  const started = Date.now();
  // What npm prints goes to stderr as well.
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (npm.error) stop(`assay: npm could not be started: ${npm.error.message}`);
  if (npm.status !== 0) stop(`assay: npm ci failed with exit code ${npm.status}; what it printed above says why`);
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stamp, lock);
  say(`assay: packages installed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

/** The Node.js that the project pins (it strips types and has node:sqlite), or this one if that is new enough. */
function modernNode() {
  const pinned = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  stop(`assay: no Node.js 24 package for ${process.platform}-${process.arch}; run with Node.js 24 or newer`);
}

/** Runs a program in the foreground; Ctrl-C reaches it directly, since it is in the same process group. */
function run(program, args) {
  const path = [join(root, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  const interrupt = () => {};
  process.on("SIGINT", interrupt);
  const { status, signal, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", env: { ...process.env, PATH: path } });
  process.off("SIGINT", interrupt);
  if (error) stop(`assay: ${program} could not be started: ${error.message}`);
  return status ?? 128 + (constants.signals[signal] ?? 0);
}

checkMachine();
install();
const node = modernNode();
const built = run(node, [join(root, "cli", "set-up.ts")]);
if (built !== 0) process.exit(built);
if (verb === "start") process.exitCode = run(node, [join(root, "cli", "assay.ts"), "sim", ...parameters]);
else if (verb === "test") process.exitCode = run(node, [join(root, "node_modules", "ava", "entrypoints", "cli.js"), ...parameters]);
else if (verb !== "build") stop(`assay: expected start, test or build, got ${verb}`);
