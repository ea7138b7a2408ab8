/** `assay subscribe`: prints the inferences of a broker that verify. */
import { Command } from "commander";
import { hexToBytes } from "viem";
import type { AnchoredLog } from "../client/anchor.ts";
import { chainLog } from "../client/chain-root.ts";
import { CliError } from "./cli-error.ts";
import { Follower } from "./follower.ts";
import { createOutput } from "./output.ts";
import { readTrust } from "./trust-file.ts";

interface SubscribeOptions {
  readonly broker: string;
  readonly trust: string;
  readonly rpc?: string;
  readonly save?: string;
  readonly json: boolean;
}

/** The command. */
export function subscribeCommand(): Command {
  return new Command("subscribe")
    .description("print every inference on a broker that verifies; report the others")
    .option("--broker <URL>", "MQTT broker", "mqtt://127.0.0.1:1883")
    .requiredOption("--trust <FILE>", "trust roots: devices and logs whose keys count (JSON; assay sim writes one)")
    .option("--rpc <URL>", "also ask the chain for the root of each receipt")
    .option("--save <DIR>", "write each verified statement with its receipt to DIR/<device>-<boot>-<sequence>.cose, for assay verify")
    .option("--json", "JSON lines on stdout, text on stderr", false)
    .addHelpText("after", "\nexample:\n  assay subscribe --broker mqtt://127.0.0.1:1883 --trust trust.json")
    .action(async (options: SubscribeOptions) => {
      const output = createOutput(options.json);
      const trust = await readTrust(options.trust);
      const follower = new Follower({ broker: options.broker, trust, output, save: options.save, log: await logOf(trust.logs, options.rpc) });
      const stopped = new Promise<void>((stop) => {
        process.once("SIGINT", stop);
        process.once("SIGTERM", stop);
      });
      try {
        await Promise.race([follower.ready, follower.failed, stopped]);
        output.note(`listening to ${options.broker} for ${trust.devices.length} devices`);
        await Promise.race([stopped, follower.failed]);
      } finally {
        await follower.close();
      }
    });
}

async function logOf(logs: readonly { readonly contract: `0x${string}` }[], rpc: string | undefined): Promise<AnchoredLog | undefined> {
  const [log] = logs;
  if (rpc === undefined || log === undefined) return undefined;
  return await chainLog({ rpc, contract: hexToBytes(log.contract) }).catch((cause: unknown) => {
    throw new CliError("MISSING", `expected an EVM chain at ${rpc}, got no answer; start it or give another --rpc`, { cause });
  });
}
