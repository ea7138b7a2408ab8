/** `assay gateway`: takes statements from a broker, keeps them in the log, and anchors the log on a chain. */
import { resolve } from "node:path";
import { encodePublicKey } from "assay/statement/cose-key";
import { Command, InvalidArgumentError } from "commander";
import { pino } from "pino";
import type { Address, LocalAccount } from "viem";
import { deployContracts } from "../contracts/deploy.ts";
import { startGateway } from "../gateway/gateway.ts";
import type { WitnessOptions } from "../gateway/gateway.ts";
import { accountOption, readAccount } from "./account.ts";
import { address, number, port } from "./arguments.ts";
import { CliError } from "./cli-error.ts";

interface GatewayCommandOptions {
  readonly broker: string;
  readonly rpc: string;
  readonly log?: Address;
  readonly registry?: Address;
  readonly deploy: boolean;
  readonly owner?: readonly Address[];
  readonly account?: string;
  readonly data: string;
  readonly anchorEvery: number;
  readonly confirmations: number;
  readonly http?: number;
  readonly httpHost: string;
  readonly witness: readonly WitnessOptions[];
  readonly level: string;
}

/** What its account is for. */
const ROLE = "that pays for anchors";

/** The command. */
export function gatewayCommand(): Command {
  return new Command("gateway")
    .description("take statements from a broker, verify and keep them in an append-only log, and anchor the log on an EVM chain")
    .option("--broker <URL>", "MQTT broker; user and password in ASSAY_BROKER_USER and ASSAY_BROKER_PASSWORD", "mqtt://127.0.0.1:1883")
    .option("--rpc <URL>", "the chain's JSON-RPC", "http://127.0.0.1:8545")
    .option("--log <ADDRESS>", "the AttestationLog contract", address)
    .option("--registry <ADDRESS>", "the DeviceRegistry contract", address)
    .option("--deploy", "deploy both contracts first, with this account as operator of the log, and print their addresses", false)
    .option("--owner <ADDRESS...>", "whose devices count, of those in the registry, where anybody can register his own (default: everybody's)", (text: string, before: Address[] | undefined) => [...(before ?? []), address(text)])
    .addOption(accountOption(ROLE))
    .option("--data <DIR>", "where the log and the gateway's own key are kept", "assay-gateway")
    .option("--anchor-every <SECONDS>", "how often the log is anchored when it has grown", number(0.1, 86_400), 60)
    .option("--confirmations <N>", "blocks that an anchor waits for", number(1, 1000), 1)
    .option("--http <PORT>", "serve the log as tiles and checkpoints (C2SP tlog-tiles) on this port; 0 picks a free one", port)
    .option("--http-host <ADDRESS>", "the address for --http", "127.0.0.1")
    .option("--witness <URL=VKEY>", "ask this witness (C2SP tlog-witness) to cosign checkpoints; may be given several times", witness, [])
    .option("--level <LEVEL>", "log level: debug, info, warn or error", "info")
    .addHelpText("after", "\nThe log on stderr is JSON lines; a refused message is a warning with its code.\n\nexample:\n  assay gateway --broker mqtt://broker:1883 --rpc http://node:8545 --account key.hex --log 0x… --registry 0x…")
    .action(runGateway);
}

async function runGateway(options: GatewayCommandOptions): Promise<void> {
  const account = await readAccount(options.account, ROLE);
  const logger = pino({ level: options.level, base: null }, pino.destination({ dest: 2, sync: true }));
  const contracts = await contractsOf(options, account);
  const user = process.env["ASSAY_BROKER_USER"];
  const gateway = await startGateway({
    brokerUrl: options.broker,
    ...(user === undefined ? {} : { brokerCredentials: { username: user, password: process.env["ASSAY_BROKER_PASSWORD"] ?? "" } }),
    rpcUrl: options.rpc,
    contracts,
    ...(options.owner && { owners: options.owner }),
    account,
    dataFolder: resolve(options.data),
    anchorEveryMs: Math.round(options.anchorEvery * 1000),
    confirmations: Math.round(options.confirmations),
    ...(options.http === undefined ? {} : { httpPort: options.http, httpHost: options.httpHost }),
    witnesses: options.witness,
    logger,
  });
  process.stdout.write(`${JSON.stringify({ gateway: gateway.id, publicKey: Buffer.from(encodePublicKey(gateway.publicKey)).toString("hex"), verifierKey: gateway.verifierKey, ...(gateway.httpUrl === null ? {} : { http: gateway.httpUrl }), ...contracts })}\n`);
  await new Promise<void>((stop) => {
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
  await gateway.close();
}

/** A witness and its verifier key, which has no equals sign in it: 33 bytes are 44 characters of base64. */
function witness(text: string, before: readonly WitnessOptions[]): WitnessOptions[] {
  const border = text.lastIndexOf("=");
  if (border < 1) throw new InvalidArgumentError(`expected URL=VKEY, got "${text}"`);
  return [...before, { url: text.slice(0, border), vkey: text.slice(border + 1) }];
}

async function contractsOf(options: GatewayCommandOptions, account: LocalAccount): Promise<{ log: Address; registry: Address }> {
  if (options.deploy) {
    if (options.log !== undefined || options.registry !== undefined) throw new CliError("BAD_USAGE", "expected --deploy or the addresses of contracts that are there, got both");
    const { log, registry } = await deployContracts({ rpcUrl: options.rpc, account, progress: (line) => process.stderr.write(`${line}\n`) });
    return { log, registry };
  }
  if (options.log === undefined || options.registry === undefined) throw new CliError("BAD_USAGE", "expected --log ADDRESS and --registry ADDRESS, or --deploy to make both");
  return { log: options.log, registry: options.registry };
}
