/**
 * An MQTT 3.1.1 client for a device with little memory. What it keeps is bounded: `maxInflight` messages of QoS 1, each once;
 * 16 subscriptions; one incoming packet of `maxPacketBytes`; and an output queue that is cut off when the broker does not read.
 *
 * It publishes and receives QoS 0 and 1. Messages beyond `maxInflight` stay with the caller: the outbox has them on flash.
 *
 * Source: MQTT Version 3.1.1, OASIS Standard, 29 October 2014; clause numbers in brackets.
 */
import type { TimerId } from "timer";
import { Backoff } from "assay/mqtt/backoff";
import { KeepAlive } from "assay/mqtt/keep-alive";
import { MqttError, type MqttErrorCode } from "assay/mqtt/mqtt-error";
import { checkLimits, type Limits, type MqttOptions, type TcpSocket } from "assay/mqtt/options";
import { Output } from "assay/mqtt/output";
import { encodeConnect, encodeDisconnect, encodePingreq, encodePuback, encodePublish, type Qos } from "assay/mqtt/packets";
import { Parser, type Incoming } from "assay/mqtt/parser";
import { MAX_SUBSCRIPTIONS, Session } from "assay/mqtt/session";

export { MqttError, type MqttErrorCode } from "assay/mqtt/mqtt-error";
export type { MqttOptions } from "assay/mqtt/options";
export type { Qos, Will } from "assay/mqtt/packets";

/** How a message is published. */
export interface PublishOptions {
  /** default 0 */
  readonly qos?: Qos | undefined;
  /** default false */
  readonly retain?: boolean | undefined;
  /** QoS 1: the broker has taken the message (PUBACK). It says nothing about subscribers. */
  readonly onAcknowledged?: (() => void) | undefined;
}

/** `waiting` for the next attempt, `connecting` until CONNACK, `closing` until DISCONNECT is with the socket. */
type State = "waiting" | "connecting" | "connected" | "closing" | "closed";

/** The largest piece that is asked of the socket at once, bytes. */
const READ_BYTES = 1024;

/** Short answers (PUBACK, PINGREQ, SUBSCRIBE) that may wait for a broker which does not read. Brokers keep about 20 messages in flight to a client. */
const MAX_WAITING_ANSWERS = 64 + MAX_SUBSCRIPTIONS;

/** CONNACK return codes 1 to 5 (§3.2.2.3). */
const REFUSALS: readonly (readonly [MqttErrorCode, string])[] = Object.freeze([
  Object.freeze<[MqttErrorCode, string]>(["REFUSED_VERSION", "unacceptable protocol version"]),
  Object.freeze<[MqttErrorCode, string]>(["REFUSED_IDENTIFIER", "client identifier rejected"]),
  Object.freeze<[MqttErrorCode, string]>(["REFUSED_UNAVAILABLE", "server unavailable"]),
  Object.freeze<[MqttErrorCode, string]>(["REFUSED_CREDENTIALS", "bad user name or password"]),
  Object.freeze<[MqttErrorCode, string]>(["REFUSED_AUTHORIZATION", "not authorised"]),
]);

/**
 * A client that connects, and connects again after every failure, until `close()`.
 *
 * Callbacks may call any method. They are never called from within the constructor.
 *
 * @example
 * ```ts
 * const client = new MqttClient({ TCP, Timer, ticks, random, host: "broker.local", port: 1883, clientId: "device7",
 *   onConnected: () => client.publish("state", payload, { qos: 1, retain: true }) });
 * client.subscribe("ack", 1);
 * ```
 */
export class MqttClient {
  private readonly options: MqttOptions;
  private readonly limits: Limits;
  private readonly connectPacket: Uint8Array;
  private readonly session: Session;
  private readonly backoff: Backoff;
  private readonly output = new Output();
  private readonly keepAlive: KeepAlive | undefined;
  private parser: Parser;
  private state: State = "waiting";
  private socket: TcpSocket | undefined;
  /** counts connections, so that a late callback of an old socket is known */
  private connection = 0;
  /** the pause before an attempt, or the limit of waiting for CONNACK or for DISCONNECT to leave */
  private timer: TimerId | undefined;
  private keepAliveTimer: TimerId | undefined;
  private connectedAt = 0;

