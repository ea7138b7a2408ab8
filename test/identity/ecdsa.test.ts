import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import * as secp from "@noble/secp256k1";
import test from "ava";
import { verifySignature } from "../../client/signature.ts";
import { programPath, sharedPath, testWithProgram } from "../requirements.ts";
import { compileHarness, type Harness } from "./harness.ts";

secp.hashes.sha256 = sha256;
secp.hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

const gcc = programPath("gcc");
const harnesses: [string, Promise<Harness>][] =
  gcc === undefined
    ? []
    : [
        ["64-bit arithmetic", compileHarness(gcc)],
        ["32-bit arithmetic, as on microcontrollers", compileHarness(gcc, ["-DUSE_FIELD_10X26=1", "-DUSE_SCALAR_8X32=1"])],
      ];
// Whoever waits first reports a failed compilation.
for (const [, harness] of harnesses) harness.catch(() => {});

test.after.always(async () => {
  for (const [, harness] of harnesses) await harness.then((compiled) => compiled.close());
});

interface WycheproofCase {
  readonly key: string;
  readonly digest: string;
  readonly signature: string;
  readonly valid: boolean;
  readonly comment: string;
}

function wycheproof(folder: string): WycheproofCase[] {
  const file = JSON.parse(readFileSync(join(folder, "ecdsa_secp256k1_sha256_p1363_test.json"), "utf8"));
  return file.testGroups.flatMap((group: { publicKey: { uncompressed: string }; tests: { msg: string; sig: string; result: string; comment: string }[] }) =>
    group.tests.map(({ msg, sig, result, comment }) => ({ key: group.publicKey.uncompressed, digest: toHex(sha256(hex(msg))), signature: sig, valid: result === "valid", comment })),
  );
}

function isHighS(signature: string): boolean {
  return BigInt(`0x${signature.slice(64)}`) > HALF_ORDER;
}

const wycheproofFolder = sharedPath("vectors/wycheproof/testvectors_v1") ?? sharedPath("vectors/wycheproof");
const nobleFolder = sharedPath("vectors/noble-secp256k1/test/vectors/secp256k1");

function needs(folder: string | undefined, title: string, body: (folder: string) => void): void {
  if (folder === undefined) test.skip(`${title} (skipped: the vectors are not here)`, () => {});
  else body(folder);
}

needs(wycheproofFolder, "Wycheproof", (folder) => {
  test("noble judges Wycheproof's signatures as they are meant, but for high s, which is refused", (t) => {
    const cases = wycheproof(folder);
    let taken = 0;
    let high = 0;
    for (const { key, digest, signature, valid, comment } of cases) {
      const expected = valid && !isHighS(signature);
      if (valid && !expected) high++;
      t.is(verifySignature({ curve: "secp256k1", point: hex(key) }, hex(digest), hex(signature)), expected, comment);
      if (expected) taken++;
    }
    t.deepEqual([cases.length, taken, high], [252, 95, 72]);
  });

  for (const [name, harness] of harnesses)
    test(`C judges Wycheproof's signatures as they are meant, but for high s, which is refused (${name})`, async (t) => {
      // Other lengths than 64 bytes never reach C.
      const cases = wycheproof(folder).filter(({ signature }) => signature.length === 128);
      const answers = await (await harness).ask(cases.map(({ key, digest, signature }) => `verify ${key} ${digest} ${signature}`));
      let taken = 0;
      cases.forEach(({ signature, valid, comment }, i) => {
        const expected = valid && !isHighS(signature);
        t.is(answers[i], expected ? "yes" : "no", comment);
        if (expected) taken++;
      });
      t.is(taken, 95);
      t.is(answers.length, cases.length);
    });
});

needs(nobleFolder, "noble's vectors", (folder) => {
  const { valid } = JSON.parse(readFileSync(join(folder, "ecdsa.json"), "utf8")) as { valid: { d: string; m: string; signature: string }[] };
  const rfc6979 = JSON.parse(readFileSync(join(folder, "rfc6979.json"), "utf8")) as { message: string; d: string; k0: string }[];

  for (const [name, harness] of harnesses) {
    test(`C signs noble's 2019 vectors to the same bytes, and takes its own signatures (${name})`, async (t) => {
      const compiled = await harness;
      const signatures = await compiled.ask(valid.map(({ d, m }) => `sign ${d} ${m}`));
      t.is(signatures.length, 2019);
      valid.forEach(({ signature }, i) => {
        if (signatures[i] !== signature) t.is(signatures[i], signature, `vector ${i}`);
      });
      const some = valid.slice(0, 100);
      const keys = await compiled.ask(some.map(({ d }) => `public ${d}`));
      t.true(some.every(({ d }, i) => keys[i] === toHex(secp.getPublicKey(hex(d), false))));
      const verdicts = await compiled.ask(some.map(({ m, signature }, i) => `verify ${keys[i]} ${m} ${signature}`));
      t.true(verdicts.every((verdict) => verdict === "yes"));
    });

    test(`the nonces are those of RFC 6979 (${name})`, async (t) => {
      const signatures = await (await harness).ask(rfc6979.map(({ d, message }) => `sign ${d} ${toHex(sha256(Buffer.from(message)))}`));
      rfc6979.forEach(({ k0 }, i) => {
        // r is the x coordinate of k G
        t.is(signatures[i]?.slice(0, 64), toHex(secp.getPublicKey(hex(k0), true).subarray(1)));
      });
    });
  }
});

for (const [name, harness] of harnesses) {
  test(`zero, the order and what is above it are no secret keys (${name})`, async (t) => {
    const order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    const digest = "11".repeat(32);
    const compiled = await harness;
    for (const secret of ["00".repeat(32), order, "ff".repeat(32)]) t.deepEqual(await compiled.ask([`sign ${secret} ${digest}`, `public ${secret}`]), ["no", "no"]);
    const [largest] = await compiled.ask([`public ${order.slice(0, -1)}0`]);
    t.is(largest?.slice(0, 2), "04");
  });

  test(`keys off the curve and hybrid keys verify nothing (${name})`, async (t) => {
    const secret = sha256(Uint8Array.of(1));
    const digest = sha256(Uint8Array.of(2));
    const key = toHex(secp.getPublicKey(secret, false));
    const signature = toHex(secp.sign(digest, secret, { prehash: false }));
    const hybrid = `0${Number.parseInt(key.slice(-1), 16) % 2 === 0 ? 6 : 7}${key.slice(2)}`;
    const off = key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");
    t.deepEqual(await (await harness).ask([key, hybrid, off, "00".repeat(65)].map((k) => `verify ${k} ${toHex(digest)} ${signature}`)), ["yes", "no", "no", "no"]);
    for (const k of [hybrid, off, "00".repeat(65)]) t.false(verifySignature({ curve: "secp256k1", point: hex(k) }, digest, hex(signature)));
  });

  test(`SHA-256 in C is SHA-256, at every length and in pieces (${name})`, async (t) => {
    const data = Array.from({ length: 300 }, (_, length) => new Uint8Array(length).map((_, i) => i * 7 + length));
    t.deepEqual(await (await harness).ask(data.map((bytes) => `sha256 ${toHex(bytes)}`)), data.map((bytes) => toHex(sha256(bytes))));
  });
}

if (gcc === undefined) testWithProgram("gcc", "C signs and verifies", () => {});
