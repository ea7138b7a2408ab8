/**
 * The program around an app on a device: opens what the board has, then samples, infers, attests and relays until it is told to stop.
 */
import board from "assay/board";
import TCP from "assay/board/tcp";
import TLS, { type TLSCredentials } from "assay/board/tls";
import { openTrace } from "assay/trace";
import flash from "embedded:storage/flash";
import keyValue from "embedded:storage/key-value";
import config from "mc/config";
import Timer, { type TimerId } from "timer";
import { AppError, type App } from "assay/app";
import { AttestationPolicy } from "assay/app/attestation-policy";
import { Attestor, littleEndian } from "assay/app/attestor";
import { Relay } from "assay/app/relay";
import { report } from "assay/app/report";
import { readSettings, type Settings } from "assay/app/settings";
import { SlidingWindow } from "assay/app/window";
import { activateKey, openIdentity, type Identity, type KeyValueStore } from "assay/identity";
import { sha256 } from "assay/identity/natives";
import { MqttClient } from "assay/mqtt";
import type { MqttError } from "assay/mqtt/mqtt-error";
import type { TcpClass } from "assay/mqtt/options";
import { Outbox } from "assay/outbox";
import { Recording } from "assay/sensor/recording";
import type { Sensor } from "assay/sensor/sensor";
import { decodeBase64url } from "assay/statement/base64url";
import { encode } from "assay/statement/cbor";
import { encodePublicKey } from "assay/statement/cose-key";
import { encodeState } from "assay/statement/messages";
import { ackTopic, beaconTopic, stateTopic } from "assay/statement/topics";
import { Model } from "assay/tflite";
import { ModelError } from "assay/tflite/model-error";

/** The gateway acks within a batch's time; without progress for this long it is asked again. */
const RESEND_MS = 10_000;
/** Bytes that an inference statement takes at most beside its output tensor, with names and labels of full length: asked for before signing. */
const STATEMENT_OVERHEAD = 320;
/** The same for a boot statement, whose channels and names take the most. */
const BOOT_STATEMENT_ROOM = 2048;
/** How long a device that is told to stop goes on sending what it holds. */
const DRAIN_MS = 5_000;
/** Seconds without traffic after which the broker may take the device for gone [MQTT-3.1.2-24]. */
const KEEP_ALIVE_S = 20;

/** Runs `app` on this board. Returns at once; timers and sockets do the rest. */
export function run(app: App): void {
  const settings = readSettings(config);
  const identity = introduce(settings);
  if (settings.provision) board.exit(0);
  if (settings.broker === undefined) throw new AppError("BAD_CONFIG", "config.broker: expected { host, port }, got nothing");
  new Device(app, identity, settings, settings.broker);
}

/** Opens the identity and says on the data line who this is, with the proofs that are asked for. */
function introduce(settings: Settings): Identity {
  // Opened for buffers, so that is what it holds; the type of the SDK's stores is that of all formats.
  const store = keyValue.open({ path: "identity", mode: "r+", format: "buffer" }) as KeyValueStore;
  const options = { store, entropy: (n: number) => new Uint8Array(board.entropy(n)) };
  if (settings.key !== undefined) activateKey(options, settings.key);
  const identity = openIdentity(options);
  const { register, rotate } = settings;
  const proof = register && identity.proveRegistration({ ...register, simulator: board.simulator });
  report("identity", {
    device: identity.deviceId,
    publicKey: hex(encodePublicKey(identity.publicKey)),
    simulator: board.simulator,
    ...(register === undefined || proof === undefined ? {} : { registration: { chainId: register.chainId, registry: `0x${hex(register.registry)}`, owner: `0x${hex(register.owner)}`, proof: hex(proof) } }),
  });
  if (rotate !== undefined) {
    const { newKey, keyCount, byCurrent, byNew } = identity.prepareRotation(rotate);
    report("rotation", { device: identity.deviceId, chainId: rotate.chainId, registry: `0x${hex(rotate.registry)}`, newKey: hex(encodePublicKey(newKey)), keyCount, byCurrent: hex(byCurrent), byNew: hex(byNew) });
  }
  return identity;
}

class Device {
  private readonly app: App;
  private readonly identity: Identity;
  private readonly settings: Settings;
  private readonly model: Model;
  private readonly outbox: Outbox;
  private readonly attestor: Attestor;
  private readonly policy: AttestationPolicy;
  private readonly window: SlidingWindow;
  private readonly sensor: Sensor;
  private readonly mqtt: MqttClient;
  private readonly relay: Relay;
  private readonly sampling: TimerId;
  private readonly resending: TimerId;
  private readonly stateTopic: string;
  private announced = false;
  private stopping = false;
  private progressAt = board.ticks();

