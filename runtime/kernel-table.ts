/**
 * The part of the inference engine that models need: firmware links only their operators, and of those only the types that occur. The model itself decides, so nothing is to
 * be listed by hand.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modelNeeds, type NeededOperator } from "./model-needs.ts";
import { RuntimeError } from "./runtime-error.ts";

const engine = join(import.meta.dirname, "..", "modules", "tflite");
/** BuiltinOperator CUSTOM, TensorType RESOURCE */
const [CUSTOM, RESOURCE] = [32, 13];

/** Kernels for a processor: a folder of the engine with the same operators, or some of them, in a faster form. */
export interface KernelVariant {
  readonly name: string;
  /** below `modules/tflite/` */
  readonly header: string;
  /** of its kernels, in the place of `tflite_` */
  readonly prefix: string;
}

/** Variants that firmware can be built with. What runs on hosts chooses by itself (kernels/pick.c). */
export const kernelVariants = {
  /** Cortex-M4, M7, M33 and others with Arm's DSP extension */
  "cortex-m-dsp": { name: "cortex-m-dsp", header: "kernels/arm-dsp/arm-dsp.h", prefix: "arm_dsp_" },
} as const satisfies Record<string, KernelVariant>;

/** Types whose kernels a build can leave out: modules/tflite/kernel.h, `tflite_has`. */
const OPTIONAL_TYPES = { FLOAT32: 0, INT32: 2, INT64: 4, INT16: 7, INT4: 17 } as const;

/** The kernels that a header below `modules/tflite/` declares, by the name after the prefix: `conv_2d`. */
export function declaredKernels(header: string, prefix: string): Set<string> {
  const text = readFileSync(join(engine, header), "utf8");
  return new Set([...text.matchAll(/^extern const tflite_kernel (\w+);$/gm)].map(([, symbol]) => symbol!).filter((symbol) => symbol.startsWith(prefix)).map((symbol) => symbol.slice(prefix.length)));
}

/** BuiltinOperator by number: `CONV_2D` of `BUILTIN_CONV_2D = 3`. */
function builtinNames(): Map<number, string> {
  const text = readFileSync(join(engine, "schema.h"), "utf8");
  return new Map([...text.matchAll(/^\tBUILTIN_(\w+) = (\d+),?$/gm)].map(([, name, number]) => [Number(number), name!]));
}

