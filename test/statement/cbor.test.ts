import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { decode, encode, Float, Tag, type CborValue } from "assay/statement/cbor";
import { StatementError, type StatementErrorCode } from "assay/statement/statement-error";
import { testWithShared } from "../requirements.ts";
import { isCanonicalByCborX } from "./cbor-x.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The code that `bytes` are refused with, or undefined if they are not. */
function refusal(bytes: Uint8Array): StatementErrorCode | undefined {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof StatementError) return error.code;
    throw error;
  }
}

interface Vector {
  readonly description: string;
  readonly hex: string;
  /** not well-formed */
  readonly fail: boolean;
  /** well-formed and deterministic */
  readonly roundtrip: boolean;
}

function vectors(path: string): Vector[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => JSON.parse(readFileSync(join(path, name), "utf8")).tests as Vector[]);
}

/** Vectors that we judge differently from their label, by the reason. */
function exception({ description, hex }: Vector): "profile" | "tag content" | "half subnormal" | "too deep" | undefined {
  // simple values other than false, true, null; NaN with a payload or a sign; -0
  if (/^(e[0-9a-f]|f[0-37]|f8)/.test(hex) || hex === "f98000" || /^(f9[7f][c-f]|fa[7f]f|fb[7f]ff)/.test(hex)) return "profile";
  // RFC 8949 §3.4.1 and §3.4.2 say what dates hold; that is for whoever uses those tags
  if (hex === "c1a1616100" || hex === "c0a1616100") return "tag content";
  // labelled as not preferred, but f903ff is the shortest encoding of its value (RFC 8949 appendix A has f90001)
  if (hex === "f903ff" || hex === "f983ff") return "half subnormal";
  return description.includes("deeply-nested") ? "too deep" : undefined;
}

testWithShared("vectors/cbor-wg-test-vectors/tests", "the vectors of the CBOR working group are taken if they are deterministic, and refused with a code if not", (t, path) => {
  const all = vectors(path);
  const exceptions: Record<string, number> = {};
  for (const vector of all) {
    const bytes = hex(vector.hex);
    const code = refusal(bytes);
    const expected = !vector.fail && vector.roundtrip;
    if (code === undefined) t.is(toHex(encode(decode(bytes))), vector.hex, vector.description);
    if ((code === undefined) === expected) continue;
    const reason = exception(vector);
    if (reason === undefined) t.fail(`${vector.description}: ${vector.hex} gave ${code}`);
    else exceptions[reason] = (exceptions[reason] ?? 0) + 1;
  }
  t.is(all.length, 1379);
  t.deepEqual(exceptions, { profile: 33, "tag content": 2, "half subnormal": 2, "too deep": 3 });
});

/** Whether a value that cbor-x makes something else of is part of it: it forgets that an integral float was a float, and makes dates and more of tags. */
function isRemade(value: CborValue): boolean {
  if (value instanceof Float) return Number.isInteger(value.value);
  if (value instanceof Tag) return value.tag < 2 || value.tag > 3;
  if (value instanceof Map) return [...value].flat().some((item) => isRemade(item as CborValue));
  return Array.isArray(value) && value.some((item) => isRemade(item as CborValue));
}

testWithShared("vectors/cbor-wg-test-vectors/tests", "the strict decoder agrees with cbor-x, our encoder and a comparison, on all vectors but integral floats and tags", (t, path) => {
  let agreed = 0;
  let remade = 0;
  for (const { hex: text } of vectors(path)) {
    const bytes = hex(text);
    const strict = refusal(bytes) === undefined;
    if (strict === isCanonicalByCborX(bytes)) agreed++;
    else if (strict && isRemade(decode(bytes))) remade++;
    else t.fail(`${text}: strict ${strict}`);
  }
  t.deepEqual([agreed, remade], [1291, 88]);
});

