import test from "ava";
import fc from "fast-check";
import { FlashError, type FlashErrorCode } from "../../boards/esp-flash/flash-error.ts";
import { parseNvsCsv } from "../../boards/esp-flash/nvs-csv.ts";
import { decodeNvs } from "../../boards/esp-flash/nvs-decode.ts";
import { INTEGERS, type NvsEntry, type NvsInteger } from "../../boards/esp-flash/nvs-format.ts";
import { encodeNvs } from "../../boards/esp-flash/nvs-image.ts";

function code(what: () => unknown): FlashErrorCode {
  try {
    what();
  } catch (error) {
    if (error instanceof FlashError) return error.code;
    throw error;
  }
  throw new Error("expected an error, got none");
}

const key = fc.string({ unit: fc.constantFrom(..."abcdefghij_0"), minLength: 1, maxLength: 15 });
const integer = fc.constantFrom(...(Object.keys(INTEGERS) as NvsInteger[])).chain((type) => {
  const [bytes, signed] = INTEGERS[type];
  const bits = BigInt(8 * bytes);
  return fc.bigInt(signed ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n } : { min: 0n, max: (1n << bits) - 1n }).map((value) => ({ type, value }));
});
const value = fc.oneof(
  integer,
  fc.string({ unit: "binary", maxLength: 600 }).filter((text) => !text.includes("\0")).map((text) => ({ type: "string" as const, value: text })),
  fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ minLength: 3900, maxLength: 9000 })).map((bytes) => ({ type: "blob" as const, value: bytes })),
);
const entries = fc.uniqueArray(fc.tuple(fc.constantFrom("wifi", "assay", "n"), key, value).map(([namespace, name, content]) => ({ namespace, key: name, ...content }) as NvsEntry), { selector: (entry) => `${entry.namespace} ${entry.key}`, maxLength: 25 });

test("Any entries come back from the image, in order and unchanged", (t) => {
  fc.assert(
    fc.property(entries, (list) => {
      const grouped = [...list];
      t.deepEqual(decodeNvs(encodeNvs(grouped, 0x80000)), grouped);
    }),
    { seed: 9, numRuns: 60 },
  );
});

test("An image begins with the page header, the bitmap and the namespace that the documentation describes", (t) => {
  const image = Buffer.from(encodeNvs([{ namespace: "assay", key: "port", type: "u16", value: 1883n }], 0x3000));
  t.is(image.length, 0x3000);
  t.is(image.subarray(0, 28).toString("hex"), `feffffff${"00000000"}fe${"ff".repeat(19)}`);
  t.is(image[32], 0b11111010);
  // Namespace 0, u8, span 1, no chunk; CRC; "assay"; its number 1.
  t.is(image.subarray(64, 68).toString("hex"), "000101ff");
  t.is(image.subarray(72, 96).toString("hex"), `${Buffer.from("assay").toString("hex").padEnd(32, "0")}01ffffffffffffff`);
  t.is(image.subarray(96, 100).toString("hex"), "010201ff");
  t.is(image.subarray(104, 128).toString("hex"), `${Buffer.from("port").toString("hex").padEnd(32, "0")}5b07ffffffffffff`);
  t.true(image.subarray(0x1000).every((byte) => byte === 0xff));
});

test("A blob larger than a page lies in chunks over pages; full pages say so, and one page stays blank", (t) => {
  const image = Buffer.from(encodeNvs([{ namespace: "a", key: "b", type: "blob", value: new Uint8Array(9000).fill(7) }], 0x5000));
  t.deepEqual([0, 1, 2, 3, 4].map((page) => image.readUInt32LE(page * 0x1000)), [0xfffffffc, 0xfffffffc, 0xfffffffe, 0xffffffff, 0xffffffff]);
  t.deepEqual([0, 1, 2].map((page) => image.readUInt32LE(page * 0x1000 + 4)), [0, 1, 2]);
  t.is(code(() => encodeNvs([{ namespace: "a", key: "b", type: "blob", value: new Uint8Array(9000) }], 0x3000)), "DOES_NOT_FIT");
});

test("The longest string takes a page for itself; a longer one is refused, as is one with a 0", (t) => {
  const longest: NvsEntry = { namespace: "a", key: "b", type: "string", value: "x".repeat(3999) };
  t.deepEqual(decodeNvs(encodeNvs([longest], 0x4000)), [longest]);
  t.is(code(() => encodeNvs([{ ...longest, value: "x".repeat(4000) }], 0x4000)), "BAD_NVS");
  t.is(code(() => encodeNvs([{ ...longest, value: "a\0b" }], 0x4000)), "BAD_NVS");
});

