import { sha256 } from "@noble/hashes/sha2.js";
import test from "ava";
import fc from "fast-check";
import { parseStatement, statementKind, StatementError, type BootClaims, type InferenceClaims, type StatementErrorCode } from "assay/statement";
import { decode, encode, Float, Tag, type CborValue } from "assay/statement/cbor";
import { parseSign1, sign1, signatureInput } from "assay/statement/sign1";
import { boot, bootClaims, device, digestOf, inference, inferenceClaims, linkTo, statementOf, subject } from "./examples.ts";
import { isCanonicalByCborX } from "./cbor-x.ts";

function refusal(bytes: Uint8Array): StatementErrorCode | undefined {
  try {
    parseStatement(bytes, sha256);
    return undefined;
  } catch (error) {
    if (error instanceof StatementError) return error.code;
    throw error;
  }
}

/** A statement whose header or payload is not as `encodeStatement` would make it. */
function forge(payload: CborValue, header: CborValue = parseSign1(boot).protectedHeader): Uint8Array {
  return sign1({ protectedHeader: header as ReadonlyMap<CborValue, CborValue>, payload: encode(payload) }, device.signer, sha256);
}

/** The payload of a statement with one item changed. */
function changed(statement: Uint8Array, key: number, value: CborValue | undefined): CborValue {
  const payload = decode(parseSign1(statement).payload as Uint8Array);
  const map = new Map(payload as ReadonlyMap<CborValue, CborValue>);
  if (value === undefined) map.delete(key);
  else map.set(key, value);
  return map;
}

/** The payload of a statement with one item of its place in the chain changed. */
function changedChain(statement: Uint8Array, index: number, value: CborValue): CborValue {
  const payload = decode(parseSign1(statement).payload as Uint8Array) as ReadonlyMap<CborValue, CborValue>;
  return changed(statement, -70001, (payload.get(-70001) as readonly CborValue[]).map((item, i) => (i === index ? value : item)));
}

test("an inference statement says what it was given, and who says it", (t) => {
  const parsed = parseStatement(inference, sha256);
  const claims = inferenceClaims();
  t.deepEqual(parsed.claims, { ...claims, beacon: { number: 21_000_000, hash: digestOf("block").slice(0, 8) } });
  t.like(parsed, { kind: "inference", issuer: device.id, subject, sequence: 1, bootCount: 1 });
  t.deepEqual(parsed.keyId, device.keyId.slice(0, 4));
  t.deepEqual(parseStatement(boot, sha256).keyId, device.keyId);
  t.deepEqual(parsed.previous, linkTo(boot));
  t.deepEqual(parsed.digest, sha256(inference));
  const object = parseSign1(inference);
  t.deepEqual(parsed.digestToVerify, sha256(signatureInput(object.protectedBytes, object.payload as Uint8Array)));
  t.deepEqual(device.signer.sign(parsed.digestToVerify), parsed.signature);
});

test("a boot statement says what runs, on a simulator too", (t) => {
  t.deepEqual(parseStatement(boot, sha256).claims, bootClaims());
  const simulated = bootClaims({ simulator: true, sequence: 7, bootCount: 3, previous: linkTo(inference), window: { length: 32, hop: 10, rate: 0.5 } });
  t.deepEqual(parseStatement(statementOf(simulated), sha256).claims, simulated);
});

test("the kind is known without parsing all of it", (t) => {
  t.is(statementKind(boot), "boot");
  t.is(statementKind(inference), "inference");
});

test("one result of a three-class model takes at most 256 bytes", (t) => {
  const largest = inferenceClaims({
    sequence: 65_535,
    bootCount: 65_535,
    results: [{ output: Uint8Array.of(1, 2, 3), label: "compute8", score: 0.1 }],
    beacon: { number: 2 ** 32 - 1, hash: digestOf("block") },
    time: 2 ** 32 - 1,
  });
  t.is(subject.length, 14);
  const { length } = statementOf(largest);
  t.true(length <= 256, `${length} bytes`);
  t.is(length, 255);
});

