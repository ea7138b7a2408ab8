import { readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { buildScript, runScript, startImage, temporaryFolder } from "../runtime/device.ts";

test("erased flash reads as 0xFF, a write only clears bits, an erase sets them again", async (t) => {
  const { stdout } = await runScript(
    t,
    `import flash from "embedded:storage/flash";
    const part = flash.open({ path: "a", mode: "r+" });
    const read = (n: number, at: number): string => new Uint8Array(part.read(n, at)).join();
    console.log(JSON.stringify(part.status()));
    console.log(read(3, 4095));
    part.write(Uint8Array.of(0xf0, 0x0f), 4095);
    part.write(Uint8Array.of(0x3c, 0xff).buffer, 4095);
    console.log(read(3, 4095));
    part.eraseBlock(1);
    console.log(read(3, 4095));
    part.eraseBlock(0, 2);
    console.log(read(3, 4095));
    part.close();`,
  );
  t.deepEqual(stdout.split("\n"), ['{"size":262144,"blockLength":4096,"blocks":64,"writeAlign":1,"eraseValue":255}', "255,255,255", "48,15,255", "48,255,255", "255,255,255"]);
});

test("what was written is there after the device was killed at once", async (t) => {
  const data = temporaryFolder(t);
  const { file } = await buildScript(
    t,
    `import flash from "embedded:storage/flash";
    const part = flash.open({ path: "a" });
    const [count = 0] = new Uint8Array(part.read(1, 10));
    part.write(Uint8Array.of(count >> 1), 10);
    console.log(count);
    for (;;);`,
  );
  for (const expected of ["255", "127", "63"]) {
    const device = await startImage(t, file, { data });
    await device.line(expected);
    device.process.kill("SIGKILL");
    await device.outcome;
  }
  t.is(readFileSync(join(data, "a.flash"))[10], 31);
  t.is(statSync(join(data, "a.flash")).size, 262144);
});

test("a partition whose making was interrupted is completed, not lost", async (t) => {
  const data = temporaryFolder(t);
  const { file } = await buildScript(t, `import flash from "embedded:storage/flash";\nconst part = flash.open({ path: "a" });\nif (new Uint8Array(part.read(1, 0))[0] === 255) part.write(Uint8Array.of(1), 0);\nconsole.log(new Uint8Array(part.read(1, 0))[0], new Uint8Array(part.read(1, 262143))[0]);`);
  await (await startImage(t, file, { data })).outcome;
  truncateSync(join(data, "a.flash"), 5000);
  t.is((await (await startImage(t, file, { data })).outcome).stdout, "1 255");
});

test("what lies outside of the partition is refused, and so is a closed one", async (t) => {
  const { stdout, status } = await runScript(
    t,
    `import flash from "embedded:storage/flash";
    const part = flash.open({ path: "a" });
    const attempts: (() => unknown)[] = [
      () => part.read(1, 262144), () => part.read(262145, 0), () => part.read(-1, 0), () => part.read(1, -1), () => part.read(1, 0.5), () => part.read(1, NaN), () => part.read(2 ** 31, 2 ** 31),
      () => part.write(new Uint8Array(2), 262143), () => part.write(new Uint8Array(1), 2 ** 40), () => part.eraseBlock(64), () => part.eraseBlock(-1), () => part.eraseBlock(3, 2), () => part.eraseBlock(0, 65),
      () => flash.open({ path: "../a" }), () => flash.open({ path: "" }), () => flash.open({ path: ".hidden" }), () => flash.open({ path: "x".repeat(65) }),
    ];
    for (const attempt of attempts) try { attempt(); console.log("done"); } catch (error) { console.log((error as Error).name); }
    part.close();
    part.close();
    try { part.read(1, 0); } catch (error) { console.log((error as Error).message); }`,
  );
  t.is(status, 0);
  t.deepEqual(stdout.split("\n"), [...Array.from({ length: 17 }, () => "RangeError"), "expected an open flash partition, got a closed one"]);
});

test("a data folder that cannot be made is an error with a code", async (t) => {
  const { stdout } = await runScript(t, `import flash from "embedded:storage/flash";\ntry { flash.open({ path: "a" }); } catch (error) { console.log((error as Error & { code: string }).code); }`, { data: "/dev/null/data" });
  t.is(stdout, "ENOTDIR");
});
