import { commitInput } from "assay/statement/input";
import test from "ava";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { encode, Float, type CborValue } from "assay/statement/cbor";
import { encodeRevealedInput, MAX_INPUT_FILE_LENGTH, parseRevealedInput, type RevealedInput } from "../../client/revealed-input.ts";
import { VerificationError } from "../../client/verification-error.ts";

const FORMAT = "tag:assay.dev,2026:input#1";
const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
const window = Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64);
const input: RevealedInput = { salt, window, frontEnd: '["compress",[0]]' };

function isRefused(body: () => unknown): boolean {
  try {
    body();
    return false;
  } catch (error) {
    if (error instanceof VerificationError && error.code === "BAD_INPUT_FILE") return true;
    throw error;
  }
}

test("a revealed input is an array of format, salt, window and front end, and comes back as it was", (t) => {
  const file = encodeRevealedInput(input);
  t.is(Buffer.from(file).toString("hex"), `84781a${Buffer.from(FORMAT).toString("hex")}5820${Buffer.from(salt).toString("hex")}480000803f0000004070${Buffer.from(input.frontEnd).toString("hex")}`);
  t.deepEqual(parseRevealedInput(file), input);
  t.deepEqual(parseRevealedInput(Buffer.from(file)), input);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.float32Array({ minLength: 1, maxLength: 64 }), fc.string({ minLength: 1, unit: "grapheme" }), (bytes, values, frontEnd) => {
      const any = { salt: bytes, window: new Uint8Array(values.slice().buffer), frontEnd };
      t.deepEqual(parseRevealedInput(encodeRevealedInput(any)), any);
    }),
  );
});

test("the commitment is SHA-256 of salt and window, one after the other", (t) => {
  t.deepEqual(commitInput(input.salt, input.window, sha256), sha256(Uint8Array.of(...salt, ...window)));
});

test("what is no revealed input is refused, coming in and going out", (t) => {
  const values: readonly CborValue[] = [
    null,
    FORMAT,
    [],
    [FORMAT, salt, window],
    [FORMAT, salt, window, "x", 0],
    new Map<CborValue, CborValue>([[0, FORMAT]]),
    ["tag:assay.dev,2026:input#2", salt, window, "x"],
    [FORMAT, salt.slice(1), window, "x"],
    [FORMAT, "a salt of thirty-two characters..", window, "x"],
    [FORMAT, salt, new Uint8Array(0), "x"],
    [FORMAT, salt, window.slice(1), "x"],
    [FORMAT, salt, new Uint8Array(16_388), "x"],
    [FORMAT, salt, [new Float(1)], "x"],
    [FORMAT, salt, window, ""],
    [FORMAT, salt, window, Uint8Array.of(120)],
    [FORMAT, salt, window, null],
  ];
  for (const value of values) t.true(isRefused(() => parseRevealedInput(encode(value))), JSON.stringify(value));
  t.notThrows(() => parseRevealedInput(encode([FORMAT, salt, new Uint8Array(16_384), "x"])), "the longest window");
  const longest = (characters: number): Uint8Array => encode([FORMAT, salt, window, "x".repeat(characters)]);
  const overhead = longest(100_000).length - 100_000;
  t.notThrows(() => parseRevealedInput(longest(MAX_INPUT_FILE_LENGTH - overhead)), "the largest file");
  t.true(isRefused(() => parseRevealedInput(longest(MAX_INPUT_FILE_LENGTH - overhead + 1))));
  for (const wrong of [{ salt: salt.slice(1) }, { window: window.slice(1) }, { frontEnd: "" }, { frontEnd: "\ud800" }, { frontEnd: "x".repeat(MAX_INPUT_FILE_LENGTH) }]) {
    t.true(isRefused(() => encodeRevealedInput({ ...input, ...wrong })), Object.keys(wrong)[0]);
  }
});

test("bytes that are cut off, longer, or another encoding of the same are refused", (t) => {
  const file = encodeRevealedInput(input);
  for (let length = 0; length < file.length; length++) t.true(isRefused(() => parseRevealedInput(file.slice(0, length))), `${length} bytes`);
  t.true(isRefused(() => parseRevealedInput(Uint8Array.of(...file, 0))));
  // The array's length in two bytes; of indefinite length.
  t.true(isRefused(() => parseRevealedInput(Uint8Array.of(0x98, 4, ...file.slice(1)))));
  t.true(isRefused(() => parseRevealedInput(Uint8Array.of(0x9f, ...file.slice(1), 0xff))));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      t.true(isRefused(() => parseRevealedInput(bytes)));
    }),
  );
});
