import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Requirement } from "./board.ts";
import { BoardError } from "./board-error.ts";

/** The path of a program on `PATH`, or where Debian keeps those of administrators; undefined if there is none. */
export function findProgram(name: string): string | undefined {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"]) {
    const path = join(folder, name);
    if (folder !== "" && existsSync(path) && statSync(path).isFile()) return path;
  }
  return undefined;
}

/** A program that Debian's `packages` bring. */
export function program(name: string, purpose: string, packages: string): Requirement {
  return { name, purpose, find: () => findProgram(name), install: `apt install ${packages}` };
}

/** A file or folder that Debian's `packages` bring. */
export function file(path: string, name: string, purpose: string, packages: string): Requirement {
  return { name, purpose, find: () => (existsSync(path) ? path : undefined), install: `apt install ${packages}` };
}

/** @throws BoardError `MISSING_REQUIREMENT` with all that is missing and the lines that install it */
export function require(board: string, requirements: readonly Requirement[]): void {
  const missing = requirements.filter((requirement) => requirement.find() === undefined);
  if (missing.length === 0) return;
  const lines = missing.map(({ name, purpose, install }) => `  ${name} (${purpose}): ${install}`);
  throw new BoardError("MISSING_REQUIREMENT", `expected what board ${board} needs on this machine, got none of:\n${lines.join("\n")}`);
}
