import test from "ava";
import type { ExecutionContext } from "ava";
import { decode, encode } from "assay/statement/cbor";
import type { CborValue } from "assay/statement/cbor";
import { parseSign1 } from "assay/statement/sign1";
import fc from "fast-check";
import { bytesToHex, hexToBytes } from "viem";
import type { Abi } from "viem";
import { artifactOf, compileSources } from "../../contracts/compile.ts";
import { sha256 } from "../../gateway/log.ts";
import { curveNames, deviceKey } from "./device-keys.ts";
import { localChain, revertOf } from "./local-chain.ts";
import { registryOf } from "./registry.ts";
import { bootStatement, digestOf, headerOf, hexOf, signed, statement } from "./statements.ts";

const bytes = (hex: string): Uint8Array => hexToBytes(`0x${hex.replace(/\s/g, "")}`);

for (const curve of curveNames) {
  test(`verifyStatement gives the device, boot count and sequence of a statement signed with ${curve}, and nothing for any byte changed`, async (t) => {
    const registry = await registryOf(t);
    const key = deviceKey(curve, 80);
    await registry.register(key);
    const whole = statement(key, { beacon: { block: 21_000_000, hash: new Uint8Array(8).fill(3) } });
    t.deepEqual(await registry.verify(key.thumbprint, whole), [key.thumbprint, 3n, 41n]);
    t.deepEqual(await registry.verify(key.thumbprint, bootStatement(key)), [key.thumbprint, 3n, 0n]);
    t.deepEqual(await registry.verify(key.thumbprint, statement(key, { bootCount: 2n ** 64n - 1n, sequence: 2n ** 53n })), [key.thumbprint, 2n ** 64n - 1n, 2n ** 53n]);
    t.is(await revertOf(registry.verify(deviceKey(curve, 81).thumbprint, whole)), "UnknownKey");
    const outcomes = new Map<string, number>();
    const expectRefusal = async (changed: Uint8Array, what: string) => {
      const outcome = await revertOf(registry.verify(key.thumbprint, changed));
      t.regex(outcome, /^(Statement(Malformed|Truncated)|AlgorithmUnknown|AlgorithmMismatch|ClaimMissing|BadSignature)$/, what);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    for (let i = 0; i < whole.length; i++) {
      await expectRefusal(whole.with(i, (whole[i] as number) ^ (1 << (i % 8))), `byte ${i} changed`);
      await expectRefusal(whole.subarray(0, i), `cut after ${i} bytes`);
    }
    await expectRefusal(Uint8Array.of(...whole, 0), "a byte more");
    t.log([...outcomes].map(([name, count]) => `${name} ${count}`).join(", "));
  });
}

test("an algorithm has to be one of three, and fit the key's curve", async (t) => {
  const registry = await registryOf(t);
  const [k1, r1] = [deviceKey("secp256k1", 82), deviceKey("p256", 83)];
  await registry.register(k1);
  await registry.register(r1);
  const outcome = (key: typeof k1, algorithm: number | string) => revertOf(registry.verify(key.thumbprint, statement(key, { header: new Map([[1, algorithm]]) })));
  t.is(await outcome(k1, -47), "no revert");
  t.is(await outcome(r1, -9), "no revert");
  t.is(await outcome(r1, -7), "no revert", "ES256 with P-256");
  t.is(await outcome(k1, -7), "AlgorithmMismatch");
  t.is(await outcome(k1, -9), "AlgorithmMismatch");
  t.is(await outcome(r1, -47), "AlgorithmMismatch");
  for (const algorithm of [-8, -35, 47, 0, -46, -48, "ES256K"]) t.is(await outcome(k1, algorithm), "AlgorithmUnknown", String(algorithm));
});

/** The reader itself, so that what it refuses is not hidden by the signature. */
async function readerOf(t: ExecutionContext) {
  const artifact = artifactOf(await compileSources([`${import.meta.dirname}/solidity/StatementReaderHarness.sol`]), "StatementReaderHarness");
  const chain = await localChain(t);
  const address = await chain.deploy(artifact);
  const call = (functionName: string, statement: Uint8Array) => chain.client.readContract({ abi: artifact.abi as Abi, address, functionName, args: [hexOf(statement)] });
  return {
    read: (statement: Uint8Array) => call("read", statement) as Promise<{ bootCount: bigint; sequence: bigint; digest: string }>,
    readInference: (statement: Uint8Array) => call("readInference", statement) as Promise<readonly [string, bigint, string]>,
  };
}

test("the reader takes deterministic CBOR only: one head, one order, nothing left over", async (t) => {
  const reader = await readerOf(t);
  const key = deviceKey("secp256k1", 84);
  const header = encode(headerOf(key));
  const outcome = (payload: string, protectedHeader = header) => revertOf(reader.read(signed(key, protectedHeader, bytes(payload))));
  const tail = "3a00011170 82 05 f6";
  t.is(await outcome(`a2 19010b 03 ${tail}`), "no revert");
  const malformed: Record<string, string> = {
    "a key twice": `a3 19010b 03 19010b 03 ${tail}`,
    "keys out of order": `a2 ${tail} 19010b 03`,
    "a key that is text": `a3 19010b 03 ${tail} 61 61 00`,
    "a boot count with a head too long": `a2 19010b 1803 ${tail}`,
    "a boot count that is negative": `a2 19010b 23 ${tail}`,
    "a boot count that is text": `a2 19010b 6133 ${tail}`,
    "a boot count that is a bignum": `a2 19010b c249010000000000000000 ${tail}`,
    "a key with a head too long": `a2 1a0000010b 03 ${tail}`,
    "a map without an end": `bf 19010b 03 ${tail} ff`,
    "an array without an end": "a2 19010b 03 3a00011170 9f 05 f6 ff",
    "a string without an end": `a3 06 5f ff 19010b 03 ${tail}`,
    "reserved additional information": `a3 06 1c 19010b 03 ${tail}`,
    "undefined": `a3 06 f7 19010b 03 ${tail}`,
    "a simple value in two bytes": `a3 06 f8ff 19010b 03 ${tail}`,
    "a byte after the map": `a2 19010b 03 ${tail} 00`,
    "no map": `82 19010b 03`,
    "one item in the chain": "a2 19010b 03 3a00011170 81 05",
    "a chain that is no array": "a2 19010b 03 3a00011170 05",
    "a sequence that is null": "a2 19010b 03 3a00011170 82 f6 05",
  };
  for (const [what, payload] of Object.entries(malformed)) t.is(await outcome(payload), "StatementMalformed", what);
  const truncated: Record<string, string> = {
    "a map that ends early": `a3 19010b 03 ${tail}`,
    "an array that ends early": "a2 19010b 03 3a00011170 83 05 f6",
    "an array of 2^63 items": "a2 19010b 03 3a00011170 9b8000000000000000 05",
    "an item that is a map of 2^64 - 1 entries": `a3 06 bbffffffffffffffff 19010b 03 ${tail}`,
    "a string longer than the payload": `a3 06 59ffff 19010b 03 ${tail}`,
    "nothing": "",
  };
  for (const [what, payload] of Object.entries(truncated)) t.is(await outcome(payload), "StatementTruncated", what);
  t.is(await outcome(`a1 19010b 03`), "ClaimMissing");
  t.is(await outcome(`a1 ${tail}`), "ClaimMissing");
  t.is(await outcome(`a3 06 ${"81".repeat(1000)} 00 19010b 03 ${tail}`), "no revert", "depth costs nothing");
  const good = `a2 19010b 03 ${tail}`;
  const headers: Record<string, [string, string]> = {
    "an empty header": ["", "StatementTruncated"],
    "an empty map": ["a0", "StatementMalformed"],
    "something before the algorithm": ["a2 00 00 01 382e", "StatementMalformed"],
    "a critical parameter": ["a2 01 382e 02 81 04", "StatementMalformed"],
    "the algorithm twice": ["a2 01 382e 01 382e", "StatementMalformed"],
    "a byte after the map": ["a1 01 382e 00", "StatementMalformed"],
    "the algorithm with a head too long": ["a1 01 39002e", "StatementMalformed"],
  };
  for (const [what, [encoded, expected]] of Object.entries(headers)) t.is(await outcome(good, bytes(encoded)), expected, what);
});

test("the shell of a statement has one form", async (t) => {
  const reader = await readerOf(t);
  const key = deviceKey("p256", 85);
  const [header, payload] = [Buffer.from(encode(headerOf(key))).toString("hex"), "a2 19010b 03 3a00011170 82 05 f6"];
  const part = (hex: string) => `58${(hex.replace(/\s/g, "").length / 2).toString(16).padStart(2, "0")}${hex}`;
  const short = (hex: string) => `${(0x40 + hex.replace(/\s/g, "").length / 2).toString(16)}${hex}`;
  const signature = `5840${"01".repeat(64)}`;
  const outcome = (hex: string) => revertOf(reader.read(bytes(hex)));
  t.is(await outcome(`d284${part(header)}a0${short(payload)}${signature}`), "no revert");
  const wrong: Record<string, string> = {
    "no tag": `84${part(header)}a0${short(payload)}${signature}`,
    "the tag of COSE_Sign": `d862 84${part(header)}a0${short(payload)}${signature}`,
    "the tag in two bytes": `d812 84${part(header)}a0${short(payload)}${signature}`,
    "five items": `d285${part(header)}a0${short(payload)}${signature}00`,
    "something unprotected": `d284${part(header)}a10400${short(payload)}${signature}`,
    "a detached payload": `d284${part(header)}a0f6${signature}`,
    "a payload with a head too long": `d284${part(header)}a0${part(payload)}${signature}`,
    "a signature of 63 bytes": `d284${part(header)}a0${short(payload)}583f${"01".repeat(63)}`,
    "a signature of 65 bytes": `d284${part(header)}a0${short(payload)}5841${"01".repeat(65)}`,
    "a signature with a byte after it": `d284${part(header)}a0${short(payload)}${signature}00`,
  };
  for (const [what, hex] of Object.entries(wrong)) t.is(await outcome(hex), "StatementMalformed", what);
  t.is(await outcome(`d284${part(header)}a0${short(payload)}5840${"01".repeat(63)}`), "StatementTruncated");
  t.is(await outcome("00".repeat(4097)), "StatementTooLong");
  const rest = 4096 - 2 - 2 - encode(headerOf(key)).length - 1 - 3 - 66;
  const large = encode(new Map<number, CborValue>([[267, 3], [-70001, [5, new Uint8Array(rest - 15)]]]));
  const largest = signed(key, encode(headerOf(key)), large);
  t.is(largest.length, 4096);
  t.is((await reader.read(largest)).sequence, 5n);
});

test("an inference gives its first label and its beacon, and a boot gives none", async (t) => {
  const reader = await readerOf(t);
  const key = deviceKey("secp256k1", 86);
  const hash = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  t.deepEqual(await reader.readInference(statement(key, { label: "Größe ✓", beacon: { block: 21_000_000, hash } })), ["Größe ✓", 21_000_000n, bytesToHex(hash)]);
  t.deepEqual(await reader.readInference(statement(key, { label: "" })), ["", 0n, "0x0000000000000000"]);
  t.is(await revertOf(reader.readInference(bootStatement(key))), "NotAnInference");
  t.is(await revertOf(reader.readInference(statement(key, { claims: new Map([[10, hash]]) }))), "StatementMalformed", "a hash without a block");
  t.is(await revertOf(reader.readInference(statement(key, { beacon: { block: 1, hash: hash.subarray(1) } }))), "StatementMalformed", "a hash of 7 bytes");
  const results = (first: unknown) => new Map([[-70001, [1, null, new Uint8Array(32), first, null]]]) as never;
  for (const first of [[], [[]], [[1, "a", 2]], [[new Uint8Array(1), new Uint8Array(1), 2]], [[new Uint8Array(1), "a"]], 1]) {
    t.is(await revertOf(reader.readInference(statement(key, { claims: results(first) }))), "StatementMalformed", JSON.stringify(first));
  }
});

test("on statements changed at random the contract and the strict reader of devices agree", async (t) => {
  const reader = await readerOf(t);
  const key = deviceKey("secp256k1", 87);
  const whole = statement(key, { beacon: { block: 21_000_000, hash: new Uint8Array(8).fill(3) } });
  let taken = 0;
  const change = fc.record({ at: fc.nat(whole.length - 1), kind: fc.constantFrom("set", "cut", "insert"), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      let data = [...whole];
      for (const { at, kind, value } of changes) data = kind === "set" ? data.with(Math.min(at, data.length - 1), value) : data.toSpliced(at, kind === "cut" ? 1 : 0, ...(kind === "cut" ? [] : [value]));
      const strict = strictNumbers(Uint8Array.from(data));
      const answer = await reader.read(Uint8Array.from(data)).catch(() => undefined);
      // The contract is laxer in what does not matter to it, never stricter, and where both read, they read the same.
      if (strict === undefined) return;
      taken++;
      if (answer === undefined) throw new Error("expected the contract to read what devices and gateways read");
      if (answer.bootCount !== strict.bootCount || answer.sequence !== strict.sequence || answer.digest !== strict.digest) throw new Error(`expected ${JSON.stringify(strict, String)}, got ${JSON.stringify(answer, String)}`);
    }),
    { numRuns: 1500, seed: 20_261 },
  );
  t.log(`${taken} of 1500 are still statements`);
  t.true(taken > 100);
});

