/** Everything around a gateway, real and in this process or on this machine: a chain, a broker, devices, and somebody who listens. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Aedes } from "aedes";
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeAck, decodeReceiptMessage } from "assay/statement/messages";
import { proveRegistration } from "assay/statement/possession";
import { bootTopic, parseTopic, statementTopic } from "assay/statement/topics";
import type { ExecutionContext } from "ava";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { pino } from "pino";
import { createPublicClient, createTestClient, createWalletClient, hexToBytes, http } from "viem";
import type { Hex, PublicClient, TestClient, Transport } from "viem";
import { attestationLogAbi, deviceRegistryAbi } from "../../contracts/abi.ts";
import { anvilAccount, startAnvil } from "../../contracts/anvil.ts";
import type { Anvil, AnvilOptions } from "../../contracts/anvil.ts";
import { deployContracts } from "../../contracts/deploy.ts";
import type { Deployment } from "../../contracts/deploy.ts";
import { registryKey, registrySignature } from "../../cli/enrol.ts";
import { startGateway } from "../../gateway/gateway.ts";
import type { Gateway, GatewayOptions } from "../../gateway/gateway.ts";
import { bootClaims, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import { testKey } from "../statement/keys.ts";
import type { TestKey } from "../statement/keys.ts";

/** A line of the gateway's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
  readonly [field: string]: unknown;
}

/** pino's number for `warn`. */
export const WARN = 40;

/** An MQTT broker on a free port, which can go away and come back with its sessions. */
export class TestBroker {
  private readonly aedes: Aedes;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  port = 0;

  constructor(aedes: Aedes) {
    this.aedes = aedes;
  }

  static async start(): Promise<TestBroker> {
    const broker = new TestBroker(await Aedes.createBroker());
    await broker.listen();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
      this.aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async vanish(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const gone = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await gone;
  }

  async close(): Promise<void> {
    await this.vanish();
    await new Promise<void>((resolve) => this.aedes.close(() => resolve()));
  }
}

/** A device that signs with noble, and makes each statement once. */
export class TestDevice {
  readonly key: TestKey;
  readonly statements: Uint8Array[] = [];
  bootCount = 0;

  constructor(name: string) {
    this.key = testKey(name);
  }

  get id(): string {
    return this.key.id;
  }

  /** The next statement: the first is a boot. */
  next(): { topic: string; bytes: Uint8Array } {
    return this.statements.length === 0 ? this.boot() : this.infer();
  }

  boot(): { topic: string; bytes: Uint8Array } {
    this.bootCount++;
    return this.add(bootTopic(this.id), statementOf(bootClaims({ ...this.place(), bootCount: this.bootCount, publicKey: this.key.publicKey }), this.key));
  }

  infer(): { topic: string; bytes: Uint8Array } {
    return this.add(statementTopic(this.id), statementOf(inferenceClaims({ ...this.place(), bootCount: this.bootCount }), this.key));
  }

  place(): { sequence: number; previous: Uint8Array | null } {
    const last = this.statements.at(-1);
    return { sequence: this.statements.length, previous: last === undefined ? null : linkTo(last) };
  }

  private add(topic: string, bytes: Uint8Array): { topic: string; bytes: Uint8Array } {
    this.statements.push(bytes);
    return { topic, bytes };
  }
}

/** Somebody who is subscribed to everything. */
export class Listener {
  readonly client: MqttClient;
  /** The newest ack of each device. */
  readonly acks = new Map<string, number>();
  /** Receipts by device and sequence, every one that came. */
  readonly receipts = new Map<string, Uint8Array[]>();
  readonly last = new Map<string, Uint8Array>();

  constructor(client: MqttClient) {
    this.client = client;
    client.on("message", (topic, payload) => {
      const place = parseTopic(topic);
      this.last.set(topic, payload);
      if (place?.kind === "ack") this.acks.set(place.device, decodeAck(payload));
      if (place?.kind !== "receipt") return;
      const { sequence, receipt } = decodeReceiptMessage(payload);
      const key = `${place.device}/${sequence}`;
      this.receipts.set(key, [...(this.receipts.get(key) ?? []), receipt]);
    });
  }

