import test from "ava";
import { runScript } from "./device.ts";

const LIMITS = ["--slots", "3000", "--chunks", "40000"];

test("a device that fills its slots ends with 70, one line with both limits, and where it was", async (t) => {
  const { status, signal, stderr } = await runScript(t, `let all: object = {}; for (;;) all = { all };`, { words: LIMITS });
  t.deepEqual([status, signal], [70, null]);
  t.is(stderr.replace(/\(.*script/, "(FOLDER/script"), "assay: out of memory: the heap of slots is full (limits: 3000 slots, 40000 bytes of chunks, 512 keys); give more with --slots, --chunks or --keys\n   at (FOLDER/script.ts:1)");
});

test("a device that fills its chunks ends with 70, one line with both limits, and where it was", async (t) => {
  for (const source of [`let text = "x"; for (;;) text += text;`, `const all: Uint8Array[] = []; for (;;) all.push(new Uint8Array(1000));`, `new ArrayBuffer(2 ** 31 - 1);`]) {
    const { status, signal, stderr } = await runScript(t, source, { words: LIMITS });
    t.deepEqual([status, signal], [70, null], source);
    t.regex(stderr, /^assay: out of memory: the heap of chunks is full \(limits: 3000 slots, 40000 bytes of chunks, 512 keys\).*\n(?: {3}at.*\n?)+$/);
  }
});

test("a device that fills its table of names ends with 70", async (t) => {
  const { status, stderr } = await runScript(t, `const all: Record<string, number> = {}; for (let i = 0; ; i++) all["name" + i] = i;`, { words: ["--keys", "100"] });
  t.is(status, 70);
  t.regex(stderr, /^assay: out of memory: the table of names is full \(.* 100 keys\)/);
});

test("memory that is free again is used again", async (t) => {
  const { status, stdout } = await runScript(
    t,
    `class Node { next: Node | undefined; data = new Uint8Array(64); constructor(next?: Node) { this.next = next; } }
    let list: Node | undefined;
    for (let i = 0; i < 20000; i++) { list = new Node(i % 50 === 0 ? undefined : list); JSON.parse(JSON.stringify({ i, text: "x".repeat(50) })); }
    console.log(list!.data.length);`,
    { words: LIMITS },
  );
  t.deepEqual([status, stdout], [0, "64"]);
});

test("a runaway recursion throws a RangeError that can be caught, again and again", async (t) => {
  const { status, stdout } = await runScript(
    t,
    `function forever(n: number): number { return forever(n + 1) + 1; }
    for (let i = 0; i < 3; i++) try { forever(0); } catch (error) { console.log((error as Error).name, (error as Error).message); }`,
    { words: LIMITS },
  );
  t.is(status, 0);
  t.is(stdout, "RangeError: stack overflow\n".repeat(3).replaceAll(":", "").trimEnd());
});

test("a runaway recursion through C never ends by a signal, whatever it goes through", async (t) => {
  for (const source of [
    `function f(): unknown { return [1].map(f); } f();`,
    `const p: object = new Proxy({}, { get: (o, k, r) => Reflect.get(r as object, k, r) }); (p as { x: number }).x;`,
    `const o = { toString(): string { return "" + o; } }; "" + o;`,
    `class A { get x(): number { return this.x; } } new A().x;`,
    `function g(): void { new (class { constructor() { g(); } })(); } g();`,
    `let s = "["; for (let i = 0; i < 12; i++) s += s; JSON.parse(s);`,
    `let nested: unknown[] = []; for (let i = 0; i < 20000; i++) nested = [nested]; JSON.stringify(nested);`,
    `"a".replace(/a/, function r(): string { return "a".replace(/a/, r); });`,
  ]) {
    for (const words of [[], ["--stack", "65536"], ["--values", "20000"], ["--values", "200000", "--stack", "100000"]]) {
      const { status, signal, stderr } = await runScript(t, source, { words });
      t.is(signal, null, source);
      // With a large stack the heap may be full before.
      t.regex(stderr, status === 70 ? /^assay: out of memory: the heap/ : /^assay: uncaught (RangeError: stack overflow|SyntaxError|TypeError)/, source);
    }
  }
});

test("a deep structure survives a collection", async (t) => {
  const { status, signal } = await runScript(
    t,
    `let deep: unknown = 0;
    for (let i = 0; i < 5000; i++) deep = i % 3 === 0 ? [deep] : i % 3 === 1 ? { deep } : new Map([[1, deep]]);
    for (let i = 0; i < 100; i++) "x".repeat(10000);
    console.log(typeof deep);`,
    { words: ["--slots", "60000", "--stack", "65536"] },
  );
  // too deep for the collector's stack is a clear end too
  t.is(signal, null);
  t.true(status === 0 || status === 70);
});

test("board.memory tells what is alive, and the limits", async (t) => {
  const { stdout } = await runScript(
    t,
    `import board from "assay/board";
    const before = board.memory();
    const kept = Array.from({ length: 100 }, () => ({}));
    const bytes = new Uint8Array(5000);
    const after = board.memory();
    console.log(before.slots, before.chunkBytes, after.slotsUsed - before.slotsUsed >= 100, after.chunkBytesUsed - before.chunkBytesUsed >= 5000, kept.length + bytes.length);`,
    { words: LIMITS },
  );
  t.is(stdout, "3000 40000 true true 5100");
});

test("limits that make no sense are refused with the range", async (t) => {
  const { status, stderr } = await runScript(t, "", { words: ["--slots", "many"] });
  t.is(status, 64);
  t.is(stderr, "assay: --slots: expected a number from 256 to 67108864, got many");
  t.is((await runScript(t, "", { words: ["--nonsense", "1"] })).status, 64);
});

test("names of functions that are names of built-ins too survive collections", async (t) => {
  const { stdout } = await runScript(
    t,
    `class W { value() { return new Error("x").stack!.split("\\n")[1]!.split("(")[0]; } }
    const names = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const keep: unknown[] = [];
      for (let i = 0; i < 100; i++) keep.push(new Uint8Array(64), "s" + i);
      names.add(W.prototype.value.name + new W().value());
    }
    console.log([...names].join());`,
    { words: LIMITS },
  );
  t.is(stdout, "value at value");
});
