/**
 * The gateway: ingest → verify → store and log → anchor → receipt, one file per stage.
 *
 *     broker ─ ingest ─▶ queue ─ verify ─▶ queue ─ append ─▶ store, log ─▶ ack
 *                                                              └─ anchor ─▶ receipt ─▶ broker
 *                                                                   └─ note ─▶ broker, HTTP, witnesses
 *
 * The queues are bounded: a slow stage makes the ones before it wait, in the end the broker. What is on its way when the
 * gateway ends stays with the broker (no PUBACK) and with the device (no ack).
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { PublicKey } from "assay/statement/cose-key";
import { createPublicClient, http } from "viem";
import type { PublicClient } from "viem";
import { Acks } from "./acks.ts";
import { Anchorer, smallestAnchoredTree } from "./anchor.ts";
import { runAppend } from "./append.ts";
import { pause } from "./backoff.ts";
import { BeaconSender } from "./beacon.ts";
import { BoundedQueue } from "./bounded-queue.ts";
import { connectBroker } from "./broker.ts";
import type { Broker } from "./broker.ts";
import { ChainHeads } from "./chain-rule.ts";
import { openCheckpointKey } from "./checkpoint-key.ts";
import { CheckpointNotes } from "./checkpoint-note.ts";
import { newCounters } from "./counters.ts";
import type { Counters } from "./counters.ts";
import { RegistryDirectory } from "./directory.ts";
import { GatewayError, reasonOf } from "./gateway-error.ts";
import { serveLog } from "./http.ts";
import { openIdentity } from "./identity.ts";
import { ingest, ingestTopics, weightOf } from "./ingest.ts";
import type { Incoming } from "./ingest.ts";
import { expectContract, LogContract } from "./log-contract.ts";
import { MerkleLog } from "./log.ts";
import { Loop } from "./loop.ts";
import { settingsOf } from "./options.ts";
import type { GatewayOptions } from "./options.ts";
import { registerPolicy } from "./policy.ts";
import { Receipts } from "./receipt.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { AnchorPlace, Store } from "./store.ts";
import { runVerify } from "./verify.ts";
import type { Verified } from "./verify.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { Witness } from "./witness.ts";

export { GatewayError } from "./gateway-error.ts";
export type { GatewayErrorCode } from "./gateway-error.ts";
export type { Counters } from "./counters.ts";
export type { GatewayOptions } from "./options.ts";
export type { RejectionCode } from "./rejection.ts";
export type { WitnessOptions } from "./witness.ts";

/** Where the log and its anchor stand. */
export interface GatewayStatus {
  /** Number of entries in the log, the policy included. */
  readonly logSize: number;
  /** The newest head confirmed on the chain. */
  readonly anchored: ({ readonly size: number } & AnchorPlace) | null;
  /** The size of a head that is on its way to the chain. */
  readonly pending: number | null;
  /** Whether the broker is connected now. */
  readonly brokerConnected: boolean;
}