test("whatever claims are encoded are parsed again, and encode to the same bytes", (t) => {
  const text = (limit: number): fc.Arbitrary<string> => fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: limit });
  const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const place = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 2 ** 40 })).map(([sequence, bootCount]) => ({ sequence, bootCount, previous: sequence === 0 ? null : digestOf(`${sequence}`).slice(0, 16) }));
  const inferences = fc
    .record({
      place,
      input: digest,
      results: fc.array(fc.record({ output: fc.uint8Array({ minLength: 1, maxLength: 64 }), label: text(20), score: fc.float({ noNaN: true, noDefaultInfinity: true }) }), { minLength: 1, maxLength: 10 }),
      beacon: fc.option(fc.record({ number: fc.maxSafeNat(), hash: fc.uint8Array({ minLength: 8, maxLength: 8 }) })),
      time: fc.option(fc.maxSafeNat()),
    })
    .map(({ place, ...rest }): InferenceClaims => ({ kind: "inference", ...place, ...rest }));
  const boots = fc
    .record({ place, version: text(10), board: text(64), firmware: digest, model: digest, frontEnd: digest, variant: text(20), selfCheck: fc.boolean(), channels: fc.array(text(10), { minLength: 1, maxLength: 12 }), rate: fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.double({ min: 0.001, max: 1000, noNaN: true })), simulator: fc.boolean() })
    .map(({ place, variant, selfCheck, rate, ...rest }): BootClaims => ({ kind: "boot", ...place, ...rest, historyLost: false, publicKey: device.publicKey, kernels: { variant, selfCheck }, window: { length: 32, hop: 10, rate } }));
  const normal = (claims: InferenceClaims | BootClaims): unknown => (claims.kind === "boot" ? claims : { ...claims, results: claims.results.map((result) => ({ ...result, score: Math.fround(result.score) + 0 })) });
  fc.assert(
    fc.property(fc.oneof(inferences, boots), (claims) => {
      const bytes = statementOf(claims);
      const parsed = parseStatement(bytes, sha256);
      t.deepEqual(parsed.claims, normal(claims));
      t.deepEqual(statementOf(parsed.claims), bytes);
    }),
    { numRuns: 200 },
  );
});

test("cbor-x agrees that the statements are canonical", (t) => {
  for (const statement of [boot, inference]) {
    t.true(isCanonicalByCborX(statement));
    t.true(isCanonicalByCborX(parseSign1(statement).protectedBytes));
    t.true(isCanonicalByCborX(parseSign1(statement).payload as Uint8Array));
  }
});

test("claims that the format has no room for are not encoded", (t) => {
  const bad: (InferenceClaims | BootClaims)[] = [
    inferenceClaims({ sequence: -1 }),
    inferenceClaims({ sequence: 0 }),
    inferenceClaims({ previous: null }),
    inferenceClaims({ previous: new Uint8Array(15) }),
    inferenceClaims({ bootCount: 0 }),
    inferenceClaims({ input: new Uint8Array(31) }),
    inferenceClaims({ results: [] }),
    inferenceClaims({ results: [{ output: new Uint8Array(0), label: "a", score: 0 }] }),
    inferenceClaims({ results: [{ output: new Uint8Array(1), label: "", score: 0 }] }),
    inferenceClaims({ results: [{ output: new Uint8Array(1), label: "\u001b[2J", score: 0 }] }),
    inferenceClaims({ results: [{ output: new Uint8Array(1), label: "a", score: NaN }] }),
    inferenceClaims({ results: [{ output: new Uint8Array(1), label: "a", score: 1e300 }] }),
    inferenceClaims({ beacon: { number: 1, hash: new Uint8Array(7) } }),
    inferenceClaims({ time: -1 }),
    bootClaims({ model: new Uint8Array(0) }),
    bootClaims({ channels: [] }),
    bootClaims({ window: { length: 0, hop: 1, rate: 1 } }),
    bootClaims({ window: { length: 1, hop: 1, rate: 0 } }),
    bootClaims({ window: { length: 1, hop: 1, rate: Infinity } }),
    bootClaims({ board: "" }),
  ];
  for (const claims of bad) t.throws(() => statementOf(claims), { instanceOf: StatementError, code: "BAD_CLAIMS" });
  t.throws(() => statementOf(bootClaims({ publicKey: { curve: "secp256k1", point: new Uint8Array(65) } })), { code: "BAD_KEY" });
  t.throws(() => statementOf(inferenceClaims({ time: 1.5 })), { code: "BAD_CLAIMS" });
  t.throws(() => statementOf(inferenceClaims({ results: Array.from({ length: 5 }, () => ({ output: new Uint8Array(1000), label: "a", score: 0 })) })), { code: "TOO_LARGE" });
});

