/** The MQTT topics of the project. `<device>` is a device id, so it holds no character that MQTT gives a meaning. */
import { isDeviceId } from "assay/statement/cose-key";

const ROOT = "assay/v1/";

/** What is said on the topics of a device. */
export type DeviceTopicKind = "boot" | "statement" | "state" | "ack" | "receipt";
/** What is said on any topic. */
export type TopicKind = DeviceTopicKind | "beacon" | "checkpoint" | "note";

/** Retained: the newest boot statement. */
export function bootTopic(device: string): string {
  return deviceTopic(device, "boot");
}

/** Inference statements, QoS 1. */
export function statementTopic(device: string): string {
  return deviceTopic(device, "statement");
}

/** Retained: online, or offline by the last will. */
export function stateTopic(device: string): string {
  return deviceTopic(device, "state");
}

/** Gateway to device: everything up to this sequence number is stored. */
export function ackTopic(device: string): string {
  return deviceTopic(device, "ack");
}

/** Gateway to everyone: receipts. */
export function receiptTopic(device: string): string {
  return deviceTopic(device, "receipt");
}

/** Retained: the newest block. */
export const beaconTopic: string = `${ROOT}beacon`;
/** Retained: the newest signed tree head and its anchor. */
export const checkpointTopic: string = `${ROOT}log/checkpoint`;
/** Retained: the same tree head as a signed note (C2SP tlog-checkpoint). */
export const checkpointNoteTopic: string = `${ROOT}log/checkpoint/note`;

/** One kind of topic of all devices, as a subscription filter. */
export function topicFilter(kind: DeviceTopicKind): string {
  return deviceTopic("+", kind);
}

/** What a topic is, or undefined if it is none of ours; a topic with something else than a device id in its place is none. */
export function parseTopic(topic: string): { readonly kind: DeviceTopicKind; readonly device: string } | { readonly kind: "beacon" | "checkpoint" | "note" } | undefined {
  if (topic === beaconTopic) return { kind: "beacon" };
  if (topic === checkpointTopic) return { kind: "checkpoint" };
  if (topic === checkpointNoteTopic) return { kind: "note" };
  if (!topic.startsWith(ROOT)) return undefined;
  const [device, kind, more] = topic.slice(ROOT.length).split("/");
  if (device === undefined || kind === undefined || more !== undefined || !isDeviceId(device) || !isDeviceTopicKind(kind)) return undefined;
  return { kind, device };
}

function deviceTopic(device: string, kind: DeviceTopicKind): string {
  return `${ROOT}${device}/${kind}`;
}

function isDeviceTopicKind(kind: string): kind is DeviceTopicKind {
  return kind === "boot" || kind === "statement" || kind === "state" || kind === "ack" || kind === "receipt";
}