/** A running gateway. */
export interface Gateway {
  /** The gateway's id, made as device ids are: issuer of receipts and checkpoints. */
  readonly id: string;
  /** Its public key, which clients have to trust. */
  readonly publicKey: PublicKey;
  /** The Ed25519 key of its checkpoints in note form, as text `name+hash+base64` (C2SP signed-note); its name is the log's origin. */
  readonly verifierKey: string;
  /** Where the log is served over HTTP; null without `httpPort`. */
  readonly httpUrl: string | null;
  /** What it keeps, to look into (rejections, entries, receipts). */
  readonly store: Store;
  /** Counts since the start; a copy. */
  counters(): Counters;
  status(): Promise<GatewayStatus>;
  /**
   * Anchors all that was received up to now and publishes its receipts; resolves when that is done.
   *
   * @throws {GatewayError} `TIMEOUT` after `timeoutMs` (default 60,000), `CLOSED`
   */
  flush(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Ends: stores and acknowledges what is inside, keeps what is on its way to the chain for the next start, closes all. Again does nothing. */
  close(): Promise<void>;
}

/** How many statements may wait for one that they overtook. */
const waitingSeats = 4_096;

/** How long closing waits for a store or a broker that does not answer. */
const closePatienceMs = 5_000;

/**
 * Starts a gateway. Broker, chain and contracts must be there at the start; when they go away later, the gateway waits for them
 * and loses nothing.
 *
 * @throws {GatewayError} `OPTION_INVALID`, `STORE_FAILED`, `KEY_FAILED`, `RPC_UNREACHABLE`, `CONTRACT_MISSING`, `NOT_OPERATOR`, `LOG_DIVERGED`,
 * `BROKER_UNREACHABLE`, `SUBSCRIPTION_REFUSED`, `HTTP_FAILED`
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const settings = settingsOf(options);
  const store = options.store ?? (await openStore(options.dataFolder, settings.rejectionsPerCode));
  try {
    return await startWith(store, options);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openStore(folder: string, rejectionsPerCode: number): Promise<Store> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new GatewayError("STORE_FAILED", `expected to make the folder ${folder}: ${reasonOf(cause)}; give another --data`, { cause });
  }
  return new SqliteStore({ file: join(folder, "gateway.sqlite"), rejectionsPerCode });
}

async function startWith(store: Store, options: GatewayOptions): Promise<Gateway> {
  const settings = settingsOf(options);
  const { logger, account } = options;
  const { log: logAddress, registry } = options.contracts;
  const identity = await openIdentity(join(options.dataFolder, "gateway.key"));
  const checkpointKey = await openCheckpointKey(join(options.dataFolder, "checkpoint.key"), identity.id);
  // Requests of one tick go out as one HTTP request: the key look-ups of a batch of messages cost one round trip.
  const transport = http(options.rpcUrl, { batch: true, retryCount: 1, timeout: settings.connectTimeoutMs });
  const client: PublicClient = createPublicClient({ transport, cacheTime: 0 });
  const contract = await LogContract.open({ client, address: logAddress, account });
  await expectContract(client, registry, "DeviceRegistry", contract.chainId);

  const log = await MerkleLog.open(store, await store.logSize());
  const counters = newCounters();
  const anchorer = new Anchorer({ store, log, contract, counters, logger, confirmations: settings.confirmations, resendAfterMs: settings.resendAfterMs });
  await anchorer.compareHeads();
  if (log.size === 0) await registerPolicy(store, log, identity, { chainId: contract.chainId, registry, log: logAddress });

  const stopLoops = new AbortController();
  const stopAppend = new AbortController();
  const notes = new CheckpointNotes(checkpointKey);
  const renewNote = async (): Promise<boolean> => {
    const anchor = await store.confirmedAnchor();
    if (anchor === undefined || anchor.size <= (notes.newest?.size ?? 0)) return false;
    // The root as the log has it, not as the record says it: what is signed is this log.
    return notes.renew({ size: anchor.size, root: await log.rootAt(anchor.size) });
  };
  await renewNote();
  const witnesses = (options.witnesses ?? []).map((witness) => new Witness(witness, { log, notes, timeoutMs: settings.connectTimeoutMs, signal: stopLoops.signal }));

  const arrived = new BoundedQueue<Incoming>(settings.queueBytes, weightOf);
  const verified = new BoundedQueue<Verified>(settings.queueBytes, ({ message }) => weightOf(message));
  const broker = await connectBroker({
    url: options.brokerUrl,
    // Letters and digits, 23 of them: what every MQTT 3.1.1 broker takes.
    clientId: `assaygw${Buffer.from(identity.keyId.subarray(0, 8)).toString("hex")}`,
    subscriptions: ingestTopics,
    onMessage: ingest(arrived, counters),
    credentials: options.brokerCredentials,
    connectTimeoutMs: settings.connectTimeoutMs,
    logger,
  });
  const server = options.httpPort === undefined ? undefined : await orClose(broker, serveLog({ host: options.httpHost ?? "127.0.0.1", port: options.httpPort, store, log, notes, logger }));

  const registered = new RegistryDirectory({ client, registry, logger, owners: options.owners });
  const directory = options.directory ?? registered;
  const acks = new Acks(broker, counters, logger);
  const receipts = new Receipts({ store, log, contract, identity, notes, publisher: broker, counters });
  const beacon = new BeaconSender(client, broker, counters);

  const room = new WaitingRoom({ waitMs: settings.reorderMs, seats: waitingSeats, onExpired: (late) => void verified.push({ ...late, waited: true }) });
  const verifying = runVerify(arrived, verified, directory, settings.maxStatementBytes);
  const appending = runAppend({ incoming: verified, store, log, heads: new ChainHeads(store), room, acks, counters, logger, signal: stopAppend.signal });

  const failed = (what: string) => (error: unknown, retryMs: number) => {
    counters.retries++;
    const code = error instanceof GatewayError ? error.code : undefined;
    logger.warn({ code, reason: reasonOf(error), retryMs }, what);
  };
  /** Callers of `flush` who wait. */
  let flushes = 0;
  const loopOptions = { signal: stopLoops.signal, longestPauseMs: Math.max(settings.anchorEveryMs, 1_000) };
  const publishing = new Loop({
    ...loopOptions,
    work: async () => {
      await receipts.publish();
      return settings.anchorEveryMs;
    },
    onError: failed("receipts could not be published; trying again"),
  });
  const witnessing = witnesses.map(
    (witness) =>
      new Loop({
        ...loopOptions,
        longestPauseMs: 300_000,
        work: async () => {
          if (await witness.ask()) publishing.wake();
          return settings.anchorEveryMs;
        },
        onError: failed("a witness has not cosigned the newest checkpoint; the log goes on without"),
      }),
  );
  const anchoring = new Loop({
    ...loopOptions,
    work: async () => {
      const progress = await anchorer.step();
      if (await renewNote()) for (const loop of [publishing, ...witnessing]) loop.wake();
      await receipts.issue();
      if (progress === "confirmed") publishing.wake();
      if (progress === "waiting") return settings.pollEveryMs;
      // While somebody waits, the log that grew meanwhile is anchored without waiting for its time.
      return flushes > 0 && progress === "confirmed" ? 0 : settings.anchorEveryMs;
    },
    onError: failed("the log could not be anchored; trying again"),
  });
  const beaconing = new Loop({
    ...loopOptions,
    work: async () => {
      await beacon.send();
      return settings.beaconEveryMs;
    },
    onError: failed("no beacon could be published; trying again"),
  });
  const refreshing = new Loop({
    ...loopOptions,
    work: async () => {
      await registered.refresh();
      return settings.beaconEveryMs;
    },
    onError: failed("the device registry could not be asked for changes; trying again"),
  });
  logger.info({ gateway: identity.id, logSize: log.size, chainId: contract.chainId, log: logAddress }, "gateway is up");

