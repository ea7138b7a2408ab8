/**
 * One build at a time per build folder, over processes and worker threads: a lock file that its holder touches every second. A lock that nobody has touched for
 * a while belongs to a process that was killed, and is taken over.
 */
import { existsSync, mkdirSync, openSync, closeSync, renameSync, rmSync, statSync, utimesSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RuntimeError } from "./runtime-error.ts";

const TOUCH_MS = 1_000;
const STALE_MS = 20_000;
const POLL_MS = 50;
/** An XS build of a slow machine, with room to spare. */
const PATIENCE_MS = 600_000;

function take(file: string): boolean {
  try {
    const descriptor = openSync(file, "wx");
    writeSync(descriptor, `${process.pid}\n`);
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function breakIfStale(file: string): void {
  try {
    if (Date.now() - statSync(file).mtimeMs < STALE_MS) return;
    // Of several that find it stale only one can rename it.
    const broken = `${file}.${process.pid}.${Math.random()}`;
    renameSync(file, broken);
    rmSync(broken);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/**
 * Runs `work` while holding the lock `file`.
 * @throws RuntimeError `BUILD_LOCKED` when another process holds it for more than ten minutes
 */
export async function withLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = Date.now() + PATIENCE_MS;
  while (!take(file)) {
    if (Date.now() > deadline) throw new RuntimeError("BUILD_LOCKED", `expected the build lock ${file} to be released within ${PATIENCE_MS / 1000} s, got none; if no build is running, delete it`);
    await sleep(POLL_MS);
    breakIfStale(file);
  }
  const touch = setInterval(() => {
    const now = new Date();
    // It is gone if this process slept so long that another took over: then both make the same whole files.
    if (existsSync(file)) utimesSync(file, now, now);
  }, TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(file, { force: true });
  }
}
