/** Listens to what a device reports (modules/app/report.ts) until its first result of this boot is where it is to be. */
import { decodePublicKey, isDeviceId } from "assay/statement/cose-key";
import type { FlashedDevice } from "../board.ts";

/** How many lines that are no event are kept, for the error that nothing came. */
const LAST_LINES = 12;
/** What systemd says in a service's journal when that has failed, and how often until it is no accident. */
const FAILED = /^assay-[a-z0-9-]+\.service: Failed with result '/;
const FAILURES = 3;

/** A COSE_Key of either curve (RFC 9679 §3), in hex. */
const COSE_KEY = /^a40102200[18]215820[0-9a-f]{64}225820[0-9a-f]{64}$/;

/** What of an event is read; the line is hostile, so each field is checked. */
type Fields = Readonly<Record<string, unknown>>;

function eventOf(line: string): Fields | undefined {
  if (!line.startsWith('{"event":')) return undefined;
  try {
    return JSON.parse(line) as Fields;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function deviceOf({ device, publicKey, simulator, registration }: Fields): FlashedDevice | undefined {
  if (typeof device !== "string" || !isDeviceId(device) || typeof publicKey !== "string" || !COSE_KEY.test(publicKey)) return undefined;
  const proof = typeof registration === "object" && registration !== null && "proof" in registration ? registration.proof : undefined;
  return {
    id: device,
    publicKey: decodePublicKey(Uint8Array.from(Buffer.from(publicKey, "hex"))),
    simulator: simulator === true,
    ...(typeof proof === "string" && /^[0-9a-f]{128}$/.test(proof) ? { proof: Uint8Array.from(Buffer.from(proof, "hex")) } : {}),
  };
}

/** Told of each step, once. */
export interface FirstStatementEvents {
  readonly onDevice: (device: FlashedDevice) => void;
  /** the gateway has stored this boot's statements up to and with the first result */
  readonly onStored: (sequence: number) => void;
  /** the service ends again and again */
  readonly onFailing: () => void;
  readonly progress: (line: string) => void;
}

/** Reads a device's lines from its start on. */
export class FirstStatement {
  private readonly events: FirstStatementEvents;
  private readonly last: string[] = [];
  private first: number | undefined;
  private isStored = false;
  private failures = 0;
  private device: FlashedDevice | undefined;

  constructor(events: FirstStatementEvents) {
    this.events = events;
  }

  /** What it said last that was no event, or how far it came. */
  get lastWords(): string {
    const way = this.device === undefined ? "it never said who it is" : this.first === undefined ? "it has made no result yet" : "it has made results, and no gateway has acknowledged them";
    return [way, ...this.last].join("\n");
  }

  read(line: string): void {
    const event = eventOf(line);
    if (event === undefined) {
      this.last.push(line);
      if (this.last.length > LAST_LINES) this.last.shift();
      if (FAILED.test(line) && ++this.failures === FAILURES) this.events.onFailing();
      return;
    }
    const { event: kind, sequence } = event;
    if (kind === "identity") this.identified(event);
    // What ran before the restart may still have something to say.
    if (this.device === undefined) return;
    if (kind === "boot") this.booted(event);
    else if (kind === "connected") this.events.progress("connected to the broker");
    else if (kind === "disconnected") this.last.push(`no connection to the broker: ${String(event["reason"])}`);
    else if (kind === "statement" && typeof sequence === "number") this.stated(sequence, event);
    else if (kind === "ack" && typeof sequence === "number") this.acknowledged(sequence);
  }

  private identified(event: Fields): void {
    const device = deviceOf(event);
    if (device === undefined || this.device !== undefined) return;
    this.device = device;
    this.events.progress(`device ${device.id}, public key ${String(event["publicKey"])}`);
    this.events.onDevice(device);
  }

  private booted(event: Fields): void {
    this.events.progress(`boot ${String(event["bootCount"])} of ${String(event["app"])} on ${String(event["board"])}, kernels ${String(event["kernels"])}, self-check ${event["selfCheck"] === true ? "passed" : "FAILED"}`);
  }

  private stated(sequence: number, event: Fields): void {
    if (this.first !== undefined) return;
    this.first = sequence;
    this.events.progress(`first result: ${String(event["label"])}, statement ${sequence}`);
  }

  private acknowledged(sequence: number): void {
    if (this.first === undefined || sequence < this.first || this.isStored) return;
    this.isStored = true;
    this.events.progress(`the gateway has verified and stored statement ${sequence}`);
    this.events.onStored(sequence);
  }
}