test("What NVS cannot hold is refused, and no value is in the error", (t) => {
  const cases: readonly (readonly [readonly NvsEntry[], number])[] = [
    [[], 0x2000],
    [[], 0x3001],
    [[{ namespace: "", key: "k", type: "u8", value: 1n }], 0x3000],
    [[{ namespace: "n", key: "sixteen_letters_", type: "u8", value: 1n }], 0x3000],
    [[{ namespace: "n", key: "ä", type: "u8", value: 1n }], 0x3000],
    [[{ namespace: "n", key: "k", type: "u8", value: 256n }], 0x3000],
    [[{ namespace: "n", key: "k", type: "i8", value: -129n }], 0x3000],
    [[{ namespace: "n", key: "k", type: "u64", value: -1n }], 0x3000],
    [[{ namespace: "n", key: "k", type: "u8", value: 1n }, { namespace: "n", key: "k", type: "u16", value: 1n }], 0x3000],
  ];
  for (const [list, size] of cases) t.is(code(() => encodeNvs(list, size)), "BAD_NVS");
  const error = t.throws(() => encodeNvs([{ namespace: "n", key: "k", type: "u8", value: 987654321n }], 0x3000));
  t.false(error.message.includes("987654321"));
});

test("Bytes changed anywhere, and any bytes at all, decode or are BAD_NVS", (t) => {
  const image = encodeNvs([{ namespace: "assay", key: "config", type: "blob", value: new Uint8Array(5000).fill(3) }, { namespace: "assay", key: "name", type: "string", value: "board 1" }, { namespace: "assay", key: "n", type: "i32", value: -5n }], 0x4000);
  const settles = (bytes: Uint8Array): boolean => {
    try {
      return decodeNvs(bytes).length < 1000;
    } catch (error) {
      return error instanceof FlashError && error.code === "BAD_NVS";
    }
  };
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: image.length - 1 }), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }), (changes) => {
      const changed = Uint8Array.from(image);
      for (const [at, byte] of changes) changed[at] = byte;
      t.true(settles(changed));
    }),
    { seed: 10, numRuns: 500 },
  );
  fc.assert(fc.property(fc.uint8Array({ minLength: 4096, maxLength: 4096 }), (bytes) => t.true(settles(bytes))), { seed: 11 });
  // The fields of an entry whose CRC is right may still be anything.
  t.deepEqual(Uint8Array.from(withEntry(image, image.slice(96, 128))), image);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (entry) => t.true(settles(withEntry(image, entry)))),
    { seed: 12, numRuns: 500 },
  );
  t.is(code(() => decodeNvs(new Uint8Array(100))), "BAD_NVS");
  t.is(code(() => decodeNvs(new Uint8Array(0))), "BAD_NVS");
});

/** The image with its second entry replaced, whose CRC is made to fit. */
function withEntry(image: Uint8Array, entry: Uint8Array): Uint8Array {
  const changed = Buffer.from(image);
  changed.set(entry, 96);
  let sum = 0;
  // CRC-32 bit by bit, begun with all ones as NVS does, which cancels zlib's own inversion.
  for (const at of [...Array(4).keys(), ...Array.from({ length: 24 }, (_, index) => index + 8)]) {
    sum ^= changed[96 + at]!;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  changed.writeUInt32LE(~sum >>> 0, 100);
  return changed;
}

test("Espressif's CSV: namespaces, values in the file and in files that it names, all encodings", (t) => {
  const files: Readonly<Record<string, Uint8Array>> = { "key.bin": Uint8Array.of(1, 2, 3), "name.txt": Buffer.from("Wörk\n") };
  const text = `key,type,encoding,value
# comment
assay,namespace,,
port,data,u16,1883
low,data,i64,-0x7fffffffffffffff
ssid,data,string,"a ""b"", c"
raw,data,hex2bin,00ff
more,data,base64,AQI=
secret,file,binary,key.bin
wifi,namespace,,
name,file,string,name.txt`;
  t.deepEqual(parseNvsCsv(text.replace("-0x7fffffffffffffff", "-9223372036854775808"), (path) => files[path]!), [
    { namespace: "assay", key: "port", type: "u16", value: 1883n },
    { namespace: "assay", key: "low", type: "i64", value: -9223372036854775808n },
    { namespace: "assay", key: "ssid", type: "string", value: 'a "b", c' },
    { namespace: "assay", key: "raw", type: "blob", value: Uint8Array.of(0, 255) },
    { namespace: "assay", key: "more", type: "blob", value: Uint8Array.of(1, 2) },
    { namespace: "assay", key: "secret", type: "blob", value: Uint8Array.of(1, 2, 3) },
    { namespace: "wifi", key: "name", type: "string", value: "Wörk\n" },
  ]);
});

test("A CSV with a mistake names the line and not the value", (t) => {
  for (const line of ["k,data,u8,secret1", "k,data,hex2bin,secret1", "k,data,base64,secret1!", "k,data,float,secret1", "k,word,u8,secret1", 'k,data,string,"secret1', "k,data,string,secret1,x"]) {
    const error = t.throws(() => parseNvsCsv(`n,namespace,,\n${line}`, () => new Uint8Array()), { instanceOf: FlashError, code: "BAD_NVS", message: /^line 2: / }, line);
    t.false(error.message.includes("secret1"), line);
  }
  t.is(code(() => parseNvsCsv("k,data,u8,1", () => new Uint8Array())), "BAD_NVS");
});