  /** @throws MqttError `BAD_OPTION`, `BAD_TOPIC` (the will's) */
  constructor(options: MqttOptions) {
    this.options = options;
    this.limits = checkLimits(options);
    const { clientId, user, password, will, cleanSession = false } = options;
    this.connectPacket = encodeConnect({ clientId, user, password, will, cleanSession, keepAliveSeconds: this.limits.keepAliveSeconds });
    this.session = new Session(this.limits.maxInflight, this.limits.maxPacketBytes);
    this.backoff = new Backoff(this.limits.backoff, options.random);
    this.parser = new Parser(this.limits.maxPacketBytes);
    const { keepAliveSeconds, responseTimeoutMs } = this.limits;
    this.keepAlive = keepAliveSeconds === 0 ? undefined : new KeepAlive(keepAliveSeconds * 1000, responseTimeoutMs);
    this.timer = options.Timer.set(() => this.connect(), 0);
  }

  /** whether the broker has accepted this client and the connection stands, as far as is known */
  get connected(): boolean {
    return this.state === "connected";
  }

  /** whether `publish` with QoS 1 would take a message */
  get hasRoom(): boolean {
    return this.session.hasRoom && this.state !== "closing" && this.state !== "closed";
  }

  /** messages of QoS 1 that the broker has not acknowledged */
  get inflight(): number {
    return this.session.inflightCount;
  }

