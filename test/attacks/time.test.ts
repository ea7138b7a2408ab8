import test from "ava";
import { confirmTime, type BlockSource } from "../../client/time-bracket.ts";
import { verify } from "../../client/verify.ts";
import { anchor, digestOf, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";
import type { TestKey } from "../statement/keys.ts";
import { curves, keyOn, trustIn, verdictOf, verdictOfAsync } from "./parties.ts";
import { TestLog } from "./test-log.ts";

const beacon = { number: anchor.block - 7, hash: digestOf("beacon") };
const chain: BlockSource = { blockAt: async (number) => (number === beacon.number ? { hash: beacon.hash, time: anchor.time - 84 } : number === anchor.block ? { hash: digestOf("anchor"), time: anchor.time } : undefined) };

/** A statement of these claims in a log, verified, its anchor taken as confirmed. */
async function logged(key: TestKey, overrides: Parameters<typeof inferenceClaims>[0]) {
  const log = await TestLog.open(keyOn("secp256k1", "log"));
  const statement = statementOf(inferenceClaims({ previous: new Uint8Array(16), beacon, ...overrides }), key);
  log.append(statement);
  const receipt = await log.receiptOf(statement);
  const trust = trustIn(log.key, key);
  return { statement, receipt, trust, verified: () => verify(statement, receipt, trust) };
}

/** As `confirmAnchor` returns it. */
function anchored(verified: ReturnType<typeof verify>): ReturnType<typeof verify> {
  return { ...verified, anchor: { ...anchor, confirmed: true } };
}

for (const curve of curves) {
  test(`a device whose clock was set (back, ahead, or away) does not move the blocks between which its statement was made (${curve})`, async (t) => {
    const key = keyOn(curve, "clock");
    const expected = { confirmed: false, after: { block: beacon.number }, before: { block: anchor.block, time: anchor.time } };
    const confirmed = { confirmed: true, after: { block: beacon.number, time: anchor.time - 84 }, before: { block: anchor.block, time: anchor.time } };
    for (const time of [null, 0, 1, anchor.time - 1_000_000_000, anchor.time + 1, anchor.time + 1_000_000_000, Number.MAX_SAFE_INTEGER]) {
      const { verified } = await logged(key, { time });
      t.deepEqual(verified().time, expected, String(time));
      t.deepEqual((await confirmTime(anchored(verified()), chain)).time, confirmed, String(time));
    }
  });
}

test("a clock that runs backwards from one statement to the next breaks no chain and opens no gap: order is by number and by link", (t) => {
  const key = keyOn("secp256k1", "clock");
  const trust = trustIn(keyOn("secp256k1", "log"), key);
  const first = statementOf(inferenceClaims({ time: 1_790_000_000, previous: new Uint8Array(16) }), key);
  const second = statementOf(inferenceClaims({ time: 5, sequence: 2, previous: linkTo(first) }), key);
  t.is(verify(second, undefined, trust, { previous: first }).chain?.previous?.sequence, 1);
  t.is(verdictOf(() => verify(first, undefined, trust, { previous: second })), "REPLAY");
});

test("a device that claims a block which the chain does not have, or a real number with a made-up hash, is refused its bracket by the chain", async (t) => {
  const key = keyOn("secp256k1", "liar");
  const verdict = async (claimed: { number: number; hash: Uint8Array }): Promise<string> => {
    const { verified } = await logged(key, { beacon: claimed });
    return verdictOfAsync(async () => t.true((await confirmTime(anchored(verified()), chain)).time?.confirmed));
  };
  t.is(await verdict(beacon), "accepted");
  t.is(await verdict({ ...beacon, number: beacon.number - 1 }), "BEACON_MISMATCH", "the chain has no such block");
  t.is(await verdict({ ...beacon, hash: digestOf("made up") }), "BEACON_MISMATCH");
  t.is(await verdict({ number: 0, hash: beacon.hash }), "BEACON_MISMATCH", "a real hash under another number");
  const lastByte = beacon.hash.slice();
  lastByte[7] = (lastByte[7] as number) ^ 1;
  t.is(await verdict({ ...beacon, hash: lastByte }), "BEACON_MISMATCH");
});

test("a forged beacon is not found offline: until the chain is asked, a bracket is said to be unconfirmed", async (t) => {
  const { verified, statement, trust } = await logged(keyOn("secp256k1", "liar"), { beacon: { ...beacon, hash: digestOf("made up") } });
  t.is(verified().time?.confirmed, false);
  t.is((await confirmTime(verified(), chain)).time?.confirmed, false, "nor is it confirmed before its anchor is");
  await t.throwsAsync(() => confirmTime(verify(statement, undefined, trust), chain), { code: "BEACON_MISMATCH" }, "without a receipt the beacon can still be asked for");
});

test("a beacon that is not from before the anchor is refused offline already: one of the two is a lie", async (t) => {
  const key = keyOn("secp256k1", "liar");
  for (const number of [anchor.block, anchor.block + 1, anchor.block + 1_000_000, Number.MAX_SAFE_INTEGER]) {
    const { verified, statement, trust } = await logged(key, { beacon: { ...beacon, number } });
    t.is(verdictOf(verified), "BEACON_AFTER_ANCHOR");
    t.is(verdictOf(() => verify(statement, undefined, trust)), "accepted", "without a receipt there is no contradiction");
  }
  t.is(verdictOf((await logged(key, { beacon: { ...beacon, number: anchor.block - 1 } })).verified), "accepted");
});

test("a node that does not answer decides nothing of a bracket, and one that answers with an empty hash does not confirm it", async (t) => {
  const { verified } = await logged(keyOn("secp256k1", "clock"), {});
  t.is(await verdictOfAsync(() => confirmTime(anchored(verified()), { blockAt: () => Promise.reject(new Error("no answer")) })), "RPC_FAILED");
  t.is(await verdictOfAsync(() => confirmTime(anchored(verified()), { blockAt: async () => ({ hash: new Uint8Array(0), time: 0 }) })), "BEACON_MISMATCH");
});
