/**
 * What a model takes of a microcontroller's flash, and about how many instructions an inference takes there: estimates from figures that were measured once for each
 * processor (boards/code-sizes.json, written by boards/measure-code.ts). A firmware's build tells what it is in fact.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const sizesSchema = v.record(v.string(), v.number());
const fileSchema = v.record(v.string(), v.object({ variant: v.string(), int8: sizesSchema, allTypes: sizesSchema, instructions: v.nullable(v.object({ perOperator: v.number(), perWork: v.number() })) }));

/** The estimate for one processor. */
export interface BoardFlash {
  readonly board: string;
  /** set of kernels, such as "cortex-m-dsp" */
  readonly variant: string;
  readonly codeBytes: number;
  readonly flashBytes: number;
  /** where they were counted */
  readonly instructions: number | null;
}

/**
 * @param operators names, each as often as it runs
 * @param int8Only whether nothing but int8 (and int32 biases) is computed: firmware leaves the other types out
 */
export function boardFlash(modelBytes: number, operators: readonly string[], int8Only: boolean, work: number): BoardFlash[] {
  const boards = v.parse(fileSchema, JSON.parse(readFileSync(join(import.meta.dirname, "..", "boards", "code-sizes.json"), "utf8")));
  return Object.entries(boards).map(([board, { variant, int8, allTypes, instructions }]) => {
    const sizes = int8Only ? int8 : allTypes;
    // The interpreter itself is the entry without a name. Operators that share code take less together than is added up here.
    const codeBytes = [...new Set(["", ...operators])].reduce((sum, name) => sum + (sizes[name] ?? 0), 0);
    return { board, variant, codeBytes, flashBytes: codeBytes + modelBytes, instructions: instructions === null ? null : Math.round(operators.length * instructions.perOperator + work * instructions.perWork) };
  });
}
