import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildScript, runScript, startImage, temporaryFolder } from "../runtime/device.ts";

test("a key has the value that was last written, over runs, until it is deleted", async (t) => {
  const data = temporaryFolder(t);
  const { file } = await buildScript(
    t,
    `import keyValue from "embedded:storage/key-value";
    const store = keyValue.open({ path: "s", mode: "r+", format: "buffer" });
    const value = store.read("count");
    const count = value === undefined ? 0 : new Uint8Array(value)[0]!;
    console.log(count);
    if (count === 2) { store.delete("count"); store.delete("count"); } else { store.write("count", Uint8Array.of(9)); store.write("count", Uint8Array.of(count + 1).buffer); }
    store.close();`,
  );
  for (const expected of ["0", "1", "2", "0"]) t.is((await (await startImage(t, file, { data })).outcome).stdout, expected);
  t.deepEqual(readdirSync(join(data, "s")), ["count"]);
  t.is(statSync(join(data, "s", "count")).mode & 0o777, 0o600);
});

test("an empty value is a value, and stores do not see each other", async (t) => {
  const { stdout } = await runScript(
    t,
    `import keyValue from "embedded:storage/key-value";
    const [a, b] = [keyValue.open({ path: "a" }), keyValue.open({ path: "b" })];
    a.write("k", new Uint8Array(0));
    console.log(a.read("k")?.byteLength, b.read("k"));`,
  );
  t.is(stdout, "0 undefined");
});

test("names that would leave the store are refused", async (t) => {
  const data = temporaryFolder(t);
  const { stdout, status } = await runScript(
    t,
    `import keyValue from "embedded:storage/key-value";
    const store = keyValue.open({ path: "s" });
    for (const key of ["../k", "a/b", "..", ".", "", "/etc/passwd", ".tmp", "k".repeat(65)])
      for (const attempt of [() => store.read(key), () => store.write(key, new Uint8Array(1)), () => store.delete(key), () => keyValue.open({ path: key }).read("k")])
        try { attempt(); console.log("done", key); } catch (error) { if (!(error instanceof RangeError)) console.log(String(error)); }
    try { store.write("k", new Uint8Array(100000)); } catch (error) { console.log((error as Error).name); }`,
    { data },
  );
  t.deepEqual([status, stdout], [0, "RangeError"]);
});
