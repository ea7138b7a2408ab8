/** The table behind `native("xs_name")`: generated from the C sources, so that a function is in it because it is there. */
import { readFileSync } from "node:fs";

const NATIVE = /^void\s+(xs_\w+)\s*\(\s*(?:xsMachine|txMachine)\s*\*\s*the\s*\)\s*\{/gm;

/** Names of the natives that a C source defines. */
export function nativesIn(source: string): string[] {
  return [...readFileSync(source, "utf8").matchAll(NATIVE)].map(([, name = ""]) => name);
}

/** C source of the table, sorted by name (`native` searches it by halves). */
export function nativesTable(names: readonly string[]): string {
  const sorted = [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return `/* Generated: the natives of this firmware, sorted by name. */
#include "natives.h"

${sorted.map((name) => `void ${name}(void *machine);`).join("\n")}

const assay_native assay_natives[] = {
${sorted.map((name) => `    { "${name}", ${name} },`).join("\n")}
};
const size_t assay_native_count = sizeof assay_natives / sizeof assay_natives[0];
`;
}
