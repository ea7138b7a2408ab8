/**
 * The MQTT 3.1.1 control packets that a client sends, as bytes. Pure.
 *
 * Source: MQTT Version 3.1.1, OASIS Standard, 29 October 2014, sections 2 and 3.
 */
import { MqttError } from "assay/mqtt/mqtt-error";
import { encodeTopicFilter, encodeTopicName } from "assay/mqtt/topic";
import { encodeUtf8 } from "assay/mqtt/utf8";
const CONNECT = 0x10;
const PUBLISH = 0x30;
const PUBACK = 0x40;
const SUBSCRIBE = 0x82; // flags 0010 [MQTT-3.8.1-1]
const PINGREQ = 0xc0;
const DISCONNECT = 0xe0;
const PUBLISH_DUP = 0x08;
const PUBLISH_RETAIN = 0x01;
/**
 * CONNECT (§3.1).
 *
 * @throws MqttError `BAD_OPTION`, `BAD_TOPIC`
 */
export function encodeConnect(connect) {
    const { clientId, cleanSession, keepAliveSeconds, user, password, will } = connect;
    if (clientId === "" && !cleanSession)
        throw new MqttError("BAD_OPTION", "expected a client id with a session that is kept, got none");
    if (!Number.isInteger(keepAliveSeconds) || keepAliveSeconds < 0 || keepAliveSeconds > 0xffff) {
        throw new MqttError("BAD_OPTION", `expected a keep-alive of 0 to 65535 whole seconds, got ${keepAliveSeconds}`);
    }
    if (password !== undefined && user === undefined)
        throw new MqttError("BAD_OPTION", "expected a user with the password, got none");
    let flags = cleanSession ? 0x02 : 0;
    const fields = [text(clientId, "client id")];
    if (will !== undefined) {
        flags |= 0x04 | ((will.qos ?? 0) << 3) | (will.retain === true ? 0x20 : 0);
        fields.push(encodeTopicName(will.topic), limited(will.payload, "will payload"));
    }
    if (user !== undefined) {
        flags |= 0x80;
        fields.push(text(user, "user"));
    }
    if (password !== undefined) {
        flags |= 0x40;
        fields.push(typeof password === "string" ? text(password, "password") : limited(password, "password"));
    }
    const packet = new Writer(CONNECT, fields.reduce((sum, field) => sum + 2 + field.length, 10));
    packet.field(Uint8Array.of(0x4d, 0x51, 0x54, 0x54)); // "MQTT" [MQTT-3.1.2-1]
    packet.byte(4); // protocol level [MQTT-3.1.2-2]
    packet.byte(flags);
    packet.uint16(keepAliveSeconds);
    for (const field of fields)
        packet.field(field);
    return packet.bytes;
}
/**
 * PUBLISH (§3.3) with DUP = 0 [MQTT-3.3.1-1, -2].
 *
 * @param packetId 1 to 65535 with QoS 1 [MQTT-2.3.1-1], ignored with QoS 0 [MQTT-2.3.1-5]
 * @throws MqttError `BAD_TOPIC`, `TOO_LARGE` if topic and payload exceed `maxPacketBytes`
 */
export function encodePublish(topic, payload, qos, retain, packetId, maxPacketBytes) {
    const name = encodeTopicName(topic);
    const length = 2 + name.length + (qos === 0 ? 0 : 2) + payload.length;
    if (length > maxPacketBytes)
        throw new MqttError("TOO_LARGE", `expected a message of at most ${maxPacketBytes} bytes with its topic, got ${length}`);
    const packet = new Writer(PUBLISH | (qos << 1) | (retain ? PUBLISH_RETAIN : 0), length);
    packet.field(name);
    if (qos > 0)
        packet.uint16(packetId);
    packet.raw(payload);
    return packet.bytes;
}
/** Turns an encoded QoS 1 PUBLISH into its own repetition, or back: DUP [MQTT-3.3.1-1]. In place. */
export function setDuplicate(publish, duplicate) {
    publish[0] = duplicate ? publish[0] | PUBLISH_DUP : publish[0] & ~PUBLISH_DUP;
}
/**
 * SUBSCRIBE to one filter (§3.8).
 *
 * @throws MqttError `BAD_TOPIC`
 */
export function encodeSubscribe(packetId, filter, qos) {
    const name = encodeTopicFilter(filter);
    const packet = new Writer(SUBSCRIBE, 2 + 2 + name.length + 1);
    packet.uint16(packetId);
    packet.field(name);
    packet.byte(qos);
    return packet.bytes;
}
/** PUBACK (§3.4). */
export function encodePuback(packetId) {
    return Uint8Array.of(PUBACK, 2, packetId >> 8, packetId & 0xff);
}
/** PINGREQ (§3.12). */
export function encodePingreq() {
    return Uint8Array.of(PINGREQ, 0);
}
/** DISCONNECT (§3.14): the broker then forgets the will [MQTT-3.14.4-3]. */
export function encodeDisconnect() {
    return Uint8Array.of(DISCONNECT, 0);
}
/** Fills one packet whose remaining length is known. */
class Writer {
    bytes;
    at = 0;
    constructor(first, remainingLength) {
        // Remaining Length: 7 bits a byte, least significant first (§2.2.3).
        const lengthBytes = remainingLength < 0x80 ? 1 : remainingLength < 0x4000 ? 2 : remainingLength < 0x200000 ? 3 : 4;
        this.bytes = new Uint8Array(1 + lengthBytes + remainingLength);
        this.byte(first);
        let left = remainingLength;
        for (let i = 1; i < lengthBytes; i++, left >>= 7)
            this.byte((left & 0x7f) | 0x80);
        this.byte(left);
    }
    byte(value) {
        this.bytes[this.at++] = value;
    }
    uint16(value) {
        this.byte(value >> 8);
        this.byte(value & 0xff);
    }
    raw(value) {
        this.bytes.set(value, this.at);
        this.at += value.length;
    }
    /** a string or binary field with its length in two bytes (§1.5.3) */
    field(value) {
        this.uint16(value.length);
        this.raw(value);
    }
}
function text(value, what) {
    const bytes = encodeUtf8(value);
    if (bytes === undefined)
        throw new MqttError("BAD_OPTION", `expected a ${what} of at most 65535 bytes of UTF-8 without U+0000, got another string`);
    return bytes;
}
function limited(value, what) {
    if (value.length > 0xffff)
        throw new MqttError("BAD_OPTION", `expected a ${what} of at most 65535 bytes, got ${value.length}`);
    return value;
}
