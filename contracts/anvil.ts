/**
 * A local chain for simulation and tests: anvil, from npm's package for this platform.
 *
 * The binary is spawned itself, not npm's wrapper script: a signal to the child then reaches the chain, and nothing outlives it.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { mnemonicToAccount } from "viem/accounts";
import type { LocalAccount } from "viem";
import { ContractError } from "./contract-error.ts";

export interface AnvilOptions {
  /** TCP port on 127.0.0.1; default 0 (any free one). */
  readonly port?: number;
  /** File that keeps the chain between runs: read at start if it exists, written at close. */
  readonly stateFile?: string;
  /** Seconds between blocks; default: a block for each transaction, at once. */
  readonly blockTimeSeconds?: number;
  /** With false, blocks come only when asked for (`evm_mine`); default true. */
  readonly mining?: boolean;
  /** Default 31337. */
  readonly chainId?: number;
  /** How long the chain may take to answer; default 15,000 ms. */
  readonly startTimeoutMs?: number;
}

/** A running chain. */
export interface Anvil {
  readonly port: number;
  readonly rpcUrl: string;
  /** Process id of anvil itself. */
  readonly pid: number;
  /** Resolves with what ended the process, also when nobody called `close`. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Ends the chain (SIGTERM, so that the state file is written) and waits for that; again does nothing. */
  close(): Promise<void>;
}

const host = "127.0.0.1";
/** anvil's published test phrase: its accounts have funds on every anvil and must never be used elsewhere. */
const testMnemonic = "test test test test test test test test test test test junk";

/** One of anvil's ten funded test accounts, by index 0–9. For local chains only: these keys are public. */
export function anvilAccount(index: number): LocalAccount {
  return mnemonicToAccount(testMnemonic, { addressIndex: index });
}

/**
 * Starts a chain and waits until it answers.
 *
 * @throws {ContractError} `ANVIL_MISSING`, `PORT_IN_USE`, `ANVIL_FAILED`
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const binary = anvilBinary();
  const wanted = options.port ?? 0;
  if (wanted !== 0) await expectFreePort(wanted);
  const parameters = ["--host", host, "--port", String(wanted), "--threads", "1", "--mnemonic", testMnemonic];
  if (options.stateFile !== undefined) parameters.push("--state", options.stateFile);
  if (options.blockTimeSeconds !== undefined) parameters.push("--block-time", String(options.blockTimeSeconds));
  if (options.mining === false) parameters.push("--no-mining");
  if (options.chainId !== undefined) parameters.push("--chain-id", String(options.chainId));

  const child = spawnWithParent(binary, parameters);
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    child.once("error", () => resolve({ exitCode: null, signal: null }));
  });
  killAtExit(child, ended);

  let port: number;
  try {
    port = await listeningPort(child, ended, options.startTimeoutMs ?? 15_000, wanted);
    await answering(`http://${host}:${port}`);
  } catch (error) {
    child.kill("SIGKILL");
    await ended;
    throw error;
  }
  // anvil logs each call: read it away, or it stops once the pipe is full.
  child.stdout?.resume();
  child.stderr?.resume();

  return {
    port,
    rpcUrl: `http://${host}:${port}`,
    pid: child.pid as number,
    ended,
    close: async () => {
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** The path of anvil for this platform; npm installs it as an optional dependency of `@foundry-rs/anvil`. */
function anvilBinary(): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`;
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  try {
    // Resolved from the wrapper's package, whose dependency it is.
    const wrapper = createRequire(import.meta.url).resolve("@foundry-rs/anvil/bin.mjs");
    return createRequire(wrapper).resolve(`${name}/bin/${file}`);
  } catch (cause) {
    throw new ContractError("ANVIL_MISSING", `expected the npm package ${name}; run npm ci without --omit=optional, or give the RPC of another chain with --rpc`, { cause });
  }
}

/**
 * Spawns a program that gets SIGTERM when this process dies, however it dies: on Linux by `prctl(PR_SET_PDEATHSIG)` through
 * `setpriv` (util-linux), which replaces itself by the program, so the child's pid is the program's.
 */
function spawnWithParent(binary: string, parameters: readonly string[]): ChildProcess {
  const setpriv = process.platform === "linux" ? ["/usr/bin/setpriv", "/bin/setpriv"].find((file) => existsSync(file)) : undefined;
  const command = setpriv === undefined ? [binary, ...parameters] : [setpriv, "--pdeathsig", "TERM", "--", binary, ...parameters];
  // A process group of its own: Ctrl-C in the terminal reaches only this process, which ends the chain when it no longer needs it.
  return spawn(command[0] as string, command.slice(1), { stdio: ["ignore", "pipe", "pipe"], detached: true });
}

const running = new Set<ChildProcess>();

/** A normal exit of this process must not leave a chain behind either, also where the kernel is not asked to see to it. */
function killAtExit(child: ChildProcess, ended: Anvil["ended"]): void {
  if (running.size === 0) process.on("exit", killRunning);
  running.add(child);
  void ended.then(() => {
    running.delete(child);
    if (running.size === 0) process.off("exit", killRunning);
  });
}

function killRunning(): void {
  for (const child of running) child.kill("SIGTERM");
}

/** anvil prints the port it got: the only way to know it without a race when port 0 was asked for. */
function listeningPort(child: ChildProcess, ended: Anvil["ended"], timeoutMs: number, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => finish(new ContractError("ANVIL_FAILED", `expected anvil to listen within ${timeoutMs} ms, got: ${lastLine(output)}`)), timeoutMs);
    const read = (chunk: Buffer) => {
      output += chunk.toString("utf8");
      const match = /Listening on \S+:(\d+)/.exec(output);
      if (match !== null) finish(Number(match[1]));
    };
    const finish = (outcome: number | ContractError) => {
      clearTimeout(timer);
      child.stdout?.off("data", read);
      child.stderr?.off("data", read);
      if (typeof outcome === "number") resolve(outcome);
      else reject(outcome);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    void ended.then(({ exitCode, signal }) => {
      if (/already in use/i.test(output)) finish(portInUse(wanted));
      else finish(new ContractError("ANVIL_FAILED", `expected anvil to start, got exit ${exitCode ?? signal}: ${lastLine(output)}`));
    });
  });
}

async function answering(rpcUrl: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  try {
    const response = await fetch(rpcUrl, { method: "POST", headers: { "content-type": "application/json" }, body, signal: AbortSignal.timeout(5_000) });
    const answer = (await response.json()) as { result?: unknown };
    if (typeof answer.result !== "string") throw new Error(`expected a chain id, got ${JSON.stringify(answer)}`);
  } catch (cause) {
    throw new ContractError("ANVIL_FAILED", `expected anvil to answer eth_chainId at ${rpcUrl}`, { cause });
  }
}

/** Asked before the start, since anvil takes its state file apart before it finds the port taken. */
function expectFreePort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause: NodeJS.ErrnoException) => reject(cause.code === "EADDRINUSE" ? portInUse(port, cause) : new ContractError("ANVIL_FAILED", `expected to listen on ${host}:${port}: ${cause.message}`, { cause })));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve()));
  });
}

function portInUse(port: number, cause?: unknown): ContractError {
  return new ContractError("PORT_IN_USE", `expected port ${port} on ${host} to be free, but another program listens there; end it or choose another port`, { cause });
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "no output";
}
