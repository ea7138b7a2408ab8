/** The MQTT topics of the project. `<device>` is a device id, so it holds no character that MQTT gives a meaning. */
import { isDeviceId } from "assay/statement/cose-key";
const ROOT = "assay/v1/";
/** Retained: the newest boot statement. */
export function bootTopic(device) {
    return deviceTopic(device, "boot");
}
/** Inference statements, QoS 1. */
export function statementTopic(device) {
    return deviceTopic(device, "statement");
}
/** Retained: online, or offline by the last will. */
export function stateTopic(device) {
    return deviceTopic(device, "state");
}
/** Gateway to device: everything up to this sequence number is stored. */
export function ackTopic(device) {
    return deviceTopic(device, "ack");
}
/** Gateway to everyone: receipts. */
export function receiptTopic(device) {
    return deviceTopic(device, "receipt");
}
/** Retained: the newest block. */
export const beaconTopic = `${ROOT}beacon`;
/** Retained: the newest signed tree head and its anchor. */
export const checkpointTopic = `${ROOT}log/checkpoint`;
/** One kind of topic of all devices, as a subscription filter. */
export function topicFilter(kind) {
    return deviceTopic("+", kind);
}
/** What a topic is, or undefined if it is none of ours; a topic with something else than a device id in its place is none. */
export function parseTopic(topic) {
    if (topic === beaconTopic)
        return { kind: "beacon" };
    if (topic === checkpointTopic)
        return { kind: "checkpoint" };
    if (!topic.startsWith(ROOT))
        return undefined;
    const [device, kind, more] = topic.slice(ROOT.length).split("/");
    if (device === undefined || kind === undefined || more !== undefined || !isDeviceId(device) || !isDeviceTopicKind(kind))
        return undefined;
    return { kind, device };
}
function deviceTopic(device, kind) {
    return `${ROOT}${device}/${kind}`;
}
function isDeviceTopicKind(kind) {
    return kind === "boot" || kind === "statement" || kind === "state" || kind === "ack" || kind === "receipt";
}
