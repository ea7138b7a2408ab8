/** What the operating system says about a port, as an error with a remedy. */
import { readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { FlashError } from "./flash-error.ts";

/**
 * The error for a port that could not be opened or used. The package serialport passes the system's words on without a number, so they are what is looked at.
 */
export function portError(path: string, error: unknown): FlashError {
  const said = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  if (/permission denied|access(?: is)? denied|EACCES|EPERM|operation not permitted/i.test(said)) {
    return process.platform === "win32"
      ? new FlashError("PORT_BUSY", `expected to open ${path}, but access is denied: another program has it open, such as a serial monitor; close it`, options)
      : new FlashError("PORT_DENIED", `expected to open ${path}, but this user may not; run: sudo usermod -a -G ${groupOf(path)} "$USER", then log out and in again`, options);
  }
  if (/cannot lock|temporarily unavailable|resource busy|EBUSY|EAGAIN|in use/i.test(said)) {
    const holder = holderOf(path);
    return new FlashError("PORT_BUSY", `expected to open ${path}, but ${holder ?? "another program"} has it open, such as a serial monitor; close it`, options);
  }
  if (/no such file|file not found|ENOENT|no such device|ENXIO|ENODEV|unknown error code 433/i.test(said)) return new FlashError("PORT_ABSENT", `expected a port ${path}, but there is none; plug the board in with a cable that carries data, and see which ports there are`, options);
  if (/input\/output error|\bEIO\b/i.test(said)) return new FlashError("PORT_GONE", `expected ${path} to stay, but it went away; was the board unplugged?`, options);
  return new FlashError("PORT_FAILED", `expected to use ${path} as a serial port, got: ${said}`, options);
}

/** The group that owns a port: dialout on Debian, uucp on Arch. */
function groupOf(path: string): string {
  try {
    const { gid } = statSync(path);
    const line = readFileSync("/etc/group", "utf8").split("\n").find((entry) => entry.split(":")[2] === String(gid));
    const name = line?.split(":")[0];
    // Nobody should be told to join root.
    return name === undefined || gid === 0 ? "dialout" : name;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return "dialout";
  }
}

/** The program of this user that has a file open, on Linux; undefined where that is not to be seen. */
function holderOf(path: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  const attempt = <Value>(what: () => Value): Value | undefined => {
    try {
      return what();
    } catch (error) {
      // Other users' processes and those that end meanwhile cannot be read.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return undefined;
    }
  };
  const real = attempt(() => realpathSync(path));
  for (const id of attempt(() => readdirSync("/proc")) ?? []) {
    if (!/^\d+$/.test(id) || id === String(process.pid)) continue;
    for (const descriptor of attempt(() => readdirSync(`/proc/${id}/fd`)) ?? []) {
      if (real !== undefined && attempt(() => readlinkSync(`/proc/${id}/fd/${descriptor}`)) === real) return `${attempt(() => readFileSync(`/proc/${id}/comm`, "utf8").trim()) ?? "a program"} (process ${id})`;
    }
  }
  return undefined;
}
