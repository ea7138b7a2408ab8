/** Where each line of a bundle came from, out of its source map (ECMA-426). */

/** The part of a source map that is read here. */
interface SourceMap {
  sources: string[];
  mappings: string;
}

/** A line of a source file: index into `sources`, line from 1. */
export interface SourceLine {
  file: number;
  line: number;
}

/** The sources of a bundle, and per line of the bundle the line that its first mapped piece came from. */
export interface SourceLines {
  sources: string[];
  lines: (SourceLine | undefined)[];
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of one segment: base64 VLQ, least significant digit first, sign in the lowest bit. */
function decodeSegment(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

/** Reads a source map as esbuild writes it. */
export function sourceLines(json: string): SourceLines {
  const { sources, mappings } = JSON.parse(json) as SourceMap;
  let file = 0;
  let line = 0;
  const lines = mappings.split(";").map((segments) => {
    let first: SourceLine | undefined;
    for (const segment of segments.split(",")) {
      const [, fileStep, lineStep] = decodeSegment(segment);
      if (fileStep === undefined || lineStep === undefined) continue;
      file += fileStep;
      line += lineStep;
      first ??= { file, line: line + 1 };
    }
    return first;
  });
  return { sources, lines };
}

/** The text that the bytecode compiler reads: number of sources, a source per line, then `file:line` or `-` per line of the bundle. */
export function linesText({ sources, lines }: SourceLines): string {
  return `${[sources.length, ...sources, ...lines.map((line) => (line === undefined ? "-" : `${line.file}:${line.line}`))].join("\n")}\n`;
}
