#!/usr/bin/env node
/**
 * The `assay` command: starts `assay.ts` on the Node.js that the project pins. Plain JavaScript, since it runs on whatever Node the machine has.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const pinned = join(folder, "..", "node_modules", `node-linux-${process.arch}`, "bin", "node");
const node = Number(process.versions.node.split(".")[0]) >= 24 ? process.execPath : pinned;
if (!existsSync(node)) {
  process.stderr.write(`assay: expected Node.js 24 or newer, got ${process.versions.node}, and the project's own is not installed; run npm ci first\n`);
  process.exit(1);
}
const child = spawn(node, [join(folder, "assay.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
// A terminal sends Ctrl-C to both; what only this process gets is handed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => {
  process.stderr.write(`assay: ${node} could not be started: ${error.message}\n`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
