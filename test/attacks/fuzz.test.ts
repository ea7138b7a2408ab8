/**
 * A million random and mutated inputs through the verifier. Each follows from the seed and its number alone, so that one that fails can be made
 * again: FUZZ_SEED=1 FUZZ_FIRST=4711 FUZZ_COUNT=1 npm test -- test/attacks/fuzz.test.ts
 */
import test from "ava";
import { Fuzzer } from "./fuzzer.ts";
import { partyOf } from "./parties.ts";

const SEED = fromEnvironment("FUZZ_SEED", 1);
const FIRST = fromEnvironment("FUZZ_FIRST", 0);
const COUNT = fromEnvironment("FUZZ_COUNT", 1_000_000);
const PROGRESS = 10_000;

function fromEnvironment(name: string, otherwise: number): number {
  const value = Number(process.env[name] ?? otherwise);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name}: expected a whole number, got ${process.env[name]}`);
  return value;
}

test(`nobody finds bytes that crash the verifier, or a forgery that it takes, in ${COUNT.toLocaleString("en")} random, mutated and re-signed inputs (seed ${SEED})`, async (t) => {
  t.timeout(30 * 60_000, "the fuzzer hangs");
  const [k1, r1] = [await partyOf("secp256k1"), await partyOf("P-256")];
  const fuzzer = new Fuzzer(k1, r1, new Map([[k1, await k1.log.tree.rootAt(k1.log.size)], [r1, await r1.log.tree.rootAt(r1.log.size)]]));
  const { stackTraceLimit } = Error;
  // Nobody reads the stacks of a million refusals.
  Error.stackTraceLimit = 0;
  t.teardown(() => (Error.stackTraceLimit = stackTraceLimit));
  const started = performance.now();
  let slowest = { index: 0, ms: 0 };
  for (let index = FIRST; index < FIRST + COUNT; index++) {
    const tried: Uint8Array[] = [];
    const before = performance.now();
    try {
      fuzzer.try(SEED, index, tried);
    } catch (error) {
      return t.fail(`FUZZ_SEED=${SEED} FUZZ_FIRST=${index}: ${String(error)}\n${tried.map((bytes) => Buffer.from(bytes).toString("hex")).join("\n")}`);
    }
    const ms = performance.now() - before;
    if (ms > slowest.ms) slowest = { index, ms };
    if ((index + 1 - FIRST) % PROGRESS === 0) {
      t.log(`${index + 1 - FIRST} inputs, ${((performance.now() - started) / 1000).toFixed(1)} s`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  t.log(`slowest: input ${slowest.index}, ${slowest.ms.toFixed(1)} ms`);
  t.log([...fuzzer.histogram].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${what} ${count}`).join("; "));
  // An attack that never gets anywhere near would prove nothing.
  if (COUNT >= 100_000) for (const what of ["statement BAD_SIGNATURE", "statement accepted", "receipt BAD_RECEIPT_SIGNATURE", "receipt REVOKED_KEY", "re-signed accepted", "re-signed BAD_CLAIMS", "context accepted", "subscriber inference", "subscriber receipt", "fromTransparent accepted", "parseReceipt accepted"]) t.true(fuzzer.histogram.has(what), what);
  t.pass();
});
