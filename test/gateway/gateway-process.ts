/** A gateway as a process of its own, for tests that kill it: `node gateway-process.ts JSON`; prints "up" when it is. */
import { pino } from "pino";
import type { Address } from "viem";
import { anvilAccount } from "../../contracts/anvil.ts";
import { startGateway } from "../../gateway/gateway.ts";

const { brokerUrl, rpcUrl, contracts, dataFolder } = JSON.parse(process.argv[2] ?? "{}") as { brokerUrl: string; rpcUrl: string; contracts: { log: Address; registry: Address }; dataFolder: string };
await startGateway({ brokerUrl, rpcUrl, contracts, dataFolder, account: anvilAccount(0), logger: pino({ level: "silent" }), anchorEveryMs: 100, pollEveryMs: 20 });
console.log("up");