  publish(topic: string, payload: Uint8Array, retain = false): Promise<unknown> {
    return this.client.publishAsync(topic, Buffer.from(payload), { qos: 1, retain });
  }

  async send(device: TestDevice, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const { topic, bytes } = device.next();
      await this.publish(topic, bytes);
    }
  }
}

export interface World {
  readonly anvil: Anvil;
  readonly broker: TestBroker;
  readonly deployment: Deployment;
  readonly client: PublicClient<Transport, undefined>;
  readonly chain: TestClient<"anvil", Transport, undefined>;
  readonly listener: Listener;
  readonly folder: string;
  readonly lines: LogLine[];
  /** Starts a gateway on the world's folder; closed with the test at the latest. */
  gateway(options?: Partial<GatewayOptions>): Promise<Gateway>;
  register(...devices: TestDevice[]): Promise<void>;
  /** Sizes of all heads that the contract took. */
  anchoredSizes(): Promise<number[]>;
  rootAt(size: number): Promise<Hex>;
}

/** Builds a world that ends with the test. */
export async function buildWorld(t: ExecutionContext, anvilOptions: AnvilOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "assay-gateway-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const anvil = await startAnvil(anvilOptions);
  t.teardown(() => anvil.close());
  const broker = await TestBroker.start();
  t.teardown(() => broker.close());
  const account = anvilAccount(0);
  const owner = anvilAccount(1);
  const deployment = await deployContracts({ rpcUrl: anvil.rpcUrl, account });
  const transport = http(anvil.rpcUrl);
  const client = createPublicClient({ transport, pollingInterval: 20, cacheTime: 0 });
  const wallet = createWalletClient({ transport, account: owner });
  const listener = new Listener(await mqtt.connectAsync(broker.url, { reconnectPeriod: 50 }));
  t.teardown(() => listener.client.endAsync(true));
  await listener.client.subscribeAsync("assay/v1/#", { qos: 1 });

  const lines: LogLine[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString("utf8")) as LogLine);
      done();
    },
  });
  return {
    anvil,
    broker,
    deployment,
    client,
    chain: createTestClient({ mode: "anvil", transport }),
    listener,
    folder,
    lines,
    gateway: async (options = {}) => {
      const gateway = await startGateway({
        brokerUrl: broker.url,
        rpcUrl: anvil.rpcUrl,
        contracts: deployment,
        account,
        dataFolder: folder,
        logger: pino({ level: "debug" }, sink),
        anchorEveryMs: 200,
        beaconEveryMs: 200,
        pollEveryMs: 30,
        connectTimeoutMs: 3_000,
        ...options,
      });
      t.teardown(() => gateway.close());
      return gateway;
    },
    register: async (...devices) => {
      for (const { key } of devices) {
        const registration = { chainId: deployment.chainId, registry: hexToBytes(deployment.registry), owner: hexToBytes(owner.address), simulator: false };
        const args = [registryKey(key.publicKey), owner.address, false, registrySignature(proveRegistration(registration, key.signer, sha256))] as const;
        const hash = await wallet.writeContract({ abi: deviceRegistryAbi, address: deployment.registry, functionName: "register", args, chain: null });
        await client.waitForTransactionReceipt({ hash });
      }
    },
    anchoredSizes: async () => {
      const events = await client.getContractEvents({ abi: attestationLogAbi, address: deployment.log, eventName: "Anchored", fromBlock: 0n });
      return events.map((event) => Number(event.args.size));
    },
    rootAt: (size) => client.readContract({ abi: attestationLogAbi, address: deployment.log, functionName: "rootAt", args: [BigInt(size)] }),
  };
}

/** Waits until something holds; fails, saying what it waited for, after 20 s. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
