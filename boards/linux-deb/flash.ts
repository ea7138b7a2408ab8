/** Installs an app's package on a Linux board over ssh, and waits until its first result has arrived. */
import { basename } from "node:path";
import type { BoardBuild, FlashedDevice, FlashOptions } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { configFile, readGiven } from "./device-config.ts";
import { FirstStatement } from "./first-statement.ts";
import { installCommand, installScript, journalCommand, NO_ROOT, probeCommand } from "./remote-scripts.ts";
import { serviceNames, type ServiceNames } from "./service-names.ts";
import { followSsh, parseAddress, runSsh, type SshAddress } from "./ssh.ts";
import { tar, type Entry } from "./tar.ts";

/** What a package is for. */
export interface PackageTarget {
  /** the board's name, for messages */
  readonly board: string;
  /** as dpkg calls the processor */
  readonly architecture: string;
}

const PATIENCE_MS = 120_000;
/** Kilobytes that must be free beside the package itself, twice: unpacked, and in the folder for what is uploaded. */
const SPARE_KB = 4096;

function failed(message: string, cause?: unknown): BoardError {
  return new BoardError("FLASH_FAILED", message, cause === undefined ? undefined : { cause });
}

/** An app's name out of the name of its package's file. */
export function appOf(build: BoardBuild): string {
  const [, app] = /^assay-([a-z0-9-]{1,32})_[^/]*\.deb$/.exec(basename(build.files["package"] ?? "")) ?? [];
  if (app === undefined) throw new BoardError("BAD_OPTION", `expected a build with a package (assay-APP_VERSION_ARCHITECTURE.deb), got one with ${Object.keys(build.files).join(", ") || "nothing"}`);
  return app;
}

/** @throws BoardError `FLASH_FAILED` if the package cannot run or be installed there */
async function probe(address: SshAddress, target: PackageTarget, packageBytes: number, signal: AbortSignal): Promise<void> {
  const { stdout, stderr, status } = await runSsh(address, probeCommand(), { signal, code: "FLASH_FAILED" });
  const found = new Map<string, string>();
  const free: number[] = [];
  for (const line of stdout.split("\n")) {
    const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name === "free") free.push(Number(value));
    else found.set(name, value);
  }
  const at = address.destination;
  if (!found.has("machine")) throw failed(`expected ${at} to say what it is, got exit code ${status}: ${(stderr || stdout).trim().slice(0, 500)}`);
  const [machine, architecture] = [found.get("machine"), found.get("architecture")];
  if (!architecture) throw failed(`expected a system with dpkg (Raspberry Pi OS, Debian, Ubuntu) at ${at}, got one without (${machine})`);
  if (architecture !== target.architecture) {
    const other = { arm64: "pi", armhf: "pi-armhf" }[architecture];
    throw failed(`expected a system for ${target.architecture} at ${at}, got one for ${architecture} (${machine})${other === undefined ? "" : `; build for it with --board ${other}`}`);
  }
  if (architecture === "armhf" && /^armv[3-6]/.test(machine ?? "")) throw failed(`expected an ARMv7 processor or newer at ${at}, got ${machine}: a Raspberry Pi 1 or Zero runs Raspberry Pi OS, but not Debian's armhf`);
  if (found.get("systemd") !== "yes") throw failed(`expected a system that systemd runs at ${at}, got another`);
  if (found.get("root") === "no") throw failed(`expected to become root at ${at} without a password, got no: log in as root, or let this user use sudo so ("USER ALL=(ALL) NOPASSWD: ALL" in /etc/sudoers.d)`);
  const needed = 2 * Math.ceil(packageBytes / 1024) + SPARE_KB;
  const least = Math.min(...free);
  if (least < needed) throw failed(`expected ${needed} KB free on the disk of ${at}, got ${least}`);
}

