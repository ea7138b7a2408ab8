import { MqttError } from "assay/mqtt/mqtt-error";
import { encodeUtf8 } from "assay/mqtt/utf8";
/**
 * The bytes of a topic name as a PUBLISH carries it: 1 to 65,535 bytes [MQTT-4.7.3-1, -3], no U+0000 [MQTT-4.7.3-2],
 * no wildcard [MQTT-3.3.2-2].
 *
 * @throws MqttError `BAD_TOPIC`
 */
export function encodeTopicName(topic) {
    const bytes = encodeTopic(topic, "topic name");
    if (hasWildcard(topic))
        throw new MqttError("BAD_TOPIC", `expected a topic name without # and +, got ${JSON.stringify(topic)}`);
    return bytes;
}
/**
 * The bytes of a topic filter as a SUBSCRIBE carries it: like a name, but `#` may be its last level [MQTT-4.7.1-2] and
 * `+` any whole level [MQTT-4.7.1-3].
 *
 * @throws MqttError `BAD_TOPIC`
 */
export function encodeTopicFilter(filter) {
    const bytes = encodeTopic(filter, "topic filter");
    const levels = filter.split("/");
    levels.forEach((level, at) => {
        const right = !hasWildcard(level) || level === "+" || (level === "#" && at === levels.length - 1);
        if (!right)
            throw new MqttError("BAD_TOPIC", `expected + or # alone in a level and # in the last, got ${JSON.stringify(filter)}`);
    });
    return bytes;
}
/** Whether a topic name that a broker sent may not be one: empty [MQTT-4.7.3-1] or with a wildcard [MQTT-3.3.2-2]. */
export function isForbiddenName(topic) {
    return topic === "" || hasWildcard(topic);
}
function encodeTopic(topic, what) {
    const bytes = encodeUtf8(topic);
    if (bytes === undefined || bytes.length === 0) {
        throw new MqttError("BAD_TOPIC", `expected a ${what} of 1 to 65535 bytes of UTF-8 without U+0000, got ${bytes === undefined ? "another string" : "none"}`);
    }
    return bytes;
}
function hasWildcard(text) {
    return text.includes("#") || text.includes("+");
}