  constructor(app: App, identity: Identity, settings: Settings, broker: NonNullable<Settings["broker"]>) {
    const { deviceId } = identity;
    this.app = app;
    this.identity = identity;
    this.settings = settings;
    this.model = new Model(app.model);
    this.outbox = new Outbox({ flash: flash.open({ path: "outbox", mode: "r+" }) });
    this.attestor = new Attestor({ identity, outbox: this.outbox, subject: app.name, sha256 });
    this.policy = new AttestationPolicy(app.attest ?? { when: "always" }, app.window.hop, app.sensor.rateHz);
    this.window = new SlidingWindow({ ...app.window, channels: app.sensor.channels.length });
    this.sensor = this.openSensor();
    this.stateTopic = stateTopic(deviceId);

    this.announce();
    this.mqtt = new MqttClient({
      TCP: socketClass(broker.tls),
      Timer,
      ticks: () => board.ticks(),
      random: this.random(),
      host: broker.host,
      port: broker.port,
      ...(broker.user === undefined ? {} : { user: broker.user }),
      ...(broker.password === undefined ? {} : { password: broker.password }),
      // 21 of the 23 letters and digits that every broker takes [MQTT-3.1.3-5].
      clientId: `assay${hex(decodeBase64url(deviceId)!.subarray(0, 8))}`,
      will: { topic: this.stateTopic, payload: encodeState("offline"), qos: 1, retain: true },
      keepAliveSeconds: KEEP_ALIVE_S,
      onConnected: (sessionPresent) => this.connected(sessionPresent),
      onMessage: (topic, payload) => this.relay.receive(topic, payload),
      onDisconnected: (reason) => this.disconnected(reason),
      onWarning: (warning) => console.warn(String(warning)),
    });
    this.relay = new Relay({ device: deviceId, outbox: this.outbox, mqtt: this.mqtt, onProgress: (sequence) => this.progressed(sequence) });
    this.mqtt.subscribe(ackTopic(deviceId), 1);
    this.mqtt.subscribe(beaconTopic, 1);
    const speed = settings.trace?.speed ?? 1;
    this.sampling = Timer.repeat(() => this.sample(), 1000 / (app.sensor.rateHz * speed));
    this.resending = Timer.repeat(() => this.resend(), RESEND_MS / 4);
    board.onShutdown(() => this.stop());
  }

  private openSensor(): Sensor {
    const { trace } = this.settings;
    if (trace === undefined) return this.app.sensor.open();
    return new Recording(this.app.sensor, openTrace(trace.file), {
      repeat: trace.repeat,
      onEnd: () => {
        report("trace-end", {});
        this.stop();
      },
    });
  }

  /**
   * Makes this boot's statement, which comes before all others of the boot, as soon as the outbox has room for it: a device that boots
   * with a full outbox first has to send what it holds.
   * @returns whether the statement is made
   */
  private announce(): boolean {
    const { app, model, identity } = this;
    if (this.announced) return true;
    if (!this.outbox.fits(BOOT_STATEMENT_ROOM)) return false;
    this.announced = true;
    const statement = this.attestor.boot({
      version: app.version,
      board: board.name,
      firmware: new Uint8Array(board.image.digest),
      model: sha256(new Uint8Array(app.model)),
      frontEnd: sha256(encode(app.features.description)),
      kernels: { variant: model.kernels.variant, selfCheck: model.kernels.selfCheck },
      channels: app.sensor.channels,
      window: { length: app.window.length, hop: app.window.hop, rate: app.sensor.rateHz },
      simulator: board.simulator,
    });
    report("boot", {
      device: identity.deviceId,
      app: app.name,
      board: board.name,
      engine: board.image.engine,
      bootCount: identity.bootCount,
      sequence: this.attestor.nextSequence - 1,
      bytes: statement.length,
      codeBytes: board.image.codeBytes,
      modelBytes: app.model.byteLength,
      arenaBytes: model.arenaBytes,
      kernels: model.kernels.variant,
      selfCheck: model.kernels.selfCheck,
      rejectedKernels: model.kernels.rejected,
      ...(this.settings.reveal ? { frontEnd: app.features.description } : {}),
      ...board.memory(),
    });
    return true;
  }

