import test from "ava";
import type { PublicClient } from "viem";
import { registryKey } from "../../cli/enrol.ts";
import { Acks } from "../../gateway/acks.ts";
import { BoundedQueue } from "../../gateway/bounded-queue.ts";
import { newCounters } from "../../gateway/counters.ts";
import { RegistryDirectory } from "../../gateway/directory.ts";
import { decodeAck } from "assay/statement/messages";
import { WaitingRoom } from "../../gateway/waiting-room.ts";
import type { Verified } from "../../gateway/verify.ts";
import { testKey } from "../statement/keys.ts";

const OWNER = "0x0000000000000000000000000000000000000002";
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

test("above its mark a queue lets its pushers wait until somebody takes", async (t) => {
  const queue = new BoundedQueue<string>(10, (text) => text.length);
  await queue.push("12345");
  let pushed = false;
  const waiting = queue.push("1234567").then(() => (pushed = true));
  await moment();
  t.false(pushed);
  t.is(queue.length, 2);
  t.deepEqual(await queue.takeBatch(1), ["12345"]);
  await waiting;
  t.true(pushed);
});

test("a closed queue gives what it has, then empty batches, and releases who waits", async (t) => {
  const queue = new BoundedQueue<number>(1);
  const waiting = Promise.all([queue.push(1), queue.push(2)]);
  queue.close();
  await waiting;
  await queue.push(3);
  t.deepEqual(await queue.takeBatch(10), [1, 2]);
  t.deepEqual(await queue.takeBatch(10), []);
  const empty = new BoundedQueue<number>(1);
  const taking = empty.takeBatch(1);
  empty.close();
  t.deepEqual(await taking, []);
});

test("acks are cumulative: of those that pile up behind a slow broker only the newest goes out", async (t) => {
  const sent: number[] = [];
  let release = () => {};
  const publisher = {
    publish: (_topic: string, payload: Uint8Array) => {
      sent.push(decodeAck(payload));
      return new Promise<void>((resolve) => (release = resolve));
    },
  };
  const acks = new Acks(publisher, newCounters(), quiet);
  const { id } = testKey("acks");
  for (const sequence of [0, 1, 5, 3]) acks.send(id, sequence);
  t.deepEqual(sent, [0]);
  release();
  await moment();
  t.deepEqual(sent, [0, 5]);
  release();
  await acks.drained();
});

test("the directory asks once for a device, and for an unknown id at most once in its interval", async (t) => {
  const { publicKey, id } = testKey("directory");
  const { x, y } = registryKey(publicKey);
  const zero = { retiredAt: 0n, revokedAt: 0n, registeredAt: 1n, reason: 0 };
  let asked = 0;
  let registered = false;
  let up = true;
  const client = {
    readContract: ({ functionName }: { functionName: string }) => {
      asked++;
      if (!up) return Promise.reject(new Error("no answer"));
      if (functionName === "keysOf") return Promise.resolve(registered ? [{ curve: 1, x, y, ...zero }] : []);
      return Promise.resolve({ keyCount: registered ? 1 : 0, owner: OWNER, simulator: false, bond: 0n });
    },
  } as unknown as PublicClient;
  const options = { client, registry: "0x0000000000000000000000000000000000000001", logger: quiet, retryMs: 60, unknownLimit: 2 } as const;
  const directory = new RegistryDirectory(options);
  t.deepEqual(await directory.lookUp(id), { status: "unknown" });
  t.deepEqual(await directory.lookUp(id), { status: "unknown" });
  t.is(asked, 2);
  registered = true;
  await new Promise((resolve) => setTimeout(resolve, 80));
  const answer = await directory.lookUp(id);
  t.deepEqual(answer.status === "registered" && answer.keys.map((key) => key.publicKey), [{ curve: "secp256k1", point: new Uint8Array(publicKey.point) }]);
  await directory.lookUp(id);
  t.is(asked, 4);
  t.is((await new RegistryDirectory({ ...options, owners: [OWNER] }).lookUp(id)).status, "registered");
  t.is((await new RegistryDirectory({ ...options, owners: ["0x0000000000000000000000000000000000000003"] }).lookUp(id)).status, "unknown", "anybody can register devices for himself");
  up = false;
  const before = asked;
  const stranger = testKey("directory stranger").id;
  t.deepEqual(await directory.lookUp(stranger), { status: "unavailable" });
  t.deepEqual(await directory.lookUp(testKey("another").id), { status: "unavailable" });
  t.is(asked, before + 2, "one that does not answer is left alone for a while");
  t.is((await directory.lookUp(id)).status, "registered");
  t.deepEqual(await directory.lookUp("not an id"), { status: "unavailable" });
});

/** The waiting room never looks into what waits. */
const someone = (): Verified => ({}) as Verified;

test("who waits is called by the number before, in the order of coming, and only once the visit is committed", (t) => {
  const room = new WaitingRoom({ waitMs: 60_000, seats: 3, onExpired: () => {} });
  const [a, b, c] = [someone(), someone(), someone()];
  const first = room.visit();
  t.true(first.seat("device", 5, a));
  t.true(first.seat("device", 5, b));
  t.is(room.size, 0);
  room.commit(first);
  t.is(room.size, 2);

  const failed = room.visit();
  t.deepEqual(failed.call("device", 5), [a, b]);
  t.is(room.size, 2, "a visit that is not committed changes nothing");

  const second = room.visit();
  t.true(second.seat("device", 6, c));
  t.false(second.seat("device", 7, someone()), "all seats are taken");
  t.deepEqual(second.call("device", 4), []);
  t.deepEqual(second.call("device", 5), [a, b]);
  t.deepEqual(second.call("device", 6), [c], "from the same batch");
  room.commit(second);
  t.is(room.size, 0);
  room.close();
});

test("who waited in vain is given back when the time is over", async (t) => {
  const expired: Verified[] = [];
  const room = new WaitingRoom({ waitMs: 10, seats: 3, onExpired: (verified) => expired.push(verified) });
  const late = someone();
  const visit = room.visit();
  visit.seat("device", 5, late);
  room.commit(visit);
  await new Promise((resolve) => setTimeout(resolve, 40));
  t.deepEqual(expired, [late]);
  t.is(room.size, 0);
});