test("payloads that do not say what they have to are refused with BAD_CLAIMS", (t) => {
  const header = parseSign1(inference).protectedHeader;
  for (const [item, value] of [[0, -1], [0, "1"], [0, 2n ** 60n], [1, null], [1, new Uint8Array(32)], [2, null], [3, []], [3, [[Uint8Array.of(1), "a"]]], [3, [[Uint8Array.of(1), "a", 1]]], [3, [[Uint8Array.of(1), "a", new Float(1.1)]]], [3, [["x", "a", new Float(1)]]], [4, -1], [4, null]] as [number, CborValue][])
    t.is(refusal(forge(changedChain(inference, item, value), header)), "BAD_CLAIMS", `item ${item}`);
  for (const [key, value] of [[6, new Float(1.5)], [6, -1], [10, new Uint8Array(32)], [10, undefined], [267, 0], [267, undefined], [-70001, []], [-70001, undefined]] as [number, CborValue | undefined][])
    t.is(refusal(forge(changed(inference, key, value), header)), "BAD_CLAIMS", `${key}`);
  for (const [key, value] of [[265, "tag:example.com,2026:x"], [265, undefined], [267, 0], [270, "another-app"], [271, ["a", "b"]], [274, []], [274, [["kernels", [["x", 3]]]]], [274, [["other", [["x", 1]]]]], [-70001, undefined], [-70001, [0, new Uint8Array(16)]], [-70002, false], [-70002, 1], [-70003, 5], [-70004, new Uint8Array(31)], [-70007, [1]], [-70008, [32, 10, new Float(10)]], [265, "tag:assay.dev,2026:simulator-statement#1"], [263, "0"]] as [number, CborValue | undefined][])
    t.is(refusal(forge(changed(boot, key, value))), "BAD_CLAIMS", `${key}`);
  t.is(refusal(forge(changed(boot, 8, new Map([[1, new Map()]])))), "BAD_KEY");
  t.is(refusal(forge(7, header)), "BAD_CLAIMS");
  t.is(refusal(forge([1, 2, 3], header)), "BAD_CLAIMS");
  t.is(refusal(forge(changed(boot, 8, undefined), header)), "BAD_CLAIMS", "a boot without its key");
});

test("claims of a boot statement that nobody knows are ignored (RFC 8392 §3)", (t) => {
  t.deepEqual(parseStatement(forge(changed(boot, -70099, "later")), sha256).claims, bootClaims());
});

test("headers that are not the profile's are refused, each with its code", (t) => {
  const payload = decode(parseSign1(boot).payload as Uint8Array);
  const header = (changes: [number, CborValue | undefined][]): CborValue => {
    const map = new Map(parseSign1(boot).protectedHeader);
    for (const [label, value] of changes) {
      if (value === undefined) map.delete(label);
      else map.set(label, value);
    }
    return map;
  };
  for (const algorithm of [-8, -35, "ES256K", undefined]) t.is(refusal(forge(payload, header([[1, algorithm]]))), "BAD_ALGORITHM", `${algorithm}`);
  t.is(refusal(forge(payload, header([[4, undefined]]))), "BAD_HEADER");
  t.is(refusal(forge(payload, header([[4, new Uint8Array(4)]]))), "BAD_HEADER");
  t.is(refusal(forge(payload, header([[15, undefined]]))), "BAD_HEADER");
  t.is(refusal(forge(payload, header([[15, new Map<CborValue, CborValue>([[1, "me"], [2, subject]])]]))), "BAD_HEADER");
  t.is(refusal(forge(payload, header([[15, new Map<CborValue, CborValue>([[1, device.id], [2, ""]])]]))), "BAD_HEADER");
  t.is(refusal(forge(payload, header([[15, new Map<CborValue, CborValue>([[1, device.id], [2, subject], [6, 1]])]]))), "BAD_HEADER");
  t.is(refusal(forge(payload, header([[3, 0]]))), "BAD_HEADER");
  t.is(refusal(forge(payload, header([[2, [4]]]))), "BAD_HEADER");
});

