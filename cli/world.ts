/**
 * Everything between devices and subscribers, on this machine: a broker, a chain with the contracts, a gateway, and the devices themselves.
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anvilAccount, startAnvil, type Anvil } from "../contracts/anvil.ts";
import { deployContracts, type Deployment } from "../contracts/deploy.ts";
import { startGateway, type Gateway } from "../gateway/gateway.ts";
import type { Logger } from "../gateway/logger.ts";
import { startBroker, type Broker } from "../host-sim/broker.ts";
import { DEFAULT_MEMORY, provisionDevice, startDevice, type DeviceIdentity, type DeviceOptions, type RegistrationRequest, type SimulatedDevice } from "../host-sim/device.ts";
import type { DeviceEvent } from "../host-sim/events.ts";
import { CliError } from "./cli-error.ts";
import { enrol } from "./enrol.ts";

/** What a world is made of. */
export interface WorldOptions {
  /** where state lives: chain, gateway, devices; kept, and taken up again by the next world on the same folder */
  readonly folder: string;
  readonly brokerPort: number;
  readonly chainPort: number;
  readonly anchorEveryMs: number;
  readonly devices: number;
  /** the device host's binary and the app's image */
  readonly host: string;
  readonly image: string;
  readonly trace: string | undefined;
  /** whether devices report the inputs of their statements; default false */
  readonly reveal?: boolean;
  readonly logger: Logger;
  readonly progress: (line: string) => void;
}

/** A running world, its devices enrolled and not yet started. */
export interface World {
  readonly broker: Broker;
  readonly anvil: Anvil;
  readonly deployment: Deployment;
  readonly gateway: Gateway;
  readonly devices: readonly DeviceIdentity[];
  /** Starts all devices. */
  startDevices(on: { readonly event: (device: string, event: DeviceEvent) => void; readonly log: (device: string, line: string) => void }): Promise<readonly SimulatedDevice[]>;
  /** Ends the devices first, then gateway, broker and chain. Again does nothing. */
  close(): Promise<void>;
}

/** Seconds from block to block: as on a fast chain, and often enough for beacons that bracket the time closely. */
const BLOCK_TIME_S = 1;

/**
 * Builds a world.
 * @throws HostSimError `PORT_IN_USE`; ContractError; GatewayError; CliError `BAD_FILE` for a folder whose parts do not fit together
 */
export async function createWorld(options: WorldOptions): Promise<World> {
  const { folder, logger, progress } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    const broker = await startBroker({ port: options.brokerPort });
    closers.push(() => broker.close());
    const anvil = await startAnvil({ port: options.chainPort, stateFile: join(folder, "chain.json"), blockTimeSeconds: BLOCK_TIME_S });
    closers.push(() => anvil.close());
    progress(`broker on ${broker.url}, chain on ${anvil.rpcUrl}`);

    const [owner, operator] = [anvilAccount(0), anvilAccount(1)];
    const deployment = await deployOnce(folder, anvil, operator.address);
    const devices = await provision(options, broker, { chainId: deployment.chainId, registry: deployment.registry, owner: owner.address });
    await enrol(devices, { rpcUrl: anvil.rpcUrl, registry: deployment.registry, owner });
    const gateway = await startGateway({
      brokerUrl: broker.url,
      rpcUrl: anvil.rpcUrl,
      contracts: { log: deployment.log, registry: deployment.registry },
      owners: [owner.address],
      account: operator,
      dataFolder: join(folder, "gateway"),
      anchorEveryMs: options.anchorEveryMs,
      logger,
    });
    closers.push(() => gateway.close());
    progress(`gateway ${gateway.id}, log contract ${deployment.log}`);
    return {
      broker,
      anvil,
      deployment,
      gateway,
      devices,
      startDevices: async (on) => {
        const started = await Promise.all(
          devices.map(async ({ id }, index) => {
            const device = await startDevice({ ...deviceOptions(options, broker, index), onEvent: (event) => on.event(id, event), onLog: (line) => on.log(id, line) });
            // Whoever closes the world early leaves no device behind.
            closers.push(() => device.cutPower());
            return device;
          }),
        );
        return started;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function deviceOptions(options: WorldOptions, broker: Broker, index: number): DeviceOptions {
  return {
    host: options.host,
    image: options.image,
    folder: join(options.folder, "devices", String(index)),
    broker: { host: broker.host, port: broker.port },
    ...(options.trace === undefined ? {} : { trace: { file: options.trace, repeat: true } }),
    memory: DEFAULT_MEMORY,
    reveal: options.reveal === true,
  };
}

function provision(options: WorldOptions, broker: Broker, register: RegistrationRequest): Promise<DeviceIdentity[]> {
  return Promise.all(Array.from({ length: options.devices }, (_, index) => provisionDevice({ ...deviceOptions(options, broker, index), register })));
}

/** The contracts of this folder's chain: deployed at its first start, remembered beside it. */
async function deployOnce(folder: string, anvil: Anvil, operator: `0x${string}`): Promise<Pick<Deployment, "log" | "registry" | "chainId"> & Deployment> {
  const file = join(folder, "deployment.json");
  if (existsSync(file)) {
    const text = await readFile(file, "utf8");
    try {
      const { log, registry, chainId, blockNumber, gas } = JSON.parse(text);
      return { log, registry, chainId, blockNumber: BigInt(blockNumber), gas: { log: BigInt(gas.log), registry: BigInt(gas.registry) } };
    } catch (cause) {
      throw new CliError("BAD_FILE", `expected ${file} to be what an earlier run wrote; remove ${folder} to start afresh`, { cause });
    }
  }
  const deployment = await deployContracts({ rpcUrl: anvil.rpcUrl, account: anvilAccount(0), operator });
  await writeFile(file, JSON.stringify(deployment, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
  return deployment;
}
