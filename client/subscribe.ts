// The default, since the file of the package that browsers get has no other export.
import mqtt, { type IClientOptions } from "mqtt";
import { topicFilter } from "assay/statement/topics";
import type { AnchoredLog } from "./anchor.ts";
import { EventQueue } from "./event-queue.ts";
import type { Rejected, SubscriptionEvent } from "./events.ts";
import { Inspector, type InspectorCounts } from "./inspector.ts";
import type { SignatureVerifier } from "./signature.ts";
import { SubscribeError } from "./subscribe-error.ts";
import type { Trust } from "./trust.ts";

/** What to subscribe to, and whom to trust. */
export interface SubscribeOptions {
  /** such as `mqtt://127.0.0.1:1883`; in a browser `ws://` or `wss://` */
  readonly broker: string;
  readonly username?: string;
  readonly password?: string;
  readonly trust: Trust;
  /** ids of the devices that are wanted; default: all of the trust list */
  readonly devices?: readonly string[];
  /** the contract to ask for roots (`chainLog`); default: receipts are verified by the log's signature only */
  readonly log?: AnchoredLog;
  /** told of everything that came and is not proven */
  readonly onRejected?: (rejected: Rejected) => void;
  /** told when the connection is there and when it is lost; it is made again by itself */
  readonly onConnection?: (connected: boolean) => void;
  /** ends the subscription */
  readonly signal?: AbortSignal;
  /** how long the first connection may take; default 10,000 ms */
  readonly connectTimeoutMs?: number;
  /** events that wait for the consumer before the broker has to wait; default 1024 */
  readonly queueLimit?: number;
  /** statements that are kept until their receipt comes, and the other way round; default 16,384 */
  readonly pendingLimit?: number;
  /** default: noble */
  readonly verifySignature?: SignatureVerifier;
}

/** Verified events, as they come. */
export interface Subscription extends AsyncIterableIterator<SubscriptionEvent> {
  /** what came so far */
  readonly counts: Readonly<InspectorCounts>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const QUEUE_LIMIT = 1024;
const PENDING_LIMIT = 16_384;
/** MQTT 3.1.1, the floor that every broker has. */
const PROTOCOL_VERSION = 4;
const RECONNECT_MS = 500;
const SCHEMES: readonly string[] = ["mqtt:", "mqtts:", "ws:", "wss:"];
/** QoS 1: the broker repeats rather than loses. */
const AT_LEAST_ONCE = 1;
/** SUBACK return code of a refused subscription (MQTT 3.1.1 §3.9.3). */
const REFUSED = 128;

/**
 * Subscribes to the inferences of devices and yields only what is verified: boot statements, inferences, and their receipts. Everything
 * else goes to `onRejected`. Leaving the loop, or the signal, ends the subscription.
 *
 * A consumer that is slower than the devices makes the broker wait, not memory grow. What came twice is yielded once.
 *
 * @example
 * for await (const event of subscribe({ broker: "mqtt://127.0.0.1:1883", trust })) {
 *   if (event.type === "inference") console.log(event.device, event.label, event.score, event.chain);
 * }
 *
 * @throws SubscribeError from the iteration: `BAD_OPTION` (at once), `CANNOT_CONNECT`, `REFUSED`
 */
export function subscribe(options: SubscribeOptions): Subscription {
  const queueLimit = positive("queueLimit", options.queueLimit ?? QUEUE_LIMIT);
  const inspector = new Inspector({
    trust: options.trust,
    devices: options.devices && new Set(options.devices),
    log: options.log,
    verifySignature: options.verifySignature,
    pendingLimit: positive("pendingLimit", options.pendingLimit ?? PENDING_LIMIT),
    onEvent: (event) => queue.push(event),
    onRejected: options.onRejected ?? (() => {}),
    now: () => performance.timeOrigin + performance.now(),
  });
  const connectTimeoutMs = positive("connectTimeoutMs", options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
  const client = connectTo(options);
  let connected = false;
  let lastError: unknown;
  const abort = (): void => queue.end();
  const timer = setTimeout(() => {
    const reason = lastError === undefined ? "" : `: ${describe(lastError)}`;
    queue.fail(new SubscribeError("CANNOT_CONNECT", `expected a broker at ${withoutPassword(options.broker)}, got no connection${reason}`, { cause: lastError }));
  }, connectTimeoutMs);
  const queue = new EventQueue<SubscriptionEvent>(queueLimit, () => {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", abort);
    inspector.close();
    client.end(true);
  });

  // Instead of the "message" event: what is not called back holds up the connection, and so the broker.
  client.handleMessage = (packet, done) => {
    try {
      inspector.receive(packet.topic, typeof packet.payload === "string" ? new TextEncoder().encode(packet.payload) : packet.payload);
    } catch (error) {
      // A callback of the caller has thrown: that is for the caller's loop to show.
      queue.fail(error);
    }
    queue.whenRoom(() => done());
  };
  client.on("connect", () => {
    clearTimeout(timer);
    connected = true;
    options.onConnection?.(true);
    // Subscribed on every connection: boot statements first, since those are retained and begin the chains.
    client.subscribe(filters(options.devices), { qos: AT_LEAST_ONCE }, (error, granted) => {
      const refused = granted?.find(({ qos }) => qos === REFUSED);
      if (refused !== undefined) queue.fail(new SubscribeError("REFUSED", `expected the broker to grant ${refused.topic}, got a refusal`, { cause: error }));
    });
  });
  client.on("close", () => {
    if (connected) options.onConnection?.(false);
    connected = false;
  });
  client.on("error", (error) => {
    lastError = error;
    // A CONNACK with a return code: asking again gets the same answer.
    if ("code" in error && typeof error.code === "number") queue.fail(new SubscribeError("REFUSED", `expected the broker to accept the connection, got: ${error.message}`, { cause: error }));
  });
  options.signal?.addEventListener("abort", abort);
  if (options.signal?.aborted === true) abort();
  return Object.defineProperty(queue, "counts", { value: inspector.counts }) as EventQueue<SubscriptionEvent> & Subscription;
}

function connectTo({ broker, username, password }: SubscribeOptions): ReturnType<typeof mqtt.connect> {
  // mqtt.js takes any text and never says that it cannot connect to it.
  if (!URL.canParse(broker) || !SCHEMES.includes(new URL(broker).protocol)) throw new SubscribeError("BAD_OPTION", `broker: expected a URL with ${SCHEMES.join(", ")}, got "${withoutPassword(broker)}"`);
  const settings: IClientOptions = { protocolVersion: PROTOCOL_VERSION, clean: true, reconnectPeriod: RECONNECT_MS, resubscribe: false, queueQoSZero: false };
  if (username !== undefined) settings.username = username;
  if (password !== undefined) settings.password = password;
  return mqtt.connect(broker, settings);
}

function filters(devices: readonly string[] | undefined): string[] {
  const kinds = ["boot", "statement", "receipt"] as const;
  return devices === undefined ? kinds.map(topicFilter) : kinds.flatMap((kind) => devices.map((device) => topicFilter(kind).replace("+", device)));
}

function positive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value <= 0) throw new SubscribeError("BAD_OPTION", `${name}: expected an integer above 0, got ${value}`);
  return value;
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(", ");
  return error instanceof Error ? error.message : String(error);
}

/** A broker's URL as it may be shown. */
function withoutPassword(broker: string): string {
  return broker.replace(/\/\/[^/]*@/, "//");
}
