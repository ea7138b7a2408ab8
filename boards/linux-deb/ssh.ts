/**
 * A Linux board over ssh: the system's own `ssh`, with the user's configuration, keys and known hosts. It never asks (BatchMode), and what is secret goes through its
 * standard input, not through a command line.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { BoardError, type BoardErrorCode } from "../board-error.ts";

/** Where a board is. */
export interface SshAddress {
  /** such as pi@raspberrypi.local, or a name of the user's configuration */
  readonly destination: string;
  /** undefined: as configured */
  readonly port: string | undefined;
  /** configuration in place of the user's */
  readonly config: string | undefined;
}

/** How a command on the board ended. */
export interface SshOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** ssh's own exit code when it did not get to run the command (ssh(1)). */
const SSH_FAILED = 255;
const CONNECT_TIMEOUT_S = 15;

/**
 * Reads `user@address` or `user@address:port`; IPv6 as `user@[fe80::1]:port`.
 * @throws BoardError `BAD_OPTION`
 */
export function parseAddress(host: string, config: string | undefined): SshAddress {
  const [, user = "", bracketed, plain, port] = /^([A-Za-z0-9_][A-Za-z0-9_.-]*@)?(?:\[([0-9A-Fa-f:.%a-z]+)\]|([A-Za-z0-9_][A-Za-z0-9_.-]*))(?::(\d{1,5}))?$/.exec(host) ?? [];
  const name = bracketed ?? plain;
  if (name === undefined || (port !== undefined && (Number(port) < 1 || Number(port) > 65535))) {
    throw new BoardError("BAD_OPTION", `--host: expected user@address or user@address:port, got ${host}`);
  }
  return { destination: `${user}${name}`, port, config };
}

function argumentsOf(address: SshAddress, command: string): string[] {
  const { destination, port, config } = address;
  const options = ["-T", "-o", "BatchMode=yes", "-o", `ConnectTimeout=${CONNECT_TIMEOUT_S}`, "-o", "ServerAliveInterval=15", ...(config === undefined ? [] : ["-F", config]), ...(port === undefined ? [] : ["-p", port])];
  return [...options, "--", destination, command];
}

/** What ssh says when it cannot connect, and what a person can do. */
const REASONS: readonly (readonly [said: RegExp, means: string])[] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, "its host key is another one than before; if the board was set up anew, forget the old one with ssh-keygen -R ADDRESS, else somebody may be in between"],
  [/Host key verification failed|No \S+ host key is known/, "its host key is not known here; connect once with ssh and compare the fingerprint"],
  [/Permission denied|Too many authentication failures/, "it does not let this user in; put your public key there with ssh-copy-id, and unlock a key with a passphrase with ssh-add"],
  [/Could not resolve hostname/, "nobody knows this name; is it spelt right, and is the board on the network?"],
  [/Connection refused/, "nothing listens there; enable ssh on the board (raspi-config, Interface Options)"],
  [/timed out|No route to host|Network is unreachable|Host is down/, "it does not answer; is it on, and on this network?"],
];

/** Why ssh did not run a command. */
export function connectionError(code: BoardErrorCode, address: SshAddress, stderr: string): BoardError {
  const said = stderr.trim();
  const reason = REASONS.find(([pattern]) => pattern.test(said))?.[1] ?? "ssh failed";
  return new BoardError(code, `expected to reach ${address.destination} by ssh, got no connection: ${reason}\n${said}`.trimEnd());
}

/**
 * Runs a command on the board with `input` as its standard input.
 * @param code of the error if there is no connection
 * @throws BoardError of `code`; the signal's reason when it is aborted
 */
export async function runSsh(address: SshAddress, command: string, options: { readonly input?: Uint8Array; readonly signal: AbortSignal; readonly code: BoardErrorCode }): Promise<SshOutcome> {
  options.signal.throwIfAborted();
  const child = spawn("ssh", argumentsOf(address, command), { stdio: ["pipe", "pipe", "pipe"], signal: options.signal });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  // A command that ends before it has read everything says why itself.
  child.stdin.on("error", (error: NodeJS.ErrnoException) => (stderr += error.code === "EPIPE" ? "" : error.message));
  child.stdin.end(options.input ?? "");
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? SSH_FAILED));
  });
  if (status === SSH_FAILED) throw connectionError(options.code, address, stderr);
  return { status, stdout, stderr };
}

/**
 * Follows a command's lines until it ends or the signal; resolves to its outcome (its last words on stderr, no stdout).
 * @throws BoardError of `code` if there is no connection, or it is lost
 */
export async function followSsh(address: SshAddress, command: string, options: { readonly onLine: (line: string) => void; readonly signal: AbortSignal; readonly code: BoardErrorCode }): Promise<SshOutcome> {
  const { onLine, signal, code } = options;
  if (signal.aborted) return { status: 0, stdout: "", stderr: "" };
  const child = spawn("ssh", argumentsOf(address, command), { stdio: ["ignore", "pipe", "pipe"] });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  try {
    let stderr = "";
    child.stderr.on("data", (text: Buffer) => (stderr = (stderr + text.toString()).slice(-4096)));
    createInterface({ input: child.stdout }).on("line", onLine);
    const status = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (ended) => resolve(ended ?? SSH_FAILED));
    });
    if (status === SSH_FAILED && !signal.aborted) throw connectionError(code, address, stderr);
    return { status: signal.aborted ? 0 : status, stdout: "", stderr };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
