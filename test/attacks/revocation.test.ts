import test from "ava";
import type { Revocation, Trust, TrustedDevice } from "../../client/trust.ts";
import { verify } from "../../client/verify.ts";
import { anchor, inferenceClaims, statementOf } from "../statement/examples.ts";
import { algorithmName, curves, keyOn, partyOf, trusted, verdictOf, type Party } from "./parties.ts";

const since = 1_790_000_000;
const revoked: Revocation = { since, reason: "key-compromise" };

/** The party's trust with another entry for its device. */
function trustWith({ trust }: Party, device: TrustedDevice): Trust {
  return { ...trust, devices: [device] };
}

for (const curve of curves)
  for (const what of ["key", "device"] as const) {
    test(`whoever stole a key (${algorithmName(curve)}) can say nothing with it after the ${what} is revoked, and what was anchored before stays proven`, async (t) => {
      const party = await partyOf(curve);
      const { key, inference, boot, log } = party;
      const entry: TrustedDevice = what === "key" ? { id: key.id, keys: [{ publicKey: key.publicKey, revoked }] } : { ...trusted(key), revoked };
      const trust = trustWith(party, entry);
      const at = async (time: number): Promise<string> => {
        const receipt = await log.receiptOf(inference, log.size, { ...anchor, time });
        return verdictOf(() => t.deepEqual([verify(inference, receipt, trust).registration.status, verify(inference, receipt, trust).anchor?.confirmed], ["revoked", false]));
      };
      t.is(verdictOf(() => verify(inference, undefined, trust)), "REVOKED_KEY", "without a receipt nothing shows that it was before");
      t.is(verdictOf(() => verify(boot, undefined, trust)), "REVOKED_KEY");
      t.is(await at(since - 1), "accepted");
      t.is(await at(since), "REVOKED_KEY", "in the very second");
      t.is(await at(since + 1), "REVOKED_KEY");
      t.is(await at(Number.MAX_SAFE_INTEGER), "REVOKED_KEY");
      t.is(await at(0), "accepted", "offline, the time of an anchor is the log's word");
    });
  }

test("of two revocations the earlier one counts, whichever way round they are", async (t) => {
  const party = await partyOf("secp256k1");
  const { key, inference, log } = party;
  const receipt = await log.receiptOf(inference, log.size, { ...anchor, time: since });
  const verdict = (ofKey: number, ofDevice: number): string =>
    verdictOf(() => verify(inference, receipt, trustWith(party, { id: key.id, keys: [{ publicKey: key.publicKey, revoked: { ...revoked, since: ofKey } }], revoked: { ...revoked, since: ofDevice } })));
  t.deepEqual([verdict(since, since + 1), verdict(since + 1, since), verdict(since + 1, since + 1)], ["REVOKED_KEY", "REVOKED_KEY", "accepted"]);
});

test("the revocation of one key leaves the device's others alone, and a thief cannot name another key than the one he has", async (t) => {
  const party = await partyOf("secp256k1");
  const { key, inference } = party;
  const next = keyOn("secp256k1", "its next key");
  const trust = trustWith(party, { id: key.id, keys: [{ publicKey: key.publicKey, retired: since, revoked }, { publicKey: next.publicKey }] });
  const byNext = statementOf(inferenceClaims(), { ...next, id: key.id });
  t.is(verify(byNext, undefined, trust).registration.status, "current");
  t.is(verdictOf(() => verify(inference, undefined, trust)), "REVOKED_KEY");
  t.is(verdictOf(() => verify(statementOf(inferenceClaims(), { ...key, keyId: next.keyId }), undefined, trust)), "BAD_SIGNATURE");
});

test("an anchor of another log does not save what a revoked key has signed", async (t) => {
  const party = await partyOf("secp256k1");
  const own = await partyOf("P-256");
  own.log.append(party.inference);
  const receipt = await own.log.receiptOf(party.inference, own.log.size, { ...anchor, time: 0 });
  t.is(verdictOf(() => verify(party.inference, receipt, trustWith(party, { ...trusted(party.key), revoked }))), "WRONG_LOG");
});
