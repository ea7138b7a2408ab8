import test from "ava";
import { buildScript, runScript } from "./device.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";

test("an uncaught exception ends the device with 1 and a stack of TypeScript lines", async (t) => {
  const { status, stderr, stdout } = await runScript(
    t,
    `interface Sample { value: number }
// a line that the bundler drops

class Sensor {
  read(sample: Sample): number {
    if (sample.value > 3)
      throw new RangeError("too much");
    return sample.value;
  }
}
function sampleAll(samples: Sample[]): number[] {
  const sensor = new Sensor();
  return samples.map((sample) => {
    const value = sensor.read(sample);
    return value; // a call in return position is a tail call and leaves no frame
  });
}
console.log("before");
sampleAll([{ value: 1 }, { value: 4 }]);
console.log("after");`,
  );
  t.is(status, 1);
  t.is(stdout, "before");
  const lines = stderr.split("\n");
  t.is(lines[0], "assay: uncaught RangeError: too much");
  t.regex(lines[1] ?? "", /^ at read \(.*script\.ts:7\)$/);
  t.regex(lines[2] ?? "", /^ at \(.*script\.ts:14\)$/);
  t.is(lines[3], " at map ()");
  // sampleAll itself ends in a tail call
  t.regex(lines[4] ?? "", /^ at \(.*script\.ts:19\)$/);
});

test("an error that XS throws itself has the line too", async (t) => {
  const { stderr } = await runScript(t, `const nothing = undefined as unknown as { a: number };\nfunction f(): number {\n  const x = 1;\n  return x + nothing.a;\n}\n\nf();`);
  t.regex(stderr, /^assay: uncaught TypeError: .*\n at f \(.*script\.ts:4\)\n at \(.*script\.ts:7\)$/);
});

test("an exception in a timer, in a job and in top-level await ends the device with 1 and the line", async (t) => {
  for (const [source, line] of [
    [`import Timer from "timer";\nTimer.set(() => {\n  throw new Error("boom");\n}, 1);`, 3],
    [`Promise.resolve().then(() => {\n  throw new Error("boom");\n});`, 2],
    [`await null;\nconst f = async () => { await null;\n  throw new Error("boom"); };\nawait f();`, 3],
  ] as const) {
    const { status, stderr } = await runScript(t, source);
    t.is(status, 1);
    t.regex(stderr, new RegExp(`^assay: uncaught Error: boom\\n at .*script\\.ts:${line}\\)`));
  }
});

test("a rejection that is handled within its turn is no error, one that is not is", async (t) => {
  const handled = await runScript(t, `const p = Promise.reject(new Error("x")); p.catch(() => console.log("caught"));`);
  t.deepEqual([handled.status, handled.stdout], [0, "caught"]);
  const value = await runScript(t, `void Promise.reject("just text");`);
  t.deepEqual([value.status, value.stderr], [1, "assay: uncaught value just text"]);
});

test("a throwing getter on the error does not hide that there was one", async (t) => {
  const { status, stderr } = await runScript(t, `throw { get stack() { throw new Error("in stack"); } };`);
  t.is(status, 1);
  t.is(stderr, "assay: uncaught exception");
});

test("a TypeScript error in an app is reported with file and line", async (t) => {
  const error = await t.throwsAsync(buildScript(t, `const a = 1;\nconst b = ;`), { instanceOf: RuntimeError });
  t.is(error.code, "BUNDLE_FAILED");
  t.regex(error.message, /script\.ts:2:\d+: Unexpected ";"/);
});

test("an import that the board does not have is reported with what it has", async (t) => {
  const missing = await t.throwsAsync(buildScript(t, `import x from "embedded:io/analog"; console.log(x);`), { instanceOf: RuntimeError });
  t.is(missing.code, "BUNDLE_FAILED");
  t.regex(missing.message, /script\.ts:1:\d+: expected a module of the board \(timer, .*got embedded:io\/analog/);
  const unknown = await t.throwsAsync(buildScript(t, `import "assay/nowhere";`), { instanceOf: RuntimeError });
  t.regex(unknown.message, /expected assay\/nowhere at modules\/nowhere\/nowhere\.ts, got no file there/);
});
