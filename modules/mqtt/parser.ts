/**
 * The bytes that a broker sends, cut into MQTT 3.1.1 control packets. The broker is not trusted: whatever it sends, this
 * needs no more than `maxPacketBytes` and one chunk, and gives packets or an MqttError.
 *
 * Source: MQTT Version 3.1.1, OASIS Standard, 29 October 2014, sections 2 and 3.
 */
import { MqttError } from "assay/mqtt/mqtt-error";
import type { Qos } from "assay/mqtt/packets";
import { isForbiddenName } from "assay/mqtt/topic";
import { decodeUtf8 } from "assay/mqtt/utf8";

/** A packet from the broker that a client which subscribes with QoS 0 and 1 can get. */
export type Incoming =
  /** `returnCode` 0 to 5 (§3.2.2.3) */
  | { readonly type: "connack"; readonly sessionPresent: boolean; readonly returnCode: number }
  /** `packetId` is 0 with QoS 0; `payload` may be a view of a chunk that was pushed */
  | { readonly type: "publish"; readonly topic: string; readonly payload: Uint8Array; readonly qos: Qos; readonly retain: boolean; readonly duplicate: boolean; readonly packetId: number }
  /** a PUBLISH beyond the limit: skipped, but its id is kept, since unacknowledged it would come again for ever */
  | { readonly type: "oversize"; readonly qos: Qos; readonly packetId: number; readonly length: number }
  | { readonly type: "puback"; readonly packetId: number }
  /** one byte per filter: the QoS granted (0 to 2), or 0x80 refused [MQTT-3.9.3-2] */
  | { readonly type: "suback"; readonly packetId: number; readonly granted: Uint8Array }
  | { readonly type: "pingresp" };

const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;
const PINGRESP = 13;

const NONE = new Uint8Array(0);

/** An incremental decoder. After it has thrown it is of no more use: the connection has to be closed [MQTT-4.8.0-1]. */
export class Parser {
  private readonly maxPacketBytes: number;
  private chunk: Uint8Array = NONE;
  private at = 0;
  /** fixed header: first byte, or -1 before it came */
  private first = -1;
  private lengthShift = 0;
  private length = 0;
  private lengthKnown = false;
  /** bytes of the body that have come */
  private have = 0;
  /** collects a body that comes in several chunks */
  private body: Uint8Array | undefined;
  private skipping = false;
  private topicLength = 0;
  private packetId = 0;

  /** @param maxPacketBytes limit of a packet's remaining length; a longer PUBLISH is skipped, any other is an error */
  constructor(maxPacketBytes: number) {
    this.maxPacketBytes = maxPacketBytes;
  }

  /** Takes the next bytes. `next` must have returned undefined for those before. */
  push(chunk: Uint8Array): void {
    this.chunk = chunk;
    this.at = 0;
  }

  /** whether a packet has begun to come and is not complete */
  get midPacket(): boolean {
    return this.first >= 0;
  }

  /**
   * The next complete packet, or undefined if more bytes are needed.
   *
   * @throws MqttError `MALFORMED`, `PROTOCOL`, `TOO_LARGE`
   */
  next(): Incoming | undefined {
    if (!this.readFixedHeader()) return undefined;
    const available = Math.min(this.chunk.length - this.at, this.length - this.have);
    const piece = this.chunk.subarray(this.at, this.at + available);
    if (this.skipping) this.skim(piece);
    else if (this.have === 0 && available === this.length) this.body = piece;
    else (this.body ??= new Uint8Array(this.length)).set(piece, this.have);
    this.at += available;
    this.have += available;
    if (this.have < this.length) return undefined;
    const packet = this.skipping ? this.skipped() : decode(this.first, this.body ?? NONE);
    this.first = -1;
    this.lengthShift = this.length = this.have = this.topicLength = this.packetId = 0;
    this.lengthKnown = this.skipping = false;
    this.body = undefined;
    return packet;
  }

  private readFixedHeader(): boolean {
    if (this.first < 0) {
      if (this.at === this.chunk.length) return false;
      this.first = this.chunk[this.at++]!;
      checkFirstByte(this.first);
    }
    while (!this.lengthKnown) {
      if (this.at === this.chunk.length) return false;
      const byte = this.chunk[this.at++]!;
      this.length |= (byte & 0x7f) << this.lengthShift;
      this.lengthShift += 7;
      if (byte < 0x80) this.lengthKnown = true;
      else if (this.lengthShift === 28) throw new MqttError("MALFORMED", "expected a remaining length of at most four bytes (§2.2.3), got a fifth");
      if (this.lengthKnown) this.checkLength();
    }
    return true;
  }

  private checkLength(): void {
    const type = this.first >> 4;
    const right = type === PUBLISH ? this.length >= 3 : type === SUBACK ? this.length >= 3 : this.length === (type === PINGRESP ? 0 : 2);
    if (!right) throw new MqttError("MALFORMED", `expected a remaining length that fits packet type ${type}, got ${this.length}`);
    if (this.length <= this.maxPacketBytes) return;
    if (type !== PUBLISH) throw new MqttError("TOO_LARGE", `expected a packet of at most ${this.maxPacketBytes} bytes, got one of ${this.length}`);
    this.skipping = true;
  }

