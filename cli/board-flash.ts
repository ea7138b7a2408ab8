/**
 * What a model takes of a board's flash, and about how many instructions an inference takes there: estimates from figures that were measured once for each board
 * (boards/code-sizes.json, written by boards/measure-code.ts). A firmware's build prints what it is in fact.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Figures of one board. */
export interface CodeSizes {
  /** bytes of the interpreter with an empty table of kernels */
  readonly coreBytes: number;
  /** bytes that an operator adds to that, alone; those that share code add less together */
  readonly operatorBytes: Readonly<Record<string, number>>;
  /** instructions for each unit of work, over the models that it was measured with */
  readonly instructionsPerWork: number;
}

/** The estimate for one board. */
export interface BoardFlash {
  readonly board: string;
  readonly codeBytes: number;
  readonly flashBytes: number;
  readonly instructions: number;
}

const file = join(import.meta.dirname, "..", "boards", "code-sizes.json");

/** @param operators names, repeated as often as they occur */
export function boardFlash(model: Uint8Array, operators: readonly string[], work: number): BoardFlash[] {
  const boards = JSON.parse(readFileSync(file, "utf8")) as Record<string, CodeSizes>;
  return Object.entries(boards).map(([board, { coreBytes, operatorBytes, instructionsPerWork }]) => {
    const codeBytes = [...new Set(operators)].reduce((sum, name) => sum + (operatorBytes[name] ?? 0), coreBytes);
    return { board, codeBytes, flashBytes: codeBytes + model.length, instructions: Math.round(work * instructionsPerWork) };
  });
}