/** What the strict reader makes of bytes, or undefined if it refuses them or they are no statement. */
function strictNumbers(data: Uint8Array): { bootCount: bigint; sequence: bigint; digest: string } | undefined {
  try {
    const { protectedBytes, protectedHeader, unprotected, payload, signature } = parseSign1(data);
    if (protectedHeader.get(1) !== -47 || unprotected.size !== 0 || payload === null || signature.length !== 64) return undefined;
    if (![...protectedHeader.keys()].every((label) => typeof label === "number" || typeof label === "bigint")) return undefined;
    const claims = decode(payload);
    if (!(claims instanceof Map) || ![...claims.keys()].every((label) => typeof label === "number" || typeof label === "bigint")) return undefined;
    const bootCount: unknown = claims.get(267);
    const chain: unknown = claims.get(-70001);
    const [sequence] = Array.isArray(chain) && chain.length >= 2 ? (chain as unknown[]) : [];
    const natural = (value: unknown): value is number | bigint => (typeof value === "number" || typeof value === "bigint") && value >= 0;
    if (!natural(bootCount) || !natural(sequence)) return undefined;
    return { bootCount: BigInt(bootCount), sequence: BigInt(sequence), digest: bytesToHex(digestOf(protectedBytes, payload)) };
  } catch {
    return undefined;
  }
}

test("the digest is SHA-256 of the Sig_structure of RFC 9052 §4.4", async (t) => {
  const reader = await readerOf(t);
  const key = deviceKey("p256", 88);
  const header = encode(headerOf(key));
  const payload = bytes("a2 19010b 03 3a00011170 82 05 f6");
  const structure = Uint8Array.of(0x84, 0x6a, ...new TextEncoder().encode("Signature1"), 0x58, header.length, ...header, 0x40, 0x40 + payload.length, ...payload);
  t.is((await reader.read(signed(key, header, payload))).digest, bytesToHex(sha256(structure)));
});
