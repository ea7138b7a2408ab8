/**
 * The connection to the MQTT broker: MQTT 3.1.1 by mqtt.js, a session that survives disconnects, and PUBACKs that wait until
 * the gateway has dealt with a message.
 */
import mqtt from "mqtt";
import type { IClientOptions, IPublishPacket, MqttClient } from "mqtt";
import { Backoff } from "./backoff.ts";
import { GatewayError, reasonOf } from "./gateway-error.ts";
import type { Logger } from "./logger.ts";

/** A message from the broker. */
export interface BrokerMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Tells the broker that it need not keep the message any longer. */
  readonly settle: () => void;
}

export interface BrokerOptions {
  /** mqtt://host:port, or mqtts://. */
  readonly url: string;
  /** The same at each start, so that the broker keeps messages while the gateway is away; at most 23 characters [MQTT-3.1.3-5]. */
  readonly clientId: string;
  /** What to be sent. */
  readonly subscriptions: readonly string[];
  /** Takes a message; while the promise is pending no further one is read from the socket. */
  readonly onMessage: (message: BrokerMessage) => Promise<void>;
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  readonly connectTimeoutMs: number;
  readonly logger: Logger;
}

/** Who publishes for the stages. */
export interface Publisher {
  /** Publishes with QoS 1; resolves when the broker has taken the message, however long it is away. */
  publish(topic: string, payload: Uint8Array, options?: { readonly retain?: boolean }): Promise<void>;
}

/** A connection that is up, or comes up again by itself. */
export interface Broker extends Publisher {
  readonly connected: boolean;
  /** Takes no more messages; the broker keeps what was not settled for the next session. */
  pauseIntake(): void;
  close(): Promise<void>;
}

/** mqtt.js sends no PUBACK when `handleMessage` calls back with an error, and goes on to the next packet: then the PUBACK is ours to send. */
const withholdPuback = new Error("the PUBACK follows when the message is stored");

/**
 * Connects and subscribes.
 *
 * @throws {GatewayError} `BROKER_UNREACHABLE`, `SUBSCRIPTION_REFUSED`
 */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const { url, logger } = options;
  const backoff = new Backoff({ firstMs: 250, longestMs: 30_000 });
  const clientOptions: IClientOptions = {
    protocolVersion: 4,
    clientId: options.clientId,
    clean: false,
    resubscribe: true,
    reconnectPeriod: backoff.next(),
    connectTimeout: options.connectTimeoutMs,
    ...options.credentials,
  };
  const client = mqtt.connect(url, clientOptions);
  let taking = true;
  let pubacks: PubackLine | undefined;
  client.handleMessage = (packet, callback) => {
    const publish = packet as IPublishPacket;
    if (!taking) return callback(withholdPuback);
    const { topic, payload } = publish;
    const bytes = typeof payload === "string" ? Buffer.from(payload, "utf8") : payload;
    if (pubacks?.isCurrent !== true) pubacks = new PubackLine(client);
    void options.onMessage({ topic, payload: bytes, settle: pubacks.join(publish) }).then(
      () => callback(withholdPuback),
      (error: unknown) => {
        logger.error({ topic, reason: reasonOf(error) }, "a message could not be taken in; the broker will send it again");
        callback(withholdPuback);
      },
    );
  };

  try {
    await firstConnection(client, url, options.connectTimeoutMs);
    await subscribe(client, options.subscriptions);
  } catch (error) {
    client.end(true);
    throw error;
  }

  let up = true;
  /** Publishes without a PUBACK: mqtt.js never settles those of a connection that it was told to end. */
  const waiting = new Set<(cause: unknown) => void>();
  client.on("error", (error) => logger.warn({ code: "BROKER_UNREACHABLE", reason: reasonOf(error) }, "broker connection failed"));
  client.on("close", () => {
    if (up && taking) logger.warn({ code: "BROKER_UNREACHABLE", broker: url }, "broker connection lost; reconnecting, nothing is lost meanwhile");
    up = false;
  });
  // mqtt.js reads its one reconnect period anew for each attempt, which makes it a backoff.
  client.on("reconnect", () => (client.options.reconnectPeriod = backoff.next()));
  client.on("connect", () => {
    up = true;
    backoff.reset();
    client.options.reconnectPeriod = backoff.next();
    logger.info({ broker: url }, "broker connection is up again");
  });

  return {
    get connected() {
      return client.connected;
    },
    publish: (topic, payload, { retain = false } = {}) =>
      new Promise((resolve, reject) => {
        const fail = (cause: unknown) => reject(new GatewayError("CLOSED", `expected to publish on ${topic}: ${reasonOf(cause)}`, { cause }));
        waiting.add(fail);
        const end = () => waiting.delete(fail);
        client.publishAsync(topic, payload as Buffer, { qos: 1, retain }).then(() => resolve(), fail).finally(end);
      }),
    pauseIntake: () => void (taking = false),
    close: async () => {
      taking = false;
      // Gracefully only when there is somebody to be graceful with: else mqtt.js waits for PUBACKs that cannot come.
      await client.endAsync(!client.connected);
      for (const fail of waiting) fail(new Error("the connection is closed"));
    },
  };
}

function firstConnection(client: MqttClient, url: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (cause?: Error) => {
      clearTimeout(timer);
      client.off("connect", connected).off("error", finish).off("close", closed);
      if (cause === undefined) return resolve();
      // A late error of the dying socket must not become an uncaught one.
      client.on("error", () => {});
      const detail = cause.message === "" ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : cause.message;
      reject(new GatewayError("BROKER_UNREACHABLE", `expected an MQTT broker at ${url}, got: ${detail}; start one or give another --broker`, { cause }));
    };
    const connected = () => finish();
    const closed = () => finish(new Error("the connection was closed"));
    const timer = setTimeout(() => finish(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    client.on("connect", connected).on("error", finish).on("close", closed);
  });
}

async function subscribe(client: MqttClient, topics: readonly string[]): Promise<void> {
  try {
    const granted = await client.subscribeAsync([...topics], { qos: 1 });
    for (const { topic, qos } of granted) if (qos !== 1) throw new Error(`QoS ${qos} for ${topic}`);
  } catch (cause) {
    throw new GatewayError("SUBSCRIPTION_REFUSED", `expected the broker to grant ${topics.join(" and ")} with QoS 1, got: ${reasonOf(cause)}; check the broker's access rules`, { cause });
  }
}

/**
 * The PUBACKs of one connection, sent in the order in which the messages came [MQTT-4.6.0-2], however they are settled. After the
 * connection is gone none is sent: on another one the packet id may be that of another message [MQTT-4.4.0-1].
 */
class PubackLine {
  private readonly client: MqttClient;
  private readonly stream: MqttClient["stream"];
  private readonly line: { readonly id: number; settled: boolean }[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    this.stream = client.stream;
  }

  /** Whether the client still is on this connection. */
  get isCurrent(): boolean {
    return this.client.stream === this.stream;
  }

  /** Takes a message into the line; returns what settles it. */
  join({ qos, messageId }: IPublishPacket): () => void {
    if (qos !== 1 || messageId === undefined) return () => {};
    const place = { id: messageId, settled: false };
    this.line.push(place);
    return () => {
      place.settled = true;
      for (let first = this.line[0]; first?.settled === true; first = this.line[0]) {
        this.line.shift();
        // PUBACK is 40 02 and the packet id (MQTT 3.1.1 §3.4).
        if (this.isCurrent && this.client.connected) this.stream.write(Buffer.of(0x40, 2, first.id >> 8, first.id & 0xff));
      }
    };
  }
}