  /**
   * Publishes a message. QoS 1 is taken also without a connection, and sent again after every reconnect, in order, until the
   * broker acknowledges it [MQTT-4.4.0-1]. QoS 0 is taken only while connected.
   *
   * @returns false if there is no room: the caller keeps the message and offers it again in `onAcknowledged` or `onConnected`
   * @throws MqttError `BAD_TOPIC`, `TOO_LARGE`: this message can never be sent
   */
  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): boolean {
    if (this.state === "closing" || this.state === "closed") return false;
    const retain = options.retain === true;
    if (options.qos === 1) {
      if (!this.session.hasRoom) return false;
      const packet = this.session.addMessage(topic, payload, retain, options.onAcknowledged, this.connected);
      if (this.connected) this.send(packet);
      return true;
    }
    if (!this.connected) return false;
    const packet = encodePublish(topic, payload, 0, retain, 0, this.limits.maxPacketBytes);
    if (this.output.bytes > 0 && this.output.bytes + packet.length > this.limits.maxPacketBytes) return false;
    this.send(packet);
    return true;
  }

  /**
   * Subscribes, now and whenever the broker has lost the session. A refusal goes to `onWarning`.
   *
   * @throws MqttError `BAD_TOPIC`, `TOO_MANY`
   */
  subscribe(filter: string, qos: Qos): void {
    this.session.subscribe(filter, qos);
    if (this.connected) this.sendSubscribes();
  }

  /**
   * Ends the connection and connects no more; `onDisconnected` then says `CLOSED`, once. Unacknowledged messages stay unacknowledged.
   *
   * @param graceful true: DISCONNECT first, so that the broker drops the will [MQTT-3.14.4-3]; false: the socket is just closed,
   *   and the broker publishes the will
   */
  close(graceful = true): void {
    if (this.state === "closed" || (graceful && this.state === "closing")) return;
    if (!graceful || this.state !== "connected") {
      this.end(new MqttError("CLOSED", "the client was closed"));
      return;
    }
    this.state = "closing";
    this.clearTimers();
    this.timer = this.options.Timer.set(() => {
      this.timer = undefined;
      this.end(new MqttError("CLOSED", "the client was closed; the broker did not read its DISCONNECT"));
    }, this.limits.responseTimeoutMs);
    this.send(encodeDisconnect());
  }

  private connect(): void {
    const { TCP, Timer, host, port } = this.options;
    const connection = ++this.connection;
    const isCurrent = () => connection === this.connection;
    this.state = "connecting";
    this.parser = new Parser(this.limits.maxPacketBytes);
    this.output.push(this.connectPacket); // the first packet [MQTT-3.1.0-1], and only once [MQTT-3.1.0-2]
    this.timer = Timer.set(() => {
      this.timer = undefined;
      this.end(new MqttError("TIMEOUT_CONNACK", `expected CONNACK from ${host}:${port} within ${this.limits.responseTimeoutMs} ms, got none`));
    }, this.limits.responseTimeoutMs);
    try {
      const socket = new TCP({
        ...(/^\d+\.\d+\.\d+\.\d+$/.test(host) ? { address: host } : { host }),
        port,
        nodelay: true, // a statement is one small write; Nagle's algorithm would hold the second back for an acknowledgement
        format: "buffer",
        onReadable: (bytes) => {
          if (isCurrent()) this.read(bytes);
        },
        onWritable: (bytes) => {
          if (!isCurrent()) return;
          this.output.offer(bytes);
          this.flush();
        },
        onError: (cause) => {
          if (!isCurrent()) return;
          const got = cause === undefined ? "an error or its end" : String(cause);
          this.end(new MqttError("TRANSPORT", `expected a connection to ${host}:${port}, got ${got}`, cause === undefined ? undefined : { cause }));
        },
      });
      // A class may fail within its constructor and call onError there: then this attempt is over.
      if (!isCurrent()) {
        socket.close();
        return;
      }
      this.socket = socket;
      this.flush(); // for one that called onWritable there
    } catch (cause) {
      if (isCurrent()) this.end(new MqttError("TRANSPORT", `expected a socket for ${host}:${port}, got ${String(cause)}`, { cause }));
    }
  }

  private read(bytes: number): void {
    const socket = this.socket;
    if (socket === undefined) return;
    for (let left = bytes; left > 0; ) {
      const data = socket.read(Math.min(left, READ_BYTES));
      if (data === undefined || data.byteLength === 0) return;
      left -= data.byteLength;
      this.keepAlive?.received(this.options.ticks(), this.parser.midPacket);
      this.parser.push(new Uint8Array(data));
      for (let packet = this.parse(); packet !== undefined; packet = this.parse()) {
        this.receive(packet);
        if (this.socket !== socket) return;
      }
      if (this.socket !== socket) return;
    }
  }

  private parse(): Incoming | undefined {
    try {
      return this.parser.next();
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      this.end(error);
      return undefined;
    }
  }

  private receive(packet: Incoming): void {
    if (this.state === "closing") return;
    if ((packet.type === "connack") !== (this.state === "connecting")) {
      // CONNACK comes first [MQTT-3.2.0-1] and once.
      this.end(new MqttError("PROTOCOL", `expected ${this.state === "connecting" ? "CONNACK first" : "no second CONNACK"}, got ${packet.type}`));
      return;
    }
    switch (packet.type) {
      case "connack":
        this.accept(packet.sessionPresent, packet.returnCode);
        break;
      case "publish":
        this.options.onMessage?.(packet.topic, packet.payload, packet.retain);
        if (packet.qos === 1) this.answer(packet.packetId);
        break;
      case "oversize":
        // Acknowledged like any other [MQTT-4.5.0-2]: otherwise it comes again with every connection and blocks what is behind it.
        this.options.onWarning?.(new MqttError("TOO_LARGE", `expected messages of at most ${this.limits.maxPacketBytes} bytes, discarded one of ${packet.length}`));
        if (packet.qos === 1) this.answer(packet.packetId);
        break;
      case "puback":
        this.session.acknowledge(packet.packetId)?.();
        break;
      case "suback":
        this.settle(packet.packetId, packet.granted);
        break;
      case "pingresp":
        this.keepAlive?.answered();
        this.watchKeepAlive();
    }
  }

  private accept(sessionPresent: boolean, returnCode: number): void {
    const { host, port, cleanSession = false } = this.options;
    const refusal = REFUSALS[returnCode - 1];
    if (refusal !== undefined) {
      this.end(new MqttError(refusal[0], `expected ${host}:${port} to accept client ${this.options.clientId}, got refused: ${refusal[1]}`));
      return;
    }
    if (sessionPresent && cleanSession) {
      this.end(new MqttError("PROTOCOL", "expected no session after a clean start, got session present [MQTT-3.2.2-1]"));
      return;
    }
    this.clearTimers();
    this.state = "connected";
    this.connectedAt = this.options.ticks();
    this.keepAlive?.start(this.connectedAt);
    this.watchKeepAlive();
    this.session.beginConnection(sessionPresent);
    // Subscriptions first: what is sent again may be answered on them at once.
    for (const packet of this.session.subscribesToSend()) this.output.push(packet);
    for (const packet of this.session.messagesToRepeat(cleanSession)) this.output.push(packet);
    this.flush();
    if (this.connected) this.options.onConnected?.(sessionPresent);
  }

  private settle(packetId: number, granted: Uint8Array): void {
    const error = this.session.settle(packetId, granted);
    if (error?.code === "SUBSCRIPTION_REFUSED") this.options.onWarning?.(error);
    else if (error !== undefined) this.end(error);
  }

  /** PUBACK, in the order in which the messages came [MQTT-4.6.0-2]; not if the app closed meanwhile. */
  private answer(packetId: number): void {
    if (this.connected) this.send(encodePuback(packetId));
  }

  private sendSubscribes(): void {
    for (const packet of this.session.subscribesToSend()) this.send(packet);
  }

  private send(packet: Uint8Array): void {
    this.output.push(packet);
    this.flush();
    if (this.output.packets > MAX_WAITING_ANSWERS + this.limits.maxInflight) {
      this.end(new MqttError("OUTPUT_OVERFLOW", `expected the broker to read, got ${this.output.packets} packets that wait for it`));
    }
  }

  private flush(): void {
    const socket = this.socket;
    if (socket === undefined) return;
    let wrote = false;
    try {
      wrote = this.output.flush((bytes) => socket.write(bytes));
    } catch (cause) {
      if (this.socket === socket) this.end(new MqttError("TRANSPORT", `expected to write to the broker, got ${String(cause)}`, { cause }));
      return;
    }
    if (this.socket !== socket) return;
    if (wrote) this.keepAlive?.sent(this.options.ticks());
    if (this.state === "closing" && this.output.packets === 0) this.end(new MqttError("CLOSED", "the client was closed"));
  }

  /** Does what is due to keep the connection, or to give it up, and sets the timer for the next look. */
  private watchKeepAlive(): void {
    const { keepAlive } = this;
    if (keepAlive === undefined || !this.connected) return;
    let due = keepAlive.check(this.options.ticks());
    if (due === "ping") {
      keepAlive.pinged(this.options.ticks());
      this.send(encodePingreq());
      if (!this.connected) return;
      due = keepAlive.timeoutMs;
    }
    if (due === "dead") {
      this.end(new MqttError("TIMEOUT_PINGRESP", `expected PINGRESP within ${keepAlive.timeoutMs} ms, got none`));
      return;
    }
    if (this.keepAliveTimer !== undefined) this.options.Timer.clear(this.keepAliveTimer);
    this.keepAliveTimer = this.options.Timer.set(() => {
      this.keepAliveTimer = undefined;
      this.watchKeepAlive();
    }, Math.max(1, due));
  }

  /** The connection, or the attempt, is over; unless that was `close()`, another attempt follows. */
  private end(reason: MqttError): void {
    const socket = this.socket;
    const heldMs = this.state === "connected" ? this.options.ticks() - this.connectedAt : 0;
    // close() was under way: however it went, that is what happened.
    const closed = reason.code === "CLOSED" || this.state === "closing";
    this.connection++;
    this.socket = undefined;
    this.clearTimers();
    this.output.clear();
    socket?.close();
    if (closed) {
      this.state = "closed";
      this.options.onDisconnected?.(reason.code === "CLOSED" ? reason : new MqttError("CLOSED", "the client was closed", { cause: reason }), undefined);
      return;
    }
    const retryMs = this.backoff.next(heldMs);
    this.state = "waiting";
    this.timer = this.options.Timer.set(() => this.connect(), retryMs);
    this.options.onDisconnected?.(reason, retryMs);
  }

  private clearTimers(): void {
    const { Timer } = this.options;
    if (this.timer !== undefined) Timer.clear(this.timer);
    if (this.keepAliveTimer !== undefined) Timer.clear(this.keepAliveTimer);
    this.timer = this.keepAliveTimer = undefined;
  }
}