  /** Of a PUBLISH that is skipped only the packet id is of interest: it stands behind the topic (§3.3.2). */
  private skim(piece: Uint8Array): void {
    for (let offset = this.have; offset < this.have + piece.length; offset++) {
      const byte = piece[offset - this.have]!;
      if (offset < 2) this.topicLength = (this.topicLength << 8) | byte;
      else if (offset < 2 + this.topicLength) offset = 1 + this.topicLength;
      else if (offset < 4 + this.topicLength) this.packetId = (this.packetId << 8) | byte;
      else break;
    }
  }

  private skipped(): Incoming {
    const qos = ((this.first >> 1) & 3) as Qos;
    if (this.topicLength === 0 || 2 + this.topicLength + 2 * qos > this.length) throw badTopicLength(this.topicLength, this.length);
    const packetId = qos === 0 ? 0 : this.packetId;
    if (qos > 0) checkPacketId(packetId);
    return { type: "oversize", qos, packetId, length: this.length };
  }
}

/** Type and flags, before a length is even looked at [MQTT-2.2.2-2]. */
function checkFirstByte(first: number): void {
  const type = first >> 4;
  const flags = first & 0x0f;
  if (type === PUBLISH) {
    const qos = (flags >> 1) & 3;
    if (qos === 3) throw new MqttError("MALFORMED", "expected QoS 0 or 1, got 3 [MQTT-3.3.1-4]");
    if (qos === 2) throw new MqttError("PROTOCOL", "expected QoS 0 or 1, which were subscribed for, got 2");
    if (qos === 0 && (flags & 0x08) !== 0) throw new MqttError("MALFORMED", "expected DUP = 0 with QoS 0, got 1 [MQTT-3.3.1-2]");
    return;
  }
  if (type === 0 || type === 15) throw new MqttError("MALFORMED", `expected a packet type of MQTT 3.1.1, got the reserved ${type} (§2.2.1)`);
  // PUBREL is the one packet besides PUBLISH whose reserved flags are not 0000 (§2.2.2), but then it is refused below.
  if (type !== CONNACK && type !== PUBACK && type !== SUBACK && type !== PINGRESP) {
    throw new MqttError("PROTOCOL", `expected a packet that this client can be sent, got packet type ${type}`);
  }
  if (flags !== 0) throw new MqttError("MALFORMED", `expected reserved flags 0000 with packet type ${type}, got ${flags} [MQTT-2.2.2-2]`);
}

/** A complete packet whose type, flags and length have been checked. */
function decode(first: number, body: Uint8Array): Incoming {
  switch (first >> 4) {
    case CONNACK:
      return decodeConnack(body);
    case PUBLISH:
      return decodePublish(first, body);
    case PUBACK:
      return { type: "puback", packetId: checkPacketId(uint16(body, 0)) };
    case SUBACK:
      return decodeSuback(body);
    default:
      return { type: "pingresp" };
  }
}

function decodeConnack(body: Uint8Array): Incoming {
  const flags = body[0]!;
  const returnCode = body[1]!;
  if (flags > 1) throw new MqttError("MALFORMED", `expected connect acknowledge flags 0 or 1, got ${flags} (§3.2.2.1)`);
  if (returnCode > 5) throw new MqttError("MALFORMED", `expected a connect return code of 0 to 5, got ${returnCode} (§3.2.2.3)`);
  if (flags === 1 && returnCode !== 0) throw new MqttError("MALFORMED", `expected no session with return code ${returnCode}, got session present [MQTT-3.2.2-4]`);
  return { type: "connack", sessionPresent: flags === 1, returnCode };
}

function decodePublish(first: number, body: Uint8Array): Incoming {
  const qos = ((first >> 1) & 3) as Qos;
  const topicLength = uint16(body, 0);
  const payloadAt = 2 + topicLength + 2 * qos;
  if (topicLength === 0 || payloadAt > body.length) throw badTopicLength(topicLength, body.length);
  const topic = decodeUtf8(body.subarray(2, 2 + topicLength));
  if (topic === undefined) throw new MqttError("MALFORMED", "expected a topic in UTF-8 without U+0000 [MQTT-1.5.3-1, -2], got other bytes");
  if (isForbiddenName(topic)) throw new MqttError("MALFORMED", `expected a topic without wildcards [MQTT-3.3.2-2], got ${JSON.stringify(topic)}`);
  const packetId = qos === 0 ? 0 : checkPacketId(uint16(body, 2 + topicLength));
  return { type: "publish", topic, payload: body.subarray(payloadAt), qos, retain: (first & 0x01) !== 0, duplicate: (first & 0x08) !== 0, packetId };
}

function decodeSuback(body: Uint8Array): Incoming {
  const packetId = checkPacketId(uint16(body, 0));
  const granted = body.subarray(2);
  for (const code of granted) {
    if (code > 2 && code !== 0x80) throw new MqttError("MALFORMED", `expected 0, 1, 2 or 0x80 in SUBACK, got ${code} [MQTT-3.9.3-2]`);
  }
  return { type: "suback", packetId, granted };
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function checkPacketId(packetId: number): number {
  if (packetId === 0) throw new MqttError("MALFORMED", "expected a packet identifier that is not zero [MQTT-2.3.1-1], got 0");
  return packetId;
}

function badTopicLength(topicLength: number, length: number): MqttError {
  return new MqttError("MALFORMED", `expected a topic of at least 1 byte [MQTT-4.7.3-1] within a packet of ${length}, got a length of ${topicLength}`);
}
