import test from "ava";
import { verify } from "../../client/verify.ts";
import { nativeVerifier } from "./native.ts";
import { algorithmName, curves, flipped, partyOf, verdictOf } from "./parties.ts";

/** noble checks every bit of the signature and, of what is signed, one in this many; libsecp256k1 and OpenSSL check the rest. */
const NOBLE_EVERY = 64;

for (const curve of curves) {
  test(`whoever carries an inference or a boot statement (${algorithmName(curve)}) cannot turn a single bit of it: every one of them is found`, async (t) => {
    const { inference, secondBoot, trust } = await partyOf(curve);
    const codes = new Map<string, number>();
    for (const original of [inference, secondBoot]) {
      const bits = 8 * original.length;
      for (let bit = 0; bit < bits; bit++) {
        const bytes = flipped(original, bit);
        const byNoble = bit % NOBLE_EVERY === 0 || bit >= bits - 512;
        const verdict = verdictOf(() => verify(bytes, undefined, trust, byNoble ? {} : { verifySignature: nativeVerifier(bytes) }));
        if (verdict === "accepted") t.fail(`bit ${bit} of ${original.length} bytes`);
        codes.set(verdict, (codes.get(verdict) ?? 0) + 1);
      }
    }
    t.log([...codes].map(([code, count]) => `${code} ${count}`).join(", "));
    for (const code of ["NOT_CBOR", "NOT_SIGN1", "BAD_HEADER", "BAD_ALGORITHM", "UNKNOWN_DEVICE", "KEY_MISMATCH", "BAD_SIGNATURE"]) t.true(codes.has(code), code);
  });

  test(`whoever carries a receipt (log with ${algorithmName(curve)}) cannot turn a single bit of it: every one of them is found`, async (t) => {
    const { inference, receipt, trust } = await partyOf(curve);
    const codes = new Map<string, number>();
    for (let bit = 0; bit < 8 * receipt.length; bit++) {
      const bytes = flipped(receipt, bit);
      const verdict = verdictOf(() => verify(inference, bytes, trust, { verifySignature: nativeVerifier(inference) }));
      if (verdict === "accepted") t.fail(`bit ${bit} of ${receipt.length} bytes`);
      codes.set(verdict, (codes.get(verdict) ?? 0) + 1);
    }
    t.log([...codes].map(([code, count]) => `${code} ${count}`).join(", "));
    for (const code of ["BAD_RECEIPT", "WRONG_LOG", "KEY_MISMATCH", "BAD_RECEIPT_SIGNATURE"]) t.true(codes.has(code), code);
  });
}
