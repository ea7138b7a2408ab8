import test from "ava";
import { runScript } from "./device.ts";

/** Each expression is true on an engine that speaks ES2022. */
const FEATURES: Readonly<Record<string, string>> = {
  "private fields and methods": "new (class { #a = 1; #b() { return this.#a + 1; } get c() { return this.#b(); } })().c === 2",
  "static private members": "(class { static #n = 3; static n() { return this.#n; } }).n() === 3",
  "brand checks": "(class A { #a = 1; static is(x: object) { return #a in x; } }).is({}) === false",
  "static blocks": "(() => { class A { static x = 0; static { this.x = 5; } } return A.x; })() === 5",
  "class fields": "new (class { a = 1; b = this.a + 1; })().b === 2",
  "accessors": "({ get a() { return 7; } }).a === 7",
  "at": "[1, 2, 3].at(-1) === 3 && 'abc'.at(-1) === 'c'",
  "Object.hasOwn": "Object.hasOwn({ a: 1 }, 'a')",
  "error causes": "(new Error('a', { cause: 1 })).cause === 1",
  "optional chaining": "(undefined as { a: number } | undefined)?.a === undefined",
  "nullish coalescing": "(null ?? 4) === 4",
  "logical assignment": "(() => { let a: number | undefined; a ??= 3; a &&= 4; a ||= 5; return a; })() === 4",
  "numeric separators": "1_000 === 1000",
  "bigint": "2n ** 70n === 1180591620717411303424n && BigInt.asUintN(8, 257n) === 1n",
  "exponentiation": "2 ** 10 === 1024",
  "destructuring with rest": "(() => { const { a, ...rest } = { a: 1, b: 2, c: 3 }; return a + Object.keys(rest).length; })() === 3",
  "spread": "Math.max(...[1, 2], ...new Set([9])) === 9",
  "generators": "[...(function* () { yield 1; yield* [2, 3]; })()].length === 3",
  "tagged templates": "String.raw`a\\n${1}` === 'a\\\\n1'",
  "named groups": "/(?<year>\\d{4})/.exec('in 2026')!.groups!['year'] === '2026'",
  "match indices": "/b/d.exec('abc')!.indices![0]![0] === 1",
  "lookbehind": "'a1b2'.replace(/(?<=a)\\d/, 'x') === 'axb2'",
  "matchAll": "[...'a1b2'.matchAll(/\\d/g)].length === 2",
  "replaceAll": "'aaa'.replaceAll('a', 'b') === 'bbb'",
  "typed arrays": "new Float32Array(new Float32Array([1.5]).buffer)[0] === 1.5 && new Uint8ClampedArray([300])[0] === 255",
  "DataView": "(() => { const v = new DataView(new ArrayBuffer(8)); v.setFloat64(0, Math.PI); return v.getFloat64(0); })() === Math.PI",
  "maps and sets": "new Map([[NaN, 1]]).get(NaN) === 1 && new Set([0, -0]).size === 1",
  "weak references": "new WeakRef({ a: 1 }).deref()!.a === 1",
  "proxies": "new Proxy({} as Record<string, number>, { get: () => 42 })['x'] === 42",
  "Reflect": "Reflect.ownKeys({ b: 1, a: 2 }).join() === 'b,a'",
  "symbols": "({ [Symbol.toPrimitive]: () => 3 } as unknown as number) * 2 === 6",
  "flat": "[[1], [2, [3]]].flat(2).length === 3",
  "stable sort": "[{ k: 1, v: 'a' }, { k: 0, v: 'b' }, { k: 1, v: 'c' }].sort((x, y) => x.k - y.k).map((x) => x.v).join('') === 'bac'",
  "negative zero": "Object.is(0 * -1, -0) && Object.is(JSON.parse('-0'), -0)",
  "number formats": "(0.1 + 0.2).toString() === '0.30000000000000004' && (1e21).toString() === '1e+21' && (255).toString(16) === 'ff'",
  "JSON": "JSON.stringify({ a: [1, null, 'x\\u2028'], u: undefined }) === '{\"a\":[1,null,\"x\\u2028\"]}'",
  "labels": "(() => { a: for (const i of [1, 2]) for (const j of [1, 2]) { if (j === 2) continue a; if (i === 2) break a; } return true; })()",
  "getters on classes": "Object.getOwnPropertyDescriptor(class { static get x() { return 1; } }, 'x')!.get !== undefined",
  "built-ins can be extended": "(() => { (Array.prototype as unknown as { second(): unknown }).second = function (this: unknown[]) { return this[1]; }; return ([1, 2] as unknown as { second(): number }).second(); })() === 2",
  "subclasses of built-ins": "(() => { class E extends TypeError { code = 'X'; } const e = new E('m'); return e instanceof TypeError && e.message === 'm' && e.code === 'X'; })()",
  "function names": "(function named() {}).name === 'named' && (() => {}).length === 0",
};

