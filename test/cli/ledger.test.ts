import test from "ava";
import { Ledger } from "../../cli/ledger.ts";

test("what was stored and not verified is lost; what was verified and not stored in this run does not count", (t) => {
  const ledger = new Ledger();
  ledger.stored("a", 0);
  ledger.stored("a", 1);
  ledger.stored("b", 0);
  ledger.seen("a", 0);
  ledger.seen("b", 0);
  ledger.seen("b", 7);
  ledger.receipt("a", 0, 12);
  t.deepEqual(ledger.complete, { verified: false, anchored: false });
  t.deepEqual(ledger.summary({ rejected: 2, duplicates: 1, chain: 31337 }), { statements: 3, verified: 2, rejected: 2, anchored: 1, receipts: 1, lost: 1, duplicates: 1, chain: 31337, blocks: 1 });
});

test("a run is complete when everything stored is verified and anchored", (t) => {
  const ledger = new Ledger();
  ledger.stored("a", 0);
  ledger.seen("a", 0);
  ledger.receipt("a", 0, 3);
  t.deepEqual(ledger.complete, { verified: true, anchored: true });
});