const anyText = fc.string({ unit: "grapheme" });
const anyFloat = fc.double().filter((value) => !Object.is(value, -0)).map((value) => new Float(value));
const anyInteger = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }).filter((value) => value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)));
const anyBytes = fc.uint8Array({ maxLength: 80 });
const anyValue: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue; leaf: CborValue }>((tie) => ({
  leaf: fc.oneof(anyInteger, anyFloat, anyText, anyBytes, fc.boolean(), fc.constant(null)),
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 8 }),
    fc.array(fc.tuple(fc.oneof(anyInteger, anyText), tie("value")), { maxLength: 8 }).map((entries) => new Map(entries)),
    fc.tuple(fc.integer({ min: 4, max: 70_000 }), tie("value")).map(([tag, value]) => new Tag(tag, value)),
  ),
})).value;

/** -0 in text form of a map order: maps compare by content, whatever order they were filled in. */
function comparable(value: CborValue): unknown {
  if (value instanceof Float) return { float: value.value };
  if (value instanceof Tag) return { tag: value.tag, value: comparable(value.value) };
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [toHex(encode(key as CborValue)), comparable(item as CborValue)] as const).sort(([a], [b]) => (a < b ? -1 : 1)) };
  return Array.isArray(value) ? value.map((item) => comparable(item as CborValue)) : value;
}

test("what is encoded decodes to the same value, and the same value encodes to the same bytes", (t) => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = encode(value);
      const decoded = decode(bytes);
      t.deepEqual(comparable(decoded), comparable(value));
      t.deepEqual(encode(decoded), bytes);
    }),
    { numRuns: 1000 },
  );
});

test("random bytes either are the encoding of what they decode to, or are refused with a code", (t) => {
  let taken = 0;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      if (refusal(bytes) !== undefined) return;
      taken++;
      t.deepEqual(encode(decode(bytes)), bytes);
    }),
    { numRuns: 20_000 },
  );
  t.true(taken > 0);
});

test("encodings with one byte changed either are encodings of another value, or are refused with a code", (t) => {
  fc.assert(
    fc.property(anyValue, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, change) => {
      const bytes = encode(value);
      const at = place % bytes.length;
      bytes[at] = (bytes[at] as number) ^ change;
      if (refusal(bytes) === undefined) t.deepEqual(encode(decode(bytes)), bytes);
    }),
    { numRuns: 5000 },
  );
});

test("map keys come in bytewise order of their encodings, whatever order they were given in (RFC 8949 §4.2.1)", (t) => {
  const keys: CborValue[] = [false, [-1], "aa", "z", [100], -1, 100, 10];
  const map = new Map(keys.map((key) => [key, 0] as const));
  t.is(toHex(encode(map)), "a8 0a00 186400 2000 617a00 62616100 81186400 812000 f400".replaceAll(" ", ""));
  t.is(refusal(hex("a2 2000 0a00")), "NOT_CANONICAL");
});

test("a key that stands twice is refused, reading and writing", (t) => {
  t.is(refusal(hex("a2 0100 0100")), "NOT_CANONICAL");
  t.throws(() => encode(new Map<CborValue, CborValue>([[new Float(1), 0], [new Float(1), 1]])), { instanceOf: StatementError, code: "NOT_ENCODABLE" });
});

test("floats have the shortest form that keeps them, one NaN, and no -0 (RFC 8949 §4.2.2)", (t) => {
  for (const [value, text] of [[1.5, "f93e00"], [1, "f93c00"], [65504, "f97bff"], [65505, "fa477fe100"], [5.960464477539063e-8, "f90001"], [2 ** -25, "fa33000000"], [100000.5, "fa47c35040"], [1.1, "fb3ff199999999999a"], [Infinity, "f97c00"], [-Infinity, "f9fc00"], [NaN, "f97e00"]] as const) t.is(toHex(encode(new Float(value))), text);
  for (const text of ["fa3f800000", "fb3ff8000000000000", "f97e01", "fa7fc00000", "f98000", "fa80000000"]) t.is(refusal(hex(text)), "NOT_CANONICAL", text);
  for (const value of [-0, new Float(-0)]) t.throws(() => encode(value), { code: "NOT_ENCODABLE" });
});

