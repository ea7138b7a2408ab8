import { chain, compress, spectrum, standardize, type FrontEnd } from "assay/features";
import { FeaturesError } from "assay/features/features-error";
import { VerificationError } from "./verification-error.ts";

/** Longest description, in characters: a revealed input holds no longer one. */
const LONGEST_DESCRIPTION = 1 << 20;

/** Most front ends in a description, chains counted: bounds the depth of chains and, as each takes a window's values once, the work. */
const MOST_STAGES = 64;

/** What can be rebuilt, for messages. */
const KNOWN = '"standardize", "compress", "spectrum" and chains of these';

/**
 * The front end that a description describes. It gives the same bits as the device's, and has the same description to the letter: so what it computes is
 * what the digest in the boot statement stands for. The description may come from anywhere.
 *
 * @param description `FrontEnd.description`
 * @throws VerificationError `UNSUPPORTED_REPLAY` for anything that the front ends of `assay/features` do not describe themselves by
 */
export function frontEndFromDescription(description: string): FrontEnd {
  if (description.length > LONGEST_DESCRIPTION) throw unsupported(`a description of at most ${LONGEST_DESCRIPTION} characters`, `${description.length}`);
  const frontEnd = rebuild(parse(description), { stages: 0 });
  // Another spelling of the same parameters would be another digest; and whatever was read wrongly shows here.
  if (frontEnd.description !== description) throw unsupported("a description as the front end itself writes it", "another spelling");
  return frontEnd;
}

function parse(description: string): unknown {
  try {
    return JSON.parse(description);
  } catch (cause) {
    // A SyntaxError, or what an engine has to say of too deep a nesting.
    throw unsupported("a description in JSON", "other text", cause);
  }
}

function rebuild(value: unknown, count: { stages: number }): FrontEnd {
  if (++count.stages > MOST_STAGES) throw unsupported(`at most ${MOST_STAGES} front ends`, "more");
  if (!Array.isArray(value)) throw unsupported("an array for each front end", kindOf(value));
  const [name, ...parameters] = value as readonly unknown[];
  if (typeof name !== "string") return chain(...value.map((stage) => rebuild(stage, count)));
  try {
    return named(name, parameters);
  } catch (cause) {
    if (!(cause instanceof FeaturesError)) throw cause;
    throw new VerificationError("UNSUPPORTED_REPLAY", cause.message, { cause });
  }
}

function named(name: string, parameters: readonly unknown[]): FrontEnd {
  switch (name) {
    case "standardize": {
      const [mean, deviation] = exactly(2, parameters, name);
      return standardize({ mean: numbers(mean, name), deviation: numbers(deviation, name) });
    }
    case "compress": {
      const channels = numbers(exactly(1, parameters, name)[0], name);
      // Nobody trains with a channel that is compressed twice at once; but a description of nothing else would keep a verifier busy.
      if (new Set(channels).size !== channels.length) throw unsupported("each channel of compress once", "one twice");
      return compress({ channels });
    }
    case "spectrum": {
      const [length, bands, reference] = exactly(3, parameters, name);
      return spectrum({ length: number(length, name), bands: list(bands, name).map((band) => pair(band, name)), reference: number(reference, name) });
    }
    default:
      throw unsupported(KNOWN, `the front end ${JSON.stringify(name.slice(0, 40))}, which is the app's own or of another version`);
  }
}

function exactly(count: number, parameters: readonly unknown[], name: string): readonly unknown[] {
  if (parameters.length !== count) throw unsupported(`${count} parameters of ${name}`, `${parameters.length}`);
  return parameters;
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unsupported(`a list as parameter of ${name}`, kindOf(value));
  return value;
}

function number(value: unknown, name: string): number {
  if (typeof value !== "number") throw unsupported(`a number as parameter of ${name}`, kindOf(value));
  return value;
}

function numbers(value: unknown, name: string): number[] {
  return list(value, name).map((item) => number(item, name));
}

function pair(value: unknown, name: string): readonly [number, number] {
  const values = numbers(value, name);
  if (values.length !== 2) throw unsupported(`first and last bin of each band of ${name}`, `${values.length} numbers`);
  return [values[0]!, values[1]!];
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function unsupported(expected: string, got: string, cause?: unknown): VerificationError {
  return new VerificationError("UNSUPPORTED_REPLAY", `front end: expected ${expected}, got ${got}`, { cause });
}
