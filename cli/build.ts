/** `assay build`: an app for a board. */
import { resolve } from "node:path";
import { Command } from "commander";
import type { BoardBuild, MemoryUse } from "../boards/board.ts";
import { loadBoard } from "../boards/boards.ts";
import { progressLines } from "./progress.ts";

interface BuildCommandOptions {
  readonly board: string;
  readonly output?: string;
  readonly json: boolean;
}

/** The command. */
export function buildCommand(): Command {
  return new Command("build")
    .description("build an app for a board, and print what takes its flash and memory")
    .argument("<APP>", "the app's TypeScript file")
    .requiredOption("--board <BOARD>", "a board of `assay boards`, or the path of a board's folder")
    .option("--output <DIR>", "where the files go (default: build/BOARD/APP)")
    .option("--json", "a JSON object on stdout, text on stderr", false)
    .addHelpText("after", "\nexample:\n  assay build examples/vibration/app.ts --board mps2-an500")
    .action(async (app: string, options: BuildCommandOptions) => {
      const built = await buildFor(app, options);
      process.stdout.write(options.json ? `${JSON.stringify(built)}\n` : report(built));
    });
}

/** Builds an app for the board of that name. */
export async function buildFor(app: string, options: { readonly board: string; readonly output?: string }): Promise<BoardBuild> {
  const board = await loadBoard(options.board);
  return board.build(resolve(app), { progress: progressLines(), ...(options.output === undefined ? {} : { output: options.output }) });
}

function report(built: BoardBuild): string {
  const files = Object.entries(built.files).map(([role, path]) => `  ${role.padEnd(12)} ${path}`);
  return [...table("flash", built.flash), "", ...table("RAM", built.ram), "", "files", ...files, `  ${"NOTICE".padEnd(12)} ${built.notice}`, ""].join("\n");
}

function table(name: string, { parts, limit }: MemoryUse): string[] {
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const row = (label: string, bytes: number, share = ""): string => `  ${label.padEnd(32)} ${bytes.toLocaleString("en-US").padStart(12)} B${share}`;
  const all = limit === undefined ? row("together", total) : row("together", total, ` of ${limit.toLocaleString("en-US")} (${((100 * total) / limit).toFixed(0)} %)`);
  return [name, ...parts.map(({ name: part, bytes }) => row(part, bytes)), all];
}
