/** The boards that there are: folders with a `definition.ts`, of this project or anywhere. */
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Board } from "./board.ts";
import { BoardError } from "./board-error.ts";

const DEFINITION = "definition.ts";

/** Names of the project's boards. */
export function boardNames(): string[] {
  return readdirSync(import.meta.dirname).filter((name) => existsSync(join(import.meta.dirname, name, DEFINITION))).sort();
}

/**
 * A board by its name, or by the path of its folder (with a "/" in it).
 * @throws BoardError `NO_BOARD`
 */
export async function loadBoard(name: string): Promise<Board> {
  const folder = name.includes("/") ? resolve(name) : join(import.meta.dirname, name);
  const file = join(folder, DEFINITION);
  if (!/^[A-Za-z0-9._/-]+$/.test(name) || !existsSync(file)) throw new BoardError("NO_BOARD", `expected a board (${boardNames().join(", ")}) or the path of a folder with a ${DEFINITION}, got ${name}`);
  const { default: board } = (await import(pathToFileURL(file).href)) as { default?: Board };
  if (typeof board?.build !== "function" || typeof board.name !== "string") throw new BoardError("NO_BOARD", `expected ${file} to export a board as default, got ${typeof board}`);
  return board;
}

/** All boards of the project. */
export function allBoards(): Promise<Board[]> {
  return Promise.all(boardNames().map(loadBoard));
}
