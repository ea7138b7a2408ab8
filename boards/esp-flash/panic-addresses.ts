/**
 * What a crash of the program says about where it was: addresses of code in the console's lines, and the source lines that they are, by the toolchain's addr2line.
 * Source: ESP-IDF, "Fatal Errors", sections "Register Dump and Backtrace" and "IDF Monitor".
 */
import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CHIPS, type ChipName } from "./chips.ts";
import { FlashError } from "./flash-error.ts";

/** Code of all these chips lies from 0x40000000 to 0x4FFFFFFF: ROM, RAM and mapped flash. */
const ADDRESS = /0x4[0-9a-f]{7}\b/gi;
/** "Backtrace: 0x…:0x…" of Xtensa; registers of both architectures; "Guru Meditation"; abort(). */
const PANIC = /^\s*(Backtrace\s*:|(PC|EPC\d|MEPC|RA|EXCVADDR|A0)\s*:|abort\(\) was called|Stack memory:|[0-9a-f]{8}: 0x)|Guru Meditation/i;
/** A line of a stack dump may hold eight. */
const MOST_ADDRESSES = 64;

/** Addresses of code in a line that tells of a crash; none in any other line. */
export function panicAddresses(line: string): string[] {
  return PANIC.test(line) ? [...new Set((line.match(ADDRESS) ?? []).map((address) => address.toLowerCase()))].slice(0, MOST_ADDRESSES) : [];
}

/** The chip's addr2line on `PATH`, or undefined. */
export function addr2linePath(chip: ChipName, path: string = process.env["PATH"] ?? ""): string | undefined {
  for (const name of CHIPS[chip].addr2line) {
    for (const folder of path.split(delimiter)) {
      const program = join(folder, name);
      if (folder !== "" && existsSync(program) && statSync(program).isFile()) return program;
    }
  }
  return undefined;
}

/**
 * Where addresses are in the program's source, a line for each that the ELF file knows.
 * @throws FlashError `PROGRAM_FAILED`
 */
export function locate(program: string, elf: string, addresses: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    // -a address, -p one line each, -f function, -i inlined callers too, -C names as written.
    execFile(program, ["-pfiaC", "-e", elf, ...addresses], { timeout: 10000, maxBuffer: 0x100000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new FlashError("PROGRAM_FAILED", `expected ${program} to read ${elf}, got: ${stderr.trim() || error.message}`, { cause: error }));
      else resolve(stdout.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "" && !line.includes("?? ??:0")));
    });
  });
}
