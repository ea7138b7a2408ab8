/**
 * Carries out a provision plan with Espressif's espefuse, step by step, after a typed confirmation. What is burned can never be undone.
 * This has only run against a program that records its arguments, never against a chip.
 */
import { spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CHIPS } from "./chips.ts";
import { identifyEsp, type EspIdentity } from "./connect.ts";
import { FlashError } from "./flash-error.ts";
import type { ProvisionPlan, ProvisionStep } from "./provision-plan.ts";

/** What to burn, and that it is meant. */
export interface BurnOptions {
  readonly plan: ProvisionPlan;
  readonly port: string;
  /** must be true, or nothing is burned */
  readonly burn: boolean;
  /** what a person typed: {@link confirmationText} */
  readonly confirmation: string;
  /** the board's MAC, which the person saw */
  readonly mac: string;
  /** the first step to carry out (default 1), to go on after a step by hand */
  readonly from?: number;
  /** tells each step before it is carried out, and what espefuse says */
  readonly onStep?: (step: ProvisionStep, command: readonly string[]) => void;
  readonly onLine?: (line: string) => void;
  /** finds out which board it is (default `identifyEsp`) */
  readonly identify?: (port: string) => Promise<Pick<EspIdentity, "chip" | "mac">>;
  /** where espefuse is looked for (default the environment's PATH) */
  readonly path?: string;
}

/** What was done. */
export interface BurnReport {
  /** numbers of the steps that were carried out */
  readonly burned: readonly number[];
  /** the step by hand before which it stopped, to go on with the next; undefined at the end */
  readonly byHand: ProvisionStep | undefined;
}

/** What must be typed to burn: the chip and the board's MAC, so that it is meant for this board. */
export function confirmationText({ chip }: Pick<ProvisionPlan, "chip">, mac: string): string {
  return `BURN ${chip} ${mac}`;
}

/**
 * Burns the steps of a plan up to the next step by hand. Before the first, everything that can be known is checked: the confirmation, espefuse, the key files, and that the board is the one that was confirmed.
 *
 * @throws FlashError `NOT_CONFIRMED`, `NO_PROGRAM`, `BAD_OPTION`, `WRONG_CHIP`, with nothing burned; `PROGRAM_FAILED`, whose message says which steps were carried out
 */
export async function burnPlan(options: BurnOptions): Promise<BurnReport> {
  const { plan, port, mac, from = 1 } = options;
  const expected = confirmationText(plan, mac);
  if (options.burn !== true) throw new FlashError("NOT_CONFIRMED", "expected --burn, since what is burned can never be undone; without it the plan is only shown");
  if (options.confirmation !== expected) throw new FlashError("NOT_CONFIRMED", `expected ${JSON.stringify(expected)} to be typed, got something else; nothing was burned`);
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) throw new FlashError("BAD_OPTION", `expected a MAC such as 24:6f:28:00:00:01, got ${JSON.stringify(mac)}`);
  if (!Number.isInteger(from) || from < 1 || from > plan.steps.length) throw new FlashError("BAD_OPTION", `expected a step from 1 to ${plan.steps.length}, got ${from}`);
  if (port === "" || port.startsWith("-")) throw new FlashError("BAD_OPTION", `expected a port, got ${JSON.stringify(port)}`);
  const program = espefusePath(options.path ?? process.env["PATH"] ?? "");
  const rest = plan.steps.slice(from - 1);
  const end = rest.findIndex(({ kind }) => kind === "by hand");
  const steps = end === -1 ? rest : rest.slice(0, end);
  for (const { keyFiles } of steps) for (const { path, bytes } of keyFiles) checkKeyFile(path, bytes);
  if (steps.length > 0) await checkBoard(options);
  const burned: number[] = [];
  for (const step of steps) {
    const command = ["--chip", plan.chip, "--port", port, "--do-not-confirm", ...step.command];
    options.onStep?.(step, [program, ...command]);
    const problem = await run(program, command, options.onLine ?? (() => {}));
    if (problem !== undefined) throw new FlashError("PROGRAM_FAILED", `expected espefuse to carry out step ${step.order} (${step.title}), got ${problem}; ${burned.length === 0 ? "no step was carried out before" : `carried out before: steps ${burned.join(", ")}`}; see what is burned with: espefuse --port ${port} summary`);
    burned.push(step.order);
  }
  return { burned, byHand: end === -1 ? undefined : rest[end] };
}

/** Two boards may have changed places since the person looked. */
async function checkBoard({ plan, port, mac, identify = identifyEsp }: BurnOptions): Promise<void> {
  const board = await identify(port);
  if (board.chip !== plan.chip) throw new FlashError("WRONG_CHIP", `expected the ${CHIPS[plan.chip].title} that was confirmed, but the board on ${port} has an ${CHIPS[board.chip].title}; nothing was burned`);
  if (board.mac !== mac) throw new FlashError("WRONG_CHIP", `expected the board ${mac} that was confirmed, but on ${port} is ${board.mac ?? "one that does not tell its MAC, since it is in secure download mode"}; nothing was burned`);
}

function espefusePath(path: string): string {
  const find = (name: string): string | undefined => path.split(delimiter).filter((folder) => folder !== "").map((folder) => join(folder, name)).find((file) => existsSync(file) && statSync(file).isFile());
  const program = find("espefuse");
  if (program !== undefined) return program;
  const old = find("espefuse.py");
  throw new FlashError("NO_PROGRAM", `expected espefuse of esptool 5 or newer on PATH, got ${old === undefined ? "none" : `only ${old}, which is older`}; install it with: pip install "esptool>=5"`);
}

function checkKeyFile(path: string, bytes: number): void {
  const size = existsSync(path) ? statSync(path).size : undefined;
  if (size !== bytes) throw new FlashError("BAD_OPTION", `expected ${path} to be a key or digest of ${bytes} bytes, got ${size === undefined ? "no such file" : `${size} bytes`}; nothing was burned`);
}

/** Runs a program; undefined if it succeeded, else what went wrong. */
function run(program: string, command: readonly string[], onLine: (line: string) => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, command, { stdio: ["ignore", "pipe", "pipe"] });
    let last = "";
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream.on("data", (text: Buffer) => {
        const lines = (rest + text.toString()).split(/\r?\n/);
        rest = lines.pop()!.slice(-4096);
        for (const line of lines.filter((one) => one !== "")) onLine((last = line));
      });
      stream.on("end", () => rest !== "" && onLine((last = rest)));
    }
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code === 0 ? undefined : `${code === null ? `the signal ${signal}` : `exit code ${code}`}${last === "" ? "" : `: ${last}`}`));
  });
}
