import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import { decodeBase64url, encodeBase64url } from "assay/statement/base64url";
import { decodePublicKey, deviceId, encodePublicKey, isDeviceId, thumbprint } from "assay/statement/cose-key";
import { decodeAck, decodeBeacon, decodeReceiptMessage, decodeState, encodeAck, encodeBeacon, encodeReceiptMessage, encodeState } from "assay/statement/messages";
import { ackTopic, beaconTopic, bootTopic, checkpointTopic, parseTopic, receiptTopic, statementTopic, stateTopic, topicFilter } from "assay/statement/topics";
import { device, digestOf, receipt } from "./examples.ts";

test("messages say what they were given", (t) => {
  t.is(decodeAck(encodeAck(70_000)), 70_000);
  const beacon = { number: 2 ** 40, hash: digestOf("block") };
  t.deepEqual(decodeBeacon(encodeBeacon(beacon)), beacon);
  t.is(decodeState(encodeState("offline")), "offline");
  t.deepEqual(decodeReceiptMessage(encodeReceiptMessage({ bootCount: 1, sequence: 3, receipt })), { bootCount: 1, sequence: 3, receipt });
});

test("an empty payload, noise and other messages are refused with a code on every topic", (t) => {
  for (const decode of [decodeAck, decodeBeacon, decodeState, decodeReceiptMessage]) {
    t.throws(() => decode(new Uint8Array(0)), { code: "BAD_MESSAGE" });
    t.throws(() => decode(new Uint8Array(1_000_000)), { code: "TOO_LARGE" });
    t.throws(() => decode(Uint8Array.of(0x18, 0x01)), { code: "NOT_CANONICAL" });
    t.throws(() => decode(Uint8Array.of(0xf5)), { code: "BAD_MESSAGE" });
  }
  t.throws(() => decodeAck(Uint8Array.of(0x20)), { code: "BAD_MESSAGE" });
  t.throws(() => decodeState(encodeState("on" as "online")), { code: "BAD_MESSAGE" });
  t.throws(() => decodeBeacon(encodeBeacon({ number: 1, hash: new Uint8Array(8) })), { code: "BAD_MESSAGE" });
});

test("topics are those of the design, and are recognised again", (t) => {
  t.is(bootTopic("D"), "assay/v1/D/boot");
  for (const [topic, kind] of [[bootTopic(device.id), "boot"], [statementTopic(device.id), "statement"], [stateTopic(device.id), "state"], [ackTopic(device.id), "ack"], [receiptTopic(device.id), "receipt"]] as const) t.deepEqual(parseTopic(topic), { kind, device: device.id });
  t.deepEqual(parseTopic(beaconTopic), { kind: "beacon" });
  t.deepEqual(parseTopic(checkpointTopic), { kind: "checkpoint" });
  t.is(topicFilter("receipt"), "assay/v1/+/receipt");
});

test("topics with anything but a device id in its place are none", (t) => {
  for (const topic of ["", "assay/v1/", "assay/v1/boot", "assay/v1//boot", "assay/v1/D/boot", `assay/v2/${device.id}/boot`, `assay/v1/${device.id}`, `assay/v1/${device.id}/boot/x`, `assay/v1/${device.id}/other`, `assay/v1/${device.id.slice(1)}+/boot`, "assay/v1/log/other"]) t.is(parseTopic(topic), undefined, topic);
});

test("base64url has one form for each value (RFC 4648 §3.5)", (t) => {
  for (let length = 0; length < 70; length++) {
    const bytes = sha256(Uint8Array.of(length)).slice(0, length);
    const text = encodeBase64url(bytes);
    t.is(text, Buffer.from(bytes).toString("base64url"));
    t.deepEqual(decodeBase64url(text), bytes);
  }
  for (const text of ["A", "AB", "AAB", "AA==", "A A", "+/", "AAAAA"]) t.is(decodeBase64url(text), undefined, text);
});

test("device id and key id come from the thumbprint of the key (RFC 9679)", (t) => {
  const key = encodePublicKey(device.publicKey);
  t.is(Buffer.from(key.subarray(0, 8)).toString("hex"), "a401022008215820");
  t.is(key.length, 75);
  t.deepEqual(decodePublicKey(key), device.publicKey);
  const print = thumbprint(device.publicKey, sha256);
  t.deepEqual(print, sha256(key));
  t.is(deviceId(print), device.id);
  t.true(isDeviceId(device.id));
  t.false(isDeviceId(`${device.id.slice(0, 42)}B`));
});

test("keys of another form are refused", (t) => {
  t.throws(() => encodePublicKey({ curve: "secp256k1", point: new Uint8Array(33) }), { code: "BAD_KEY" });
  t.throws(() => encodePublicKey({ curve: "P-256", point: new Uint8Array(65).fill(2) }), { code: "BAD_KEY" });
  const key = encodePublicKey(device.publicKey);
  for (const [at, value] of [[2, 3], [4, 0], [1, 2]] as const) {
    const other = key.slice();
    other[at] = value;
    t.throws(() => decodePublicKey(other), { name: "StatementError" });
  }
});
