/**
 * Where operators want one scale for all that they take and put out, but one of their inputs has a scale that is fixed: the input is given the others' scale first.
 */
import { fixedQuantization, keepsScale } from "./activation-scales.ts";
import type { FloatOperation } from "./float-operation.ts";
import { rewritten, valueOf, type Value } from "./value.ts";

/** Rewrites a network so that operators that keep the scale never join a fixed scale with another. */
export function withMatchingScales(outputs: readonly Value[]): Value[] {
  const fixed = new Map<Value, string>();
  return rewritten(outputs, (value) => {
    const operation = value.operation as FloatOperation | { kind: "input" };
    const own = fixedQuantization(operation.kind);
    if (own !== undefined) fixed.set(value, JSON.stringify(own));
    if (!keepsScale(operation.kind)) return value;
    const scales = new Set(value.inputs.map((input) => fixed.get(input)));
    if (scales.size === 1) {
      const [common] = scales;
      if (common !== undefined) fixed.set(value, common);
    } else {
      value.inputs = value.inputs.map((input) => (fixed.has(input) ? valueOf(input.name, { kind: "requantize" }, [input], input.shape) : input));
    }
    return value;
  });
}
