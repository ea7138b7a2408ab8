#!/usr/bin/env node
/**
 * npm's solc as the program that forge asks for: `--version`, and `--standard-json` from stdin to stdout. Plain JavaScript, since forge starts it
 * with whatever node is first on the PATH. Imports need no lookup: forge puts every source into the JSON.
 */
import { readFileSync } from "node:fs";
import solc from "solc";

const parameters = process.argv.slice(2);
if (parameters.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (parameters.includes("--standard-json")) {
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
} else {
  process.stderr.write(`expected --version or --standard-json, got ${parameters.join(" ")}\n`);
  process.exitCode = 2;
}