  const flush = async ({ timeoutMs = 60_000 } = {}): Promise<void> => {
    const expired = AbortSignal.timeout(timeoutMs);
    const ends = AbortSignal.any([expired, stopLoops.signal]);
    const until = async (done: () => boolean | Promise<boolean>) => {
      while (!(await done())) {
        if (stopLoops.signal.aborted) throw new GatewayError("CLOSED", "expected a gateway that is open");
        if (expired.aborted) throw new GatewayError("TIMEOUT", `expected all statements to be anchored within ${timeoutMs} ms; is the chain mining, and is the broker up?`);
        await pause(20, ends);
      }
    };
    const { received } = counters;
    await until(() => counters.stored + counters.redelivered + counters.rejected >= received);
    const target = log.size;
    flushes++;
    try {
      anchoring.wake();
      await until(async () => target < smallestAnchoredTree || ((await store.firstWithoutReceipt()) >= target && ((await store.unpublishedReceipts(1))[0]?.leaf ?? target) >= target));
      await acks.drained();
    } finally {
      flushes--;
    }
  };

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    broker.pauseIntake();
    arrived.close();
    await within(Promise.all([verifying, appending]));
    stopAppend.abort();
    await Promise.all([verifying, appending]);
    room.close();
    stopLoops.abort();
    if (broker.connected) await within(acks.drained());
    await server?.close();
    // Closing the broker ends publishes that wait for it; the loops then end with what is stored.
    const ended = Promise.all([publishing, anchoring, beaconing, refreshing, ...witnessing].map((loop) => loop.ended));
    await within(ended, broker.connected ? closePatienceMs : 0);
    await broker.close();
    await ended;
    await store.close();
    logger.info({ gateway: identity.id, logSize: log.size }, "gateway is closed");
  };

  return {
    id: identity.id,
    publicKey: identity.signer.publicKey,
    verifierKey: checkpointKey.verifierKey,
    httpUrl: server?.url ?? null,
    store,
    counters: () => ({ ...counters, rejectedBy: { ...counters.rejectedBy } }),
    status: async () => {
      const confirmed = await store.confirmedAnchor();
      return {
        logSize: log.size,
        anchored: confirmed?.place == null ? null : { size: confirmed.size, ...confirmed.place },
        pending: (await store.pendingAnchor())?.size ?? null,
        brokerConnected: broker.connected,
      };
    },
    flush,
    close: () => (closing ??= close()),
  };
}

/** What cannot be started after the broker closes it, so that nothing is left behind. */
async function orClose<T>(broker: Broker, started: Promise<T>): Promise<T> {
  try {
    return await started;
  } catch (error) {
    await broker.close();
    throw error;
  }
}

/** Waits for work, but not for ever. */
async function within(work: Promise<unknown>, ms: number = closePatienceMs): Promise<void> {
  const late = new AbortController();
  await Promise.race([work, pause(ms, late.signal)]);
  late.abort();
}
