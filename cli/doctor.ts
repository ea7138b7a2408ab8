/** `assay doctor`: what this machine lacks, and the lines that install it. */
import { Command } from "commander";
import type { Board, Requirement } from "../boards/board.ts";
import { allBoards, loadBoard } from "../boards/boards.ts";
import { program } from "../boards/requirements.ts";

/** The command. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("say what this machine lacks for simulator and boards, and the line that installs it; exit code 1 if something is missing")
    .option("--board <BOARD>", "only what this board needs")
    .option("--json", "a JSON object per requirement", false)
    .addHelpText("after", "\nexample:\n  assay doctor --board mps2-an500")
    .action(async ({ board, json }: { board?: string; json: boolean }) => {
      const boards = board === undefined ? await allBoards() : [await loadBoard(board)];
      const checks = [...machine.map((requirement) => ({ requirement, boards: ["everything"] })), ...byRequirement(boards)];
      for (const { requirement, boards: names } of checks) {
        const found = requirement.find();
        if (json) process.stdout.write(`${JSON.stringify({ name: requirement.name, purpose: requirement.purpose, boards: names, found: found ?? null, install: requirement.install })}\n`);
        else process.stdout.write(`${found === undefined ? "✗" : "✓"} ${requirement.name}  ${requirement.purpose}, for ${names.join(", ")}${found === undefined ? `\n    install it: ${requirement.install}` : `  (${found})`}\n`);
        if (found === undefined) process.exitCode = 1;
      }
    });
}

/** What simulator and tools need, whatever the board. */
const machine: readonly Requirement[] = [
  { name: "Node.js 24", purpose: "runs the tools", find: () => (Number(process.versions.node.split(".")[0]) >= 24 ? process.execPath : undefined), install: "npm ci (the project's packages bring it)" },
  program("gcc", "compiles XS and the devices' host", "gcc libc6-dev"),
];

/** Each requirement once, with the boards that have it. */
function byRequirement(boards: readonly Board[]): { requirement: Requirement; boards: string[] }[] {
  const all = new Map<string, { requirement: Requirement; boards: string[] }>();
  for (const { name, requirements } of boards) {
    for (const requirement of requirements) {
      const known = all.get(requirement.name);
      if (known === undefined) all.set(requirement.name, { requirement, boards: [name] });
      else known.boards.push(name);
    }
  }
  return [...all.values()].filter(({ requirement }) => !machine.some(({ name }) => name === requirement.name));
}
