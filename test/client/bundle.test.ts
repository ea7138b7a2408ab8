import { sha256 } from "@noble/hashes/sha2.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import test from "ava";
import fc from "fast-check";
import { encode, type CborValue } from "assay/statement/cbor";
import { leafHash, nodeHash } from "assay/statement/merkle";
import { encodeBundle, looksLikeBundle, MAX_BUNDLE_LENGTH, parseBundle, verifyBundle, type Bundle } from "../../client/bundle.ts";
import { ED25519, formatVerifierKey, noteKey } from "../../client/note-key.ts";
import { formatSignedNote } from "../../client/signed-note.ts";
import { formatCheckpointText } from "../../client/tlog-checkpoint.ts";
import { formatTrustRoots, parseTrustRoots, type TrustRoots } from "../../client/trust-roots.ts";
import { VerificationError, type VerificationErrorCode } from "../../client/verification-error.ts";
import { anchor, boot, device, digestOf, inference, log, policy, receipt, root } from "../statement/examples.ts";

const secret = digestOf("checkpoint key");
const origin = `assay/${log.id}`;
const key = noteKey(origin, ED25519, ed25519.getPublicKey(secret));
const trust: TrustRoots = {
  devices: [{ id: device.id, keys: [{ publicKey: device.publicKey }], simulator: false }],
  logs: [{ id: log.id, publicKey: log.publicKey, chainId: anchor.chainId, contract: `0x${"ab".repeat(20)}`, verifierKey: formatVerifierKey(key) }],
  allowSimulated: false,
};

function checkpoint(size: number, head: Uint8Array, name = origin): Uint8Array {
  const text = formatCheckpointText({ origin: name, size, root: head });
  return formatSignedNote({ text, signatures: [{ name: origin, keyId: key.keyId, signature: ed25519.sign(new TextEncoder().encode(text), secret) }] });
}

function refusal(body: () => unknown): VerificationErrorCode | undefined {
  try {
    body();
    return undefined;
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
}

const whole: Bundle = { statement: inference, receipt, boot, previous: boot, checkpoint: checkpoint(3, root), input: Uint8Array.of(1), trust: formatTrustRoots(trust), consistency: [] };

test("a bundle gives back its parts, and all that it has is verified", (t) => {
  const file = encodeBundle(whole);
  t.true(looksLikeBundle(file));
  t.false(looksLikeBundle(inference));
  t.deepEqual(parseBundle(file), whole);
  const { chain, checkpoint: head, inclusion } = verifyBundle(parseBundle(file), parseTrustRoots(whole.trust!));
  t.is(chain?.boot?.sequence, 0);
  t.is(chain?.previous?.sequence, 0);
  t.like(head, { origin, size: 3 });
  t.is(inclusion?.index, 2);
  t.deepEqual(parseBundle(encodeBundle({ statement: inference })), { statement: inference });
});

test("a checkpoint has to be the log's, and of the receipt's tree or of one that is consistent with it", (t) => {
  const code = (changes: Partial<Bundle>, roots: TrustRoots = trust): VerificationErrorCode | undefined => refusal(() => verifyBundle({ ...whole, ...changes }, roots));
  t.is(code({ checkpoint: checkpoint(3, digestOf("another history")) }), "CHECKPOINT_MISMATCH");
  t.is(code({ checkpoint: checkpoint(4, digestOf("later")) }), "CHECKPOINT_MISMATCH");
  t.is(code({ checkpoint: checkpoint(3, root, "assay/another") }), "BAD_CHECKPOINT");
  t.is(code({ checkpoint: new TextEncoder().encode("hello") }), "BAD_CHECKPOINT");
  t.is(code({}, { ...trust, logs: trust.logs.map(({ verifierKey: _, ...rest }) => rest) }), "BAD_TRUST");
  t.is(code({}, { ...trust, logs: trust.logs.map((entry) => ({ ...entry, verifierKey: "no key" })) }), "BAD_TRUST");
  t.is(code({}, { ...trust, logs: trust.logs.map((entry) => ({ ...entry, leastWitnesses: 1 })) }), "BAD_CHECKPOINT");
  // Four leaves: the old tree's root over three does not stand in it, so the proof is leaf 2, the fourth leaf, and the node over the first two.
  const [policyLeaf, bootLeaf, inferenceLeaf, next] = [policy, boot, inference, Uint8Array.of(9)].map((entry) => leafHash(entry, sha256)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const left = nodeHash(policyLeaf, bootLeaf, sha256);
  const later = checkpoint(4, nodeHash(left, nodeHash(inferenceLeaf, next, sha256), sha256));
  t.is(code({ checkpoint: later, consistency: [inferenceLeaf, next, left] }), undefined);
  t.is(code({ checkpoint: later, consistency: [inferenceLeaf, left, next] }), "CHECKPOINT_MISMATCH");
  const { receipt: _, ...unanchored } = whole;
  t.is(refusal(() => verifyBundle(unanchored, trust)), "NO_RECEIPT");
});

test("files that are no bundles are refused with BAD_BUNDLE, whatever they are", (t) => {
  const format = "tag:assay.dev,2026:bundle#1";
  const wrong: CborValue[] = [1, [format], [format, 5], ["tag:x", new Map()], [format, new Map()], [format, new Map([["statement", "text"]])], [format, new Map<string, CborValue>([["statement", inference], ["more", 1]])], [format, new Map<string, CborValue>([["statement", inference], ["trust", 1]])], [format, new Map<string, CborValue>([["statement", inference], ["consistency", [1]]])]];
  for (const value of wrong) t.is(refusal(() => parseBundle(encode(value))), "BAD_BUNDLE");
  t.is(refusal(() => parseBundle(new Uint8Array(MAX_BUNDLE_LENGTH + 1))), "BAD_BUNDLE");
  const file = encodeBundle(whole);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), (changes) => {
      const bytes = file.slice();
      for (const [place, value] of changes) bytes[place % bytes.length] = value;
      void refusal(() => verifyBundle(parseBundle(bytes), trust, { verifySignature: () => true }));
    }),
    { numRuns: 3000 },
  );
});

test("trust roots come back from their text, keys, retirements and revocations included, and damaged ones name the field", (t) => {
  const full: TrustRoots = {
    ...trust,
    devices: [{ id: device.id, keys: [{ publicKey: device.publicKey, retired: 5, revoked: { since: 7, reason: "key-compromise" } }, { publicKey: log.publicKey }], revoked: { since: 9, reason: "equivocation" }, simulator: true }],
    logs: trust.logs.map((entry) => ({ ...entry, witnesses: [formatVerifierKey(key)], leastWitnesses: 1 })),
  };
  t.deepEqual(parseTrustRoots(formatTrustRoots(full)), full);
  for (const [text, message] of [
    ["{", /expected JSON/],
    ["[]", /devices/],
    [formatTrustRoots(trust).replace('"a401', '"a501'), /devices\.0\.keys\.0\.publicKey: expected the COSE_Key/],
    [formatTrustRoots(trust).replace(device.id, "short"), /devices\.0\.id/],
    [formatTrustRoots({ ...trust, devices: [{ id: device.id, keys: [] }] }), /expected one key at least/],
  ] as const) {
    t.throws(() => parseTrustRoots(text), { instanceOf: VerificationError, code: "BAD_TRUST", message });
  }
});