/** Uploads and installs; returns the journal's cursor before that. */
async function install(address: SshAddress, files: readonly Entry[], signal: AbortSignal): Promise<string> {
  const { status, stdout, stderr } = await runSsh(address, installCommand(), { input: tar(files), signal, code: "FLASH_FAILED" });
  if (status === NO_ROOT) throw failed(`expected to become root at ${address.destination}, got another user`);
  if (status !== 0) throw failed(`expected ${address.destination} to install the package, got exit code ${status}:\n${stderr.trim().split("\n").slice(-8).join("\n")}`);
  const cursor = stdout.trim().split("\n").at(-1) ?? "";
  if (!/^[A-Za-z0-9=;]*$/.test(cursor)) throw failed(`expected a cursor of the journal of ${address.destination}, got ${JSON.stringify(cursor.slice(0, 100))}`);
  return cursor;
}

/** Follows the service until its first result is stored and, if that is asked for, verified. */
async function waitForStatement(address: SshAddress, names: ServiceNames, cursor: string, options: FlashOptions): Promise<void> {
  const patience = options.patienceMs ?? PATIENCE_MS;
  const done = new AbortController();
  const timeout = AbortSignal.timeout(patience);
  const ended = AbortSignal.any([options.signal, done.signal, timeout]);
  const { promise: device, resolve: onDevice } = Promise.withResolvers<FlashedDevice>();
  const { promise: stored, resolve: onStored } = Promise.withResolvers<number>();
  const { promise: failing, resolve: onFailing } = Promise.withResolvers<void>();
  const first = new FirstStatement({ onDevice, onStored, onFailing, progress: options.progress });
  const following = followSsh(address, journalCommand(names.unit, { cursor }), { onLine: (line) => first.read(line), signal: ended, code: "FLASH_FAILED" });
  // Where somebody verifies, their word counts; else the gateway's, which acknowledges what it has verified.
  const arrived = options.verify === undefined ? stored.then(() => "arrived" as const) : device.then((known) => options.verify!(known, ended)).then((line) => {
    options.progress(line);
    return "arrived" as const;
  });
  try {
    // Aborted, out of time, the connection lost: the follower ends for all of these.
    const outcome = await Promise.race([arrived, following, failing.then(() => "failing" as const)]);
    if (outcome === "arrived") return;
    if (outcome === "failing") throw failed(`installed, but expected ${names.unit} to run, got one that ends again and again: ${first.lastWords}`);
    options.signal.throwIfAborted();
    if (timeout.aborted) throw failed(`installed, but expected the first statement to arrive within ${patience / 1000} s: ${first.lastWords}\n(see it on the board: journalctl -u ${names.unit})`);
    throw failed(`installed, but expected the journal of ${names.unit} at ${address.destination}, got its end: ${outcome.stderr.trim() || `exit code ${outcome.status}`}`);
  } finally {
    done.abort();
    // How the follower ends is of no interest any more.
    await Promise.allSettled([following]);
  }
}

/**
 * Installs `build` on the board at `options.host`, starts it, and waits for its first result.
 * @throws BoardError `BAD_OPTION`, `FLASH_FAILED`; what `options.verify` throws; the signal's reason
 */
export async function flashOverSsh(build: BoardBuild, target: PackageTarget, options: FlashOptions & { readonly host: string }): Promise<void> {
  const address = parseAddress(options.host, options.sshConfig);
  const names = serviceNames(appOf(build));
  const bytes = readGiven(build.files["package"]!, "the package");
  const config = configFile(options, names.trace);
  const trace = options.trace === undefined ? undefined : readGiven(options.trace, "a recording");
  await probe(address, target, bytes.length + (trace?.length ?? 0), options.signal);
  options.progress(`installing ${basename(build.files["package"]!)} on ${address.destination}`);
  const files: Entry[] = [
    { path: "package.deb", mode: 0o600, bytes },
    { path: "install", mode: 0o700, bytes: Buffer.from(installScript(names, { erase: options.erase ?? false })) },
    ...(config === undefined ? [] : [{ path: "config.json", mode: 0o600, bytes: config }]),
    ...(trace === undefined ? [] : [{ path: "trace.csv", mode: 0o600, bytes: trace }]),
  ];
  const cursor = await install(address, files, options.signal);
  options.progress(`${names.unit} runs`);
  if (options.patienceMs !== 0) await waitForStatement(address, names, cursor, options);
}
