/**
 * What a command prints: text for people, JSON lines for machines. With `--json` stdout holds JSON lines only, and text goes to stderr.
 */
import { styleText } from "node:util";

/** Where a command's words go. */
export interface Output {
  /** a line for people */
  text(line: string): void;
  /** a line about progress or trouble; always stderr */
  note(line: string): void;
  /** an object for machines; nothing without `--json` */
  json(value: object): void;
}

/** The output of a command with or without `--json`. */
export function createOutput(json: boolean): Output {
  const note = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  return {
    text: json ? note : (line) => process.stdout.write(`${line}\n`),
    note,
    json: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}

/** A verified property, such as "✓ signature". */
export function proven(what: string): string {
  return styleText("green", `✓ ${what}`, { validateStream: true });
}

/** Something that is not proven, such as "✗ chain: GAP". */
export function unproven(what: string): string {
  return styleText("red", `✗ ${what}`, { validateStream: true });
}

/** A device's id as people see it: its first eight characters. */
export function shortDevice(id: string): string {
  return `${id.slice(0, 8)}…`;
}

/** Local time of day, such as 14:05:09. */
export function timeOfDay(milliseconds: number): string {
  return new Date(milliseconds).toTimeString().slice(0, 8);
}
