/**
 * `npm run bench -- NAME [--json]`: runs a benchmark. Figures on stdout (one JSON line each with --json), progress on stderr.
 */
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { figureLine, figureText, type Bench } from "./figure.ts";

const runner = new Set(["bench.ts", "figure.ts"]);
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && !runner.has(file))
  .map((file) => file.slice(0, -3));
const [name, ...flags] = process.argv.slice(2);
const json = flags.includes("--json");
const unknown = flags.find((flag) => flag !== "--json");

if (name === undefined || !names.includes(name) || unknown !== undefined) {
  process.stderr.write(`${unknown === undefined ? "" : `unknown option ${unknown}\n`}usage: npm run bench -- NAME [--json]\n  NAME is one of: ${names.join(", ")}\n  for example: npm run bench -- device --json\n`);
  process.exitCode = name === "--help" ? 0 : 2;
} else {
  const { default: bench } = (await import(join(import.meta.dirname, `${name}.ts`))) as { default: Bench };
  process.stderr.write(`bench ${name} on ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}\n`);
  for await (const figure of bench((line) => process.stderr.write(`${line}\n`))) {
    process.stdout.write(`${json ? figureLine(name, figure) : figureText(figure)}\n`);
  }
}