test("integers keep all 64 bits", (t) => {
  for (const value of [0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -24, -25, Number.MIN_SAFE_INTEGER, 2n ** 53n, 2n ** 64n - 1n, -(2n ** 53n), -(2n ** 64n)]) t.is(decode(encode(value)), value);
  t.is(encode(7n).length, 1);
  for (const value of [2n ** 64n, -(2n ** 64n) - 1n, 2 ** 53, 1e300]) t.throws(() => encode(value), { code: "NOT_ENCODABLE" });
});

test("bignums hold only what 64 bits do not, without leading zeros (RFC 8949 §3.4.3)", (t) => {
  t.is(refusal(hex("c249010000000000000000")), undefined);
  for (const text of ["c24101", "c248ffffffffffffffff", "c24a00010000000000000000", "c20a", "c340"]) t.is(refusal(hex(text)), "NOT_CANONICAL", text);
  t.throws(() => encode(new Tag(2, Uint8Array.of(1))), { code: "NOT_ENCODABLE" });
});

test("text is UTF-8 and nothing else, reading and writing (RFC 3629 §3)", (t) => {
  for (const text of ["", "\0", "ß水𐅑", "\u{10ffff}", "a".repeat(300), "水".repeat(65)]) {
    const bytes = encode(text);
    t.is(decode(bytes), text);
    t.is(Buffer.from(bytes).toString().endsWith(text), true);
  }
  for (const text of ["61 80", "62 c080", "62 c1bf", "63 e08080", "63 eda080", "63 edbfbf", "64 f0808080", "64 f4908080", "61 ff", "62 c3 28", "61 c3", "63 e6b0 41"]) t.is(refusal(hex(text)), "NOT_CBOR", text);
  t.throws(() => encode("\ud800"), { code: "NOT_ENCODABLE" });
  t.throws(() => encode("a\udc00b"), { code: "NOT_ENCODABLE" });
});

test("huge lengths are refused before anything is made of them", (t) => {
  for (const text of ["5b ffffffffffffffff", "7b 7fffffffffffffff", "9b ffffffffffffffff", "bb ffffffffffffffff", "9a ffffffff 00", "ba 7fffffff 0000", "5a ffffffff"]) t.is(refusal(hex(text)), "NOT_CBOR", text);
});

test("16 levels are read and written, 17 and 10,000 are refused", (t) => {
  const nest = (levels: number): Uint8Array => new Uint8Array([...Array(levels).fill(0x81), 0]);
  t.is(refusal(nest(16)), undefined);
  t.is(refusal(nest(17)), "TOO_DEEP");
  t.is(refusal(nest(10_000)), "TOO_DEEP");
  t.is(refusal(new Uint8Array([...Array(10_000).fill(0xd2), 0])), "TOO_DEEP");
  let value: CborValue = 0;
  for (let i = 0; i < 16; i++) value = [value];
  t.deepEqual(encode(value), nest(16));
  const deeper = [value];
  t.throws(() => encode(deeper), { code: "TOO_DEEP" });
});

test("indefinite lengths, bytes after the end and no bytes at all are refused", (t) => {
  for (const text of ["5f4101ff", "7f6161ff", "9f01ff", "bf0101ff"]) t.is(refusal(hex(text)), "NOT_CANONICAL", text);
  for (const text of ["", "0000", "ff", "1c", "fc", "f818", "1f"]) t.is(refusal(hex(text)), "NOT_CBOR", text);
});

test("byte strings are copies: changing what was read does not change what was decoded", (t) => {
  const source = Buffer.from("43010203", "hex");
  const value = decode(source) as Uint8Array;
  source.fill(0);
  t.deepEqual(value, Uint8Array.of(1, 2, 3));
  t.is(value.constructor, Uint8Array);
});

test("a megabyte of noise is refused quickly", (t) => {
  let state = 1;
  const noise = Uint8Array.from({ length: 1_000_000 }, () => (state = (state * 48271) % 0x7fffffff) & 0xff);
  t.not(refusal(noise), undefined);
  t.not(refusal(new Uint8Array(1_000_000).fill(0xa1)), undefined);
});