test("anything but a tagged COSE_Sign1 with a payload, an empty unprotected header and 64 bytes of signature is refused", (t) => {
  const parts = (decode(inference) as Tag).value as readonly CborValue[];
  const variant = (index: number, value: CborValue): Uint8Array => encode(new Tag(18, parts.map((part, i) => (i === index ? value : part))));
  t.is(refusal(encode(new Tag(98, parts))), "NOT_SIGN1");
  t.is(refusal(encode(parts)), "NOT_SIGN1");
  t.is(refusal(encode(new Tag(18, parts.slice(1)))), "NOT_SIGN1");
  t.is(refusal(encode(new Tag(61, new Tag(18, parts)))), "NOT_SIGN1");
  t.is(refusal(variant(0, null)), "NOT_SIGN1");
  t.is(refusal(variant(0, new Uint8Array(0))), "BAD_ALGORITHM");
  t.is(refusal(variant(0, encode([]))), "NOT_SIGN1");
  t.is(refusal(variant(1, null)), "NOT_SIGN1");
  t.is(refusal(variant(1, new Map([[394, [new Uint8Array(1)]]]))), "BAD_HEADER");
  t.is(refusal(variant(1, new Map([[4, new Uint8Array(8)]]))), "BAD_HEADER");
  t.is(refusal(variant(2, null)), "BAD_CLAIMS");
  t.is(refusal(variant(2, 1)), "NOT_SIGN1");
  for (const length of [0, 63, 65, 71, 128]) t.is(refusal(variant(3, new Uint8Array(length))), "BAD_SIGNATURE_LENGTH");
});

test("the protected header and the payload have to be canonical too, though the signature would cover them", (t) => {
  const parts = (decode(inference) as Tag).value as readonly CborValue[];
  const header = parts[0] as Uint8Array;
  // alg -47 as 39 002e: two bytes where one is enough
  const longer = Uint8Array.of(header[0] as number, 0x01, 0x39, 0x00, 0x2e, ...header.subarray(4));
  t.is(refusal(encode(new Tag(18, [longer, parts[1] as CborValue, parts[2] as CborValue, parts[3] as CborValue]))), "NOT_CANONICAL");
  const payload = parts[2] as Uint8Array;
  t.is(refusal(encode(new Tag(18, [header, parts[1] as CborValue, Uint8Array.of(...payload, 0), parts[3] as CborValue]))), "NOT_CBOR");
});

test("more than 4096 bytes are refused unread", (t) => {
  t.is(refusal(new Uint8Array(4097)), "TOO_LARGE");
  t.is(refusal(new Uint8Array(1_000_000)), "TOO_LARGE");
  t.is(refusal(new Uint8Array(0)), "NOT_CBOR");
});

test("random and mutated statements are parsed or refused with a code, never anything else", (t) => {
  fc.assert(
    fc.property(fc.constantFrom(boot, inference), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), fc.nat(), (statement, changes, cut) => {
      const bytes = statement.slice(0, cut % 3 === 0 ? cut % statement.length : statement.length);
      for (const [place, value] of changes) if (bytes.length > 0) bytes[place % bytes.length] = value;
      refusal(bytes);
    }),
    { numRuns: 5000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void refusal(bytes)), { numRuns: 5000 });
  t.pass();
});