  private random(): () => number {
    const { seed } = this.settings;
    if (seed === undefined) return Math.random;
    // mulberry32: small, and good enough to spread reconnections.
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  private connected(sessionPresent: boolean): void {
    report("connected", { sessionPresent });
    this.progressAt = board.ticks();
    this.mqtt.publish(this.stateTopic, encodeState("online"), { qos: 1, retain: true });
    this.relay.pump();
  }

  private disconnected(reason: MqttError): void {
    report("disconnected", { reason: reason.code });
    // What a person has to put right, such as a certificate that has expired.
    if (reason.code === "TRANSPORT" && reason.cause !== undefined) console.warn(reason.message);
    if (this.stopping && reason.code === "CLOSED") board.exit(0);
  }

  private sample(): void {
    const values = this.sensor.sample();
    if (values === undefined || this.stopping || !this.window.push(values)) return;
    const sampledAt = Date.now();
    const features = this.app.features.apply(this.window.values, this.app.sensor.channels.length);
    const output = this.infer(features);
    const result = this.app.interpret({ output, dequantized: (index) => this.dequantized(output, index) });
    if (this.policy.isDue(result.label)) this.attest(sampledAt, output, result);
  }

  private infer(features: Float32Array): Int8Array {
    const output = this.model.run(features);
    if (!(output instanceof Int8Array)) throw new ModelError("UNSUPPORTED", `expected a model whose output is int8, got ${this.model.outputs[0]?.type}`);
    return output;
  }

  private dequantized(output: Int8Array, index: number): number {
    const { scale, zeroPoint } = this.model.outputs[0]!;
    return scale * (output[index]! - zeroPoint);
  }

  private attest(sampledAt: number, output: Int8Array, result: { label: string; score: number }): void {
    // The gateway is out of reach for long: what is stored is kept, and this window goes unattested, without a gap in the chain.
    if (!this.announce() || !this.outbox.fits(STATEMENT_OVERHEAD + output.byteLength)) {
      report("withheld", {});
      return;
    }
    const salt = this.settings.reveal ? this.attestor.nextSalt : undefined;
    const statement = this.attestor.inference({
      window: this.window.values,
      output: new Uint8Array(output.buffer, output.byteOffset, output.byteLength),
      result,
      beacon: this.relay.beacon,
      time: this.settings.time ? Math.floor(sampledAt / 1000) : null,
    });
    this.policy.stated();
    report("statement", { sequence: this.attestor.nextSequence - 1, label: result.label, score: result.score, bytes: statement.length, sampledAt, storedAt: Date.now() });
    if (salt !== undefined) report("input", { sequence: this.attestor.nextSequence - 1, bootCount: this.identity.bootCount, salt: hex(salt), window: hex(littleEndian(this.window.values)) });
    this.relay.pump();
  }

  private progressed(sequence: number): void {
    this.progressAt = board.ticks();
    report("ack", { sequence });
    if (!this.stopping) this.announce();
    if (this.stopping && this.outbox.pending === 0) this.goodbye();
  }

  private resend(): void {
    if (this.outbox.pending === 0 || board.ticks() - this.progressAt < RESEND_MS) return;
    this.progressAt = board.ticks();
    this.relay.restart();
  }

  private stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    Timer.clear(this.sampling);
    this.sensor.close();
    if (this.outbox.pending === 0) this.goodbye();
    else Timer.set(() => this.goodbye(), DRAIN_MS);
  }

  private goodbye(): void {
    Timer.clear(this.resending);
    // Acks that are only remembered go to flash, so that the next boot sends nothing twice.
    this.outbox.flush();
    const { slotsUsed, chunkBytesUsed } = board.memory();
    report("stop", { pending: this.outbox.pending, slotsUsed, chunkBytesUsed });
    // DISCONNECT discards the last will [MQTT-3.14.4-3], so the device says itself that it goes.
    this.mqtt.publish(this.stateTopic, encodeState("offline"), { qos: 0, retain: true });
    this.mqtt.close(true);
  }
}

/** The class of the broker's socket. */
function socketClass(tls: TLSCredentials | undefined): TcpClass {
  if (tls === undefined) return TCP;
  const credentials = tls;
  return class extends TLS {
    constructor(options: ConstructorParameters<TcpClass>[0]) {
      super({ ...options, tls: credentials });
    }
  };
}

/** Hexadecimal digits, put together from short pieces: a long string that grows by two characters would leave a trail of copies in the heap. */
function hex(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 32) {
    let piece = "";
    for (const byte of bytes.subarray(start, start + 32)) piece += (byte < 16 ? "0" : "") + byte.toString(16);
    text += piece;
  }
  return text;
}
