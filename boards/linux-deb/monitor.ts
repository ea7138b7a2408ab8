/** Follows an app's service on a Linux board over ssh. */
import type { MonitorOptions } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { appOf } from "./flash.ts";
import { journalCommand, servicesCommand } from "./remote-scripts.ts";
import { serviceNames } from "./service-names.ts";
import { followSsh, parseAddress, runSsh, type SshAddress } from "./ssh.ts";

/** Lines of the past that are shown first. */
const PAST_LINES = 20;

async function appThere(address: SshAddress, signal: AbortSignal): Promise<string> {
  const { stdout } = await runSsh(address, servicesCommand(), { signal, code: "MONITOR_FAILED" });
  const apps = stdout.split("\n").flatMap((line) => /^assay-([a-z0-9-]{1,32})$/.exec(line)?.[1] ?? []);
  if (apps.length === 1) return apps[0]!;
  const got = apps.length === 0 ? "none; install one with assay flash" : `${apps.length} (${apps.join(", ")}); say which`;
  throw new BoardError(apps.length === 0 ? "MONITOR_FAILED" : "BAD_OPTION", `expected one app at ${address.destination}, got ${got}`);
}

/**
 * Tells `options.onLine` what the app says, its last lines first, until the signal.
 * @throws BoardError `BAD_OPTION`, `MONITOR_FAILED`
 */
export async function monitorOverSsh(options: MonitorOptions & { readonly host: string }): Promise<void> {
  const address = parseAddress(options.host, options.sshConfig);
  const { signal, onLine } = options;
  const app = options.app ?? (options.build === undefined ? await appThere(address, signal) : appOf(options.build));
  if (!/^[a-z0-9-]{1,32}$/.test(app)) throw new BoardError("BAD_OPTION", `app: expected 1 to 32 characters of a-z, 0-9 and "-", got "${app}"`);
  const { unit } = serviceNames(app);
  options.progress(`following ${unit} on ${address.destination}`);
  const { status, stderr } = await followSsh(address, journalCommand(unit, { lines: PAST_LINES }), { onLine, signal, code: "MONITOR_FAILED" });
  if (status !== 0) throw new BoardError("MONITOR_FAILED", `expected the journal of ${unit} at ${address.destination}, got: ${stderr.trim() || `exit code ${status}`}`);
}
