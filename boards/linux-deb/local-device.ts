/** A build that runs on this machine, with a folder as its flash: without a service, without root. */
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { BoardBuild, FlashOptions, MonitorOptions } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { configFile } from "./device-config.ts";
import { DEFAULT_CONFIG } from "./app-package.ts";

/** A folder with a device in it. */
export interface LocalDevice {
  /** Puts the build, configuration and recording into the folder. */
  flash(build: BoardBuild, options: FlashOptions): void;
  /** Runs it until the signal, or until it ends. */
  monitor(options: MonitorOptions): Promise<void>;
}

/** The device in `folder`. Its statements say that a simulator made them: it is on the desk of a developer, not in service. */
export function localDevice(folder: string): LocalDevice {
  const [device, image, config, data] = ["assay-device", "app.xsa", "config.json", "data"].map((name) => join(folder, name)) as [string, string, string, string];
  return {
    flash(build, options) {
      const given = configFile(options, options.trace === undefined ? undefined : resolve(options.trace));
      if (options.erase) rmSync(data, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const [role, to] of [["device", device], ["image", image]] as const) {
        const from = build.files[role];
        if (from === undefined) throw new BoardError("BAD_OPTION", `expected a build with a ${role}, got one with ${Object.keys(build.files).join(", ") || "nothing"}`);
        // A running device has its file open: replaced, not written over.
        rmSync(to, { force: true });
        copyFileSync(from, to);
      }
      if (given !== undefined || !existsSync(config)) writeFileSync(config, given ?? DEFAULT_CONFIG, { mode: 0o600 });
      options.progress(`in ${folder}; assay monitor runs it`);
    },
    async monitor({ onLine, signal }) {
      if (!existsSync(device)) throw new BoardError("MONITOR_FAILED", `expected a device in ${folder}, got none: put one there with assay flash`);
      if (signal.aborted) return;
      const child = spawn(device, ["--app", image, "--config", config, "--data", data, "--parent", String(process.pid)], { stdio: ["ignore", "pipe", "pipe"], detached: true });
      const stop = (): void => void child.kill("SIGTERM");
      signal.addEventListener("abort", stop);
      try {
        for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", onLine);
        const code = await new Promise<number>((done, reject) => {
          child.once("error", reject);
          child.once("close", (status) => done(status ?? -1));
        });
        if (code !== 0) throw new BoardError("MONITOR_FAILED", `expected the device to run, got its end with exit code ${code}`);
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
  };
}