test("a device runs ES2022", async (t) => {
  const source = Object.entries(FEATURES)
    .map(([name, expression]) => `try { if ((${expression}) !== true) console.log(${JSON.stringify(name)}); } catch (error) { console.log(${JSON.stringify(name)}, String(error)); }`)
    .join("\n");
  const { status, stdout, stderr } = await runScript(t, `${source}\nconsole.log("done");`);
  t.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "done", stderr: "" });
});

test("async functions, async generators and top-level await run to their end", async (t) => {
  const { stdout } = await runScript(
    t,
    `const order: unknown[] = [];
    async function* count() { yield 1; yield 2; }
    for await (const value of count()) order.push(value);
    order.push(...(await Promise.all([3, Promise.resolve(4)])));
    const settled = await Promise.allSettled([Promise.reject(new Error("no"))]);
    order.push(settled[0]!.status, await Promise.any([Promise.reject(1), Promise.resolve(5)]));
    try { await Promise.reject(new RangeError("x")); } catch (error) { order.push((error as Error).name); } finally { order.push("finally"); }
    console.log(order.join());`,
  );
  t.is(stdout, "1,2,3,4,rejected,5,RangeError,finally");
});

test("console joins values by spaces: text as it is, objects as JSON, errors with their stack", async (t) => {
  const { stdout, stderr } = await runScript(t, `console.log("a", 1, true, null, undefined, 2n, { b: [1] }, [1, "x"]);\nconsole.info();\nconsole.warn("w");\nconsole.error(new RangeError("r"));`);
  t.is(stdout, 'a 1 true null undefined 2 {"b":[1]} [1,"x"]');
  t.regex(stderr, /^w\nRangeError: r\n at \(.*script\.ts:4\)$/);
});

test("console survives values that have no JSON", async (t) => {
  const { status, stderr } = await runScript(t, `const cycle: { me?: unknown } = {}; cycle.me = cycle;\ntry { console.log(cycle); } catch (error) { console.error((error as Error).name); }\nconsole.log(Symbol.iterator.toString());`);
  t.is(status, 0);
  t.is(stderr, "TypeError");
});

test("Math.random differs between runs, and repeats with the same seed", async (t) => {
  const source = "console.log(Math.random(), Math.random());";
  const run = async (words: string[]): Promise<string> => (await runScript(t, source, { words })).stdout;
  const [first, second, seeded, again, other] = [await run([]), await run([]), await run(["--seed", "7"]), await run(["--seed", "7"]), await run(["--seed", "8"])];
  t.not(first, second);
  t.is(seeded, again);
  t.not(seeded, other);
  for (const number of seeded.split(" ").map(Number)) t.true(number >= 0 && number < 1);
});

test("Date.now follows the clock of the machine", async (t) => {
  const before = Date.now();
  const { stdout } = await runScript(t, "console.log(Date.now());");
  t.true(Number(stdout) >= before && Number(stdout) <= Date.now());
});
