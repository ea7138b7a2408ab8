/** The `assay` command: one file per verb. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { CliError } from "./cli-error.ts";
import { explain } from "./explain.ts";

/** The verbs, in the order of the help. Each is loaded when it is asked for: what one needs (a chain's client, say) is not for another to wait for. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  sim: async () => (await import("./sim.ts")).simCommand(),
  gateway: async () => (await import("./gateway.ts")).gatewayCommand(),
  subscribe: async () => (await import("./subscribe.ts")).subscribeCommand(),
  verify: async () => (await import("./verify.ts")).verifyCommand(),
  bundle: async () => (await import("./bundle.ts")).bundleCommand(),
  device: async () => (await import("./device.ts")).deviceCommand(),
  equivocation: async () => (await import("./equivocation.ts")).equivocationCommand(),
  model: async () => (await import("./model.ts")).modelCommand(),
  boards: async () => (await import("./boards.ts")).boardsCommand(),
  doctor: async () => (await import("./doctor.ts")).doctorCommand(),
  build: async () => (await import("./build.ts")).buildCommand(),
  flash: async () => (await import("./flash.ts")).flashCommand(),
  monitor: async () => (await import("./monitor.ts")).monitorCommand(),
  provision: async () => (await import("./provision.ts")).provisionCommand(),
};

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")) as { version: string };
const program = new Command("assay")
  .description("inferences that anybody can verify: devices, gateway, subscriber")
  .version(version)
  .showHelpAfterError("(add --help for what is valid)");

// For help, or a word that is none, all of them.
const verb = process.argv[2] ?? "";
for (const load of Object.hasOwn(verbs, verb) ? [verbs[verb]!] : Object.values(verbs)) program.addCommand(await load());

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