/** `conv_2d` for CONV_2D, `signal_fft_auto_scale` for the custom operator SignalFftAutoScale. */
function kernelName({ builtin, custom }: NeededOperator, names: Map<number, string>): string | undefined {
  return (builtin === CUSTOM ? custom.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_") : names.get(builtin))?.toLowerCase();
}

/** The kernels that models need, by name, in order. */
function neededKernels(models: readonly Uint8Array[]): string[] {
  const names = builtinNames();
  const portable = declaredKernels("kernels/kernels.h", "tflite_");
  const needed = new Set<string>();
  const missing = new Set<string>();
  for (const [index, model] of models.entries()) {
    for (const operator of modelNeeds(model, `model ${index}`).operators) {
      const name = kernelName(operator, names);
      if (name !== undefined && portable.has(name)) needed.add(name);
      else missing.add(operator.builtin === CUSTOM ? `custom operator ${JSON.stringify(operator.custom)}` : (name?.toUpperCase() ?? `operator ${operator.builtin}`));
    }
  }
  if (missing.size > 0) throw new RuntimeError("NO_KERNEL", `expected operators that modules/tflite has, got ${[...missing].sort().join(", ")}`);
  return [...needed].sort();
}

/** Pointers to the kernels, of the variant where it has them. */
function rowsOf(kernels: readonly string[], variant: KernelVariant | undefined): string {
  const faster = variant === undefined ? new Set<string>() : declaredKernels(variant.header, variant.prefix);
  return kernels.map((name) => `\t&${faster.has(name) ? variant!.prefix : "tflite_"}${name},\n`).join("");
}

/**
 * C source that stands for kernels/table.c and kernels/pick.c in a firmware: just the operators of the models, of the variant if it passes its self check, else portable.
 *
 * @param models the files' bytes; none is allowed
 * @throws RuntimeError `INVALID_MODEL`; `NO_KERNEL` with all operators that the engine lacks
 */
export function firmwareKernels(models: readonly Uint8Array[], variant: KernelVariant): string {
  const kernels = neededKernels(models);
  const table = (symbol: string, name: string, rows: string): string =>
    kernels.length === 0
      ? `const tflite_kernels ${symbol} = { ${JSON.stringify(name)}, NULL, 0, NULL };\n`
      : `static const tflite_kernel *const ${symbol}_rows[] = {\n${rows}};\nconst tflite_kernels ${symbol} = { ${JSON.stringify(name)}, ${symbol}_rows, ${kernels.length}, NULL };\n`;
  return `/* The operators of the models in this firmware. Made by runtime/kernel-table.ts. */
#include "kernels/kernels.h"
#include ${JSON.stringify(variant.header)}

extern const tflite_kernels tflite_fast_kernels;
${table("tflite_portable_kernels", "portable", rowsOf(kernels, undefined))}
${table("tflite_fast_kernels", variant.name, rowsOf(kernels, variant))}
const tflite_kernels *tflite_pick_kernels(tflite_rejection *rejection) {
	rejection->variant = NULL;
	rejection->kernel = NULL;
	if (tflite_self_check(&tflite_fast_kernels, &rejection->kernel)) return &tflite_fast_kernels;
	rejection->variant = tflite_fast_kernels.variant;
	return &tflite_portable_kernels;
}
`;
}

/**
 * C source of `tflite_model_kernels`: a table with just the operators of the models, portable or, where there is one, of a variant.
 *
 * @param models the files' bytes; at least one
 * @throws RuntimeError `INVALID_MODEL`; `NO_KERNEL` with all operators that the engine lacks
 */
export function kernelTable(models: readonly Uint8Array[], variant?: KernelVariant): string {
  if (models.length === 0) throw new RangeError("kernelTable: expected at least one model, got none");
  const kernels = neededKernels(models);
  return [
    "/* The operators of the models in this firmware. Made by runtime/kernel-table.ts. */\n",
    '#include "kernels/kernels.h"\n',
    variant === undefined ? "" : `#include ${JSON.stringify(variant.header)}\n`,
    `\nstatic const tflite_kernel *const rows[] = {\n${rowsOf(kernels, variant)}};\n\n`,
    "extern const tflite_kernels tflite_model_kernels;\n",
    `const tflite_kernels tflite_model_kernels = { ${JSON.stringify(variant?.name ?? "portable")}, rows, ${kernels.length}, NULL };\n`,
  ].join("");
}

/**
 * Flags for the C compiler that leave out what no model has: kernels of types (`-DTFLITE_WITHOUT_FLOAT32` and so on), variables with their subgraphs
 * (`-DTFLITE_WITHOUT_VARIABLES`). An engine that is built so refuses a model that needs them.
 *
 * @param models the files' bytes
 * @throws RuntimeError `INVALID_MODEL`
 */
export function typeDefines(models: readonly Uint8Array[]): string[] {
  const needs = models.map((model, index) => modelNeeds(model, `model ${index}`));
  const unused = Object.entries(OPTIONAL_TYPES).filter(([, type]) => !needs.some(({ types }) => types.has(type))).map(([name]) => name);
  if (!needs.some(({ subgraphs, types }) => subgraphs > 1 || types.has(RESOURCE))) unused.push("VARIABLES");
  return unused.map((name) => `-DTFLITE_WITHOUT_${name}`);
}

/**
 * Flags for firmware that carries these models and no others: {@link typeDefines}, and no texts of errors, as the machine that builds the firmware has loaded the models with the
 * same checks.
 *
 * @throws RuntimeError `INVALID_MODEL`
 */
export function firmwareDefines(models: readonly Uint8Array[]): string[] {
  return [...typeDefines(models), "-DTFLITE_TERSE"];
}
