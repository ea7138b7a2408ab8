/** `assay boards`: which boards there are. */
import { Command } from "commander";
import type { Board } from "../boards/board.ts";
import { allBoards } from "../boards/boards.ts";

/** The command. */
export function boardsCommand(): Command {
  return new Command("boards")
    .description("list the boards: chip, memory, what has been shown of them, and what building for them needs on this machine")
    .option("--json", "a JSON object per board", false)
    .addHelpText("after", "\nA board of one's own is a folder with a definition.ts: see docs/boards.md.\n\nexample:\n  assay boards --json")
    .action(async ({ json }: { json: boolean }) => {
      for (const board of await allBoards()) process.stdout.write(`${json ? JSON.stringify(facts(board)) : describe(board)}\n`);
    });
}

/** What is said of a board to machines. */
function facts(board: Board): object {
  const { name, title, chip, ramBytes, flashBytes, status, requirements } = board;
  return { name, title, chip, ramBytes: ramBytes ?? null, flashBytes: flashBytes ?? null, status, requirements: requirements.map((each) => ({ name: each.name, purpose: each.purpose, found: each.find() ?? null, install: each.install })) };
}

function describe(board: Board): string {
  const { name, title, chip, ramBytes, flashBytes, status, requirements } = board;
  const memory = ramBytes === undefined && flashBytes === undefined ? "plenty" : `${kilobytes(ramBytes)} RAM, ${kilobytes(flashBytes)} flash`;
  const needs = requirements.map((each) => `  ${each.find() === undefined ? "✗" : "✓"} ${each.name} (${each.purpose})${each.find() === undefined ? `: ${each.install}` : ""}`);
  return [`${name}  ${title}`, `  ${chip}; ${memory}; ${status}`, ...needs, ""].join("\n");
}

function kilobytes(bytes: number | undefined): string {
  return bytes === undefined ? "plenty of" : `${(bytes / 1024).toLocaleString("en-US")} KB`;
}
