/**
 * Writes the table of sines that the spectrum is made of, for C and for TypeScript:
 *
 *     node modules/features/scripts/sine-table.ts
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Steps of a full turn: the longest window of `spectrum`. */
const TURN = 512;

/** sin(2π step / TURN) for the first quarter of a turn, 0 and TURN / 4 included, rounded to binary32. */
function quarterWave(): number[] {
  return Array.from({ length: TURN / 4 + 1 }, (_, step) => Math.fround(Math.sin((2 * Math.PI * step) / TURN)));
}

/** The shortest decimal that both languages read as this binary32 number. */
function decimal(value: number): string {
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return text.includes(".") ? text : `${text}.0`;
  }
  throw new RangeError(`expected a binary32 number, got ${value}`);
}

/** The values, so many on a line. */
function lines(indent: string, suffix: string): string {
  const values = quarterWave().map((value) => `${decimal(value)}${suffix}`);
  return Array.from({ length: Math.ceil(values.length / 12) }, (_, row) => `${indent}${values.slice(12 * row, 12 * row + 12).join(", ")},`).join("\n");
}

/** `sine-table.h` and `sine-table.ts`, by name. */
export function sineTables(): Readonly<Record<string, string>> {
  const what = `sin(2π i / ${TURN}) in binary32, i = 0 to ${TURN / 4}. Written by scripts/sine-table.ts.`;
  return {
    "sine-table.h": `/* ${what} */\n#ifndef ASSAY_SINE_TABLE_H\n#define ASSAY_SINE_TABLE_H\n\nstatic const float assay_sines[${TURN / 4 + 1}] = {\n${lines("    ", "f")}\n};\n\n#endif\n`,
    "sine-table.ts": `/** ${what} */\nexport const SINES: Float32Array = Float32Array.of(\n${lines("  ", "")}\n);\n`,
  };
}

if (import.meta.main) for (const [name, text] of Object.entries(sineTables())) writeFileSync(join(import.meta.dirname, "..", name), text);
