/**
 * The bytes that a broker sends, cut into MQTT 3.1.1 control packets. The broker is not trusted: whatever it sends, this
 * needs no more than `maxPacketBytes` and one chunk, and gives packets or an MqttError.
 *
 * Source: MQTT Version 3.1.1, OASIS Standard, 29 October 2014, sections 2 and 3.
 */
import { MqttError } from "assay/mqtt/mqtt-error";
import { isForbiddenName } from "assay/mqtt/topic";
import { decodeUtf8 } from "assay/mqtt/utf8";
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;
const PINGRESP = 13;
const NONE = new Uint8Array(0);
/** An incremental decoder. After it has thrown it is of no more use: the connection has to be closed [MQTT-4.8.0-1]. */
export class Parser {
    maxPacketBytes;
    chunk = NONE;
    at = 0;
    /** fixed header: first byte, or -1 before it came */
    first = -1;
    lengthShift = 0;
    length = 0;
    lengthKnown = false;
    /** bytes of the body that have come */
    have = 0;
    /** collects a body that comes in several chunks */
    body;
    skipping = false;
    topicLength = 0;
    packetId = 0;
    /** @param maxPacketBytes limit of a packet's remaining length; a longer PUBLISH is skipped, any other is an error */
    constructor(maxPacketBytes) {
        this.maxPacketBytes = maxPacketBytes;
    }
    /** Takes the next bytes. `next` must have returned undefined for those before. */
    push(chunk) {
        this.chunk = chunk;
        this.at = 0;
    }
    /** whether a packet has begun to come and is not complete */
    get midPacket() {
        return this.first >= 0;
    }
    /**
     * The next complete packet, or undefined if more bytes are needed.
     *
     * @throws MqttError `MALFORMED`, `PROTOCOL`, `TOO_LARGE`
     */
    next() {
        if (!this.readFixedHeader())
            return undefined;
        const available = Math.min(this.chunk.length - this.at, this.length - this.have);
        const piece = this.chunk.subarray(this.at, this.at + available);
        if (this.skipping)
            this.skim(piece);
        else if (this.have === 0 && available === this.length)
            this.body = piece;
        else
            (this.body ??= new Uint8Array(this.length)).set(piece, this.have);
        this.at += available;
        this.have += available;
        if (this.have < this.length)
            return undefined;
        const packet = this.skipping ? this.skipped() : decode(this.first, this.body ?? NONE);
        this.first = -1;
        this.lengthShift = this.length = this.have = this.topicLength = this.packetId = 0;
        this.lengthKnown = this.skipping = false;
        this.body = undefined;
        return packet;
    }
    readFixedHeader() {
        if (this.first < 0) {
            if (this.at === this.chunk.length)
                return false;
            this.first = this.chunk[this.at++];
            checkFirstByte(this.first);
        }
        while (!this.lengthKnown) {
            if (this.at === this.chunk.length)
                return false;
            const byte = this.chunk[this.at++];
            this.length |= (byte & 0x7f) << this.lengthShift;
            this.lengthShift += 7;
            if (byte < 0x80)
                this.lengthKnown = true;
            else if (this.lengthShift === 28)
                throw new MqttError("MALFORMED", "expected a remaining length of at most four bytes (§2.2.3), got a fifth");
            if (this.lengthKnown)
                this.checkLength();
        }
        return true;
    }
    checkLength() {
        const type = this.first >> 4;
        const right = type === PUBLISH ? this.length >= 3 : type === SUBACK ? this.length >= 3 : this.length === (type === PINGRESP ? 0 : 2);
        if (!right)
            throw new MqttError("MALFORMED", `expected a remaining length that fits packet type ${type}, got ${this.length}`);
        if (this.length <= this.maxPacketBytes)
            return;
        if (type !== PUBLISH)
            throw new MqttError("TOO_LARGE", `expected a packet of at most ${this.maxPacketBytes} bytes, got one of ${this.length}`);
        this.skipping = true;
    }
    /** Of a PUBLISH that is skipped only the packet id is of interest: it stands behind the topic (§3.3.2). */
    skim(piece) {
        for (let offset = this.have; offset < this.have + piece.length; offset++) {
            const byte = piece[offset - this.have];
            if (offset < 2)
                this.topicLength = (this.topicLength << 8) | byte;
            else if (offset < 2 + this.topicLength)
                offset = 1 + this.topicLength;
            else if (offset < 4 + this.topicLength)
                this.packetId = (this.packetId << 8) | byte;
            else
                break;
        }
    }
    skipped() {
        const qos = ((this.first >> 1) & 3);
        if (this.topicLength === 0 || 2 + this.topicLength + 2 * qos > this.length)
            throw badTopicLength(this.topicLength, this.length);
        const packetId = qos === 0 ? 0 : this.packetId;
        if (qos > 0)
            checkPacketId(packetId);
        return { type: "oversize", qos, packetId, length: this.length };
    }
}
/** Type and flags, before a length is even looked at [MQTT-2.2.2-2]. */
function checkFirstByte(first) {
    const type = first >> 4;
    const flags = first & 0x0f;
    if (type === PUBLISH) {
        const qos = (flags >> 1) & 3;
        if (qos === 3)
            throw new MqttError("MALFORMED", "expected QoS 0 or 1, got 3 [MQTT-3.3.1-4]");
        if (qos === 2)
            throw new MqttError("PROTOCOL", "expected QoS 0 or 1, which were subscribed for, got 2");
        if (qos === 0 && (flags & 0x08) !== 0)
            throw new MqttError("MALFORMED", "expected DUP = 0 with QoS 0, got 1 [MQTT-3.3.1-2]");
        return;
    }
    if (type === 0 || type === 15)
        throw new MqttError("MALFORMED", `expected a packet type of MQTT 3.1.1, got the reserved ${type} (§2.2.1)`);
    // PUBREL is the one packet besides PUBLISH whose reserved flags are not 0000 (§2.2.2), but then it is refused below.
    if (type !== CONNACK && type !== PUBACK && type !== SUBACK && type !== PINGRESP) {
        throw new MqttError("PROTOCOL", `expected a packet that this client can be sent, got packet type ${type}`);
    }
    if (flags !== 0)
        throw new MqttError("MALFORMED", `expected reserved flags 0000 with packet type ${type}, got ${flags} [MQTT-2.2.2-2]`);
}
/** A complete packet whose type, flags and length have been checked. */
function decode(first, body) {
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
function decodeConnack(body) {
    const flags = body[0];
    const returnCode = body[1];
    if (flags > 1)
        throw new MqttError("MALFORMED", `expected connect acknowledge flags 0 or 1, got ${flags} (§3.2.2.1)`);
    if (returnCode > 5)
        throw new MqttError("MALFORMED", `expected a connect return code of 0 to 5, got ${returnCode} (§3.2.2.3)`);
    if (flags === 1 && returnCode !== 0)
        throw new MqttError("MALFORMED", `expected no session with return code ${returnCode}, got session present [MQTT-3.2.2-4]`);
    return { type: "connack", sessionPresent: flags === 1, returnCode };
}
function decodePublish(first, body) {
    const qos = ((first >> 1) & 3);
    const topicLength = uint16(body, 0);
    const payloadAt = 2 + topicLength + 2 * qos;
    if (topicLength === 0 || payloadAt > body.length)
        throw badTopicLength(topicLength, body.length);
    const topic = decodeUtf8(body.subarray(2, 2 + topicLength));
    if (topic === undefined)
        throw new MqttError("MALFORMED", "expected a topic in UTF-8 without U+0000 [MQTT-1.5.3-1, -2], got other bytes");
    if (isForbiddenName(topic))
        throw new MqttError("MALFORMED", `expected a topic without wildcards [MQTT-3.3.2-2], got ${JSON.stringify(topic)}`);
    const packetId = qos === 0 ? 0 : checkPacketId(uint16(body, 2 + topicLength));
    return { type: "publish", topic, payload: body.subarray(payloadAt), qos, retain: (first & 0x01) !== 0, duplicate: (first & 0x08) !== 0, packetId };
}
function decodeSuback(body) {
    const packetId = checkPacketId(uint16(body, 0));
    const granted = body.subarray(2);
    for (const code of granted) {
        if (code > 2 && code !== 0x80)
            throw new MqttError("MALFORMED", `expected 0, 1, 2 or 0x80 in SUBACK, got ${code} [MQTT-3.9.3-2]`);
    }
    return { type: "suback", packetId, granted };
}
function uint16(bytes, at) {
    return (bytes[at] << 8) | bytes[at + 1];
}
function checkPacketId(packetId) {
    if (packetId === 0)
        throw new MqttError("MALFORMED", "expected a packet identifier that is not zero [MQTT-2.3.1-1], got 0");
    return packetId;
}
function badTopicLength(topicLength, length) {
    return new MqttError("MALFORMED", `expected a topic of at least 1 byte [MQTT-4.7.3-1] within a packet of ${length}, got a length of ${topicLength}`);
}
