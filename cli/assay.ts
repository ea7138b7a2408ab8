/** The `assay` command: one file per verb. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { boardsCommand } from "./boards.ts";
import { buildCommand } from "./build.ts";
import { CliError } from "./cli-error.ts";
import { doctorCommand } from "./doctor.ts";
import { explain } from "./explain.ts";
import { flashCommand } from "./flash.ts";
import { gatewayCommand } from "./gateway.ts";
import { modelCommand } from "./model.ts";
import { monitorCommand } from "./monitor.ts";
import { provisionCommand } from "./provision.ts";
import { simCommand } from "./sim.ts";
import { subscribeCommand } from "./subscribe.ts";
import { verifyCommand } from "./verify.ts";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")) as { version: string };
const program = new Command("assay")
  .description("inferences that anybody can verify: devices, gateway, subscriber")
  .version(version)
  .addCommand(simCommand())
  .addCommand(gatewayCommand())
  .addCommand(subscribeCommand())
  .addCommand(verifyCommand())
  .addCommand(modelCommand())
  .addCommand(boardsCommand())
  .addCommand(doctorCommand())
  .addCommand(buildCommand())
  .addCommand(flashCommand())
  .addCommand(monitorCommand())
  .addCommand(provisionCommand())
  .showHelpAfterError("(add --help for what is valid)");

// Whoever reads our output may have had enough (`assay sim | head`): that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`assay: ${explain(error)}\n`);
  process.exitCode = error instanceof CliError ? error.exitCode : 1;
}
