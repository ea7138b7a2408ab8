import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { buildScript, hostBinaries, startImage, temporaryFolder, type Outcome } from "./device.ts";
import { spawnSync } from "node:child_process";

const SCRIPT = `import Timer from "timer";\nexport interface Unused {}\nfunction hello(name: string): void { console.log("hello", name); }\nTimer.set(() => hello("there"), 1);`;

/** Bytes before those that the CRC covers: the header of ASAY and the atom VERS. */
const CHECKED_FROM = 24;

async function runBytes(t: ExecutionContext, bytes: Uint8Array): Promise<Outcome> {
  const file = join(temporaryFolder(t), "image.xsa");
  writeFileSync(file, bytes);
  return (await startImage(t, file)).outcome;
}

/** The same image with its checksum made right again, so that what lies behind it is read. */
function signed(image: Buffer): Buffer {
  image.writeUInt32BE(crc32(image.subarray(CHECKED_FROM)), CHECKED_FROM - 4);
  return image;
}

/** Where the atoms are: type → offset of the first. */
function atomsOf(image: Buffer): Map<string, number> {
  const atoms = new Map<string, number>();
  for (let at = 8; at < image.length; at += image.readUInt32BE(at)) {
    const type = image.toString("latin1", at + 4, at + 8);
    if (!atoms.has(type)) atoms.set(type, at);
  }
  return atoms;
}

test("an image has its atoms in order, and says how large its code is", async (t) => {
  const app = await buildScript(t, SCRIPT);
  const image = readFileSync(app.file);
  t.is(image.readUInt32BE(0), image.length);
  const atoms = atomsOf(image);
  t.deepEqual([...atoms.keys()], ["VERS", "SYMB", "CODE", "FILE", "LINE"]);
  t.is(app.codeBytes, image.readUInt32BE(atoms.get("SYMB") ?? 0) + image.readUInt32BE(atoms.get("CODE") ?? 0));
  t.is(app.resourceBytes, 0);
  t.is(app.sources.filter((path) => path.endsWith("timer.ts")).length, 1);
});

test("names of local variables and lines cost the device nothing: neither is in the code", async (t) => {
  const { file } = await buildScript(t, `function f(): number { const aLocalVariable = 1; return aLocalVariable; }\nconsole.log(f());`);
  const image = readFileSync(file);
  t.false(image.includes("aLocalVariable"));
});

test("the same app gives the same bytes", async (t) => {
  const [first, second] = [await buildScript(t, "console.log(1);"), await buildScript(t, "console.log(1);")];
  const code = (file: string): Buffer => {
    const image = readFileSync(file);
    const atoms = atomsOf(image);
    return image.subarray(atoms.get("SYMB"), atoms.get("FILE"));
  };
  t.deepEqual(code(first.file), code(second.file));
});

test("a truncated image is refused with 65, wherever it ends", async (t) => {
  const image = readFileSync((await buildScript(t, SCRIPT)).file);
  const lengths = [0, 1, 7, 8, 15, 16, 23, 24, 40, 100, image.length >> 1, image.length - 1];
  for (const length of lengths) {
    const { status, stderr } = await runBytes(t, image.subarray(0, length));
    t.is(status, 65, `${length}`);
    t.regex(stderr, /^assay: .*image\.xsa: expected .*, got .*$/);
  }
});

test("an image for another version, or that is something else, is refused with what was expected", async (t) => {
  const { file } = await buildScript(t, SCRIPT);
  for (const [offset, expected] of [
    [4, /expected an image \(ASAY\), got another kind of file/],
    [16, /expected format 1, got another/],
    [17, /expected an image for this version of XS, got one for another; build the app again/],
    [18, /expected an image for this version of XS/],
    [22, /expected the CRC-32 that the header says, got damaged content/],
    [30, /expected the CRC-32 that the header says, got damaged content/],
  ] as const) {
    const image = readFileSync(file);
    image[offset] = (image[offset] ?? 0) ^ 1;
    const { status, stderr } = await runBytes(t, image);
    t.is(status, 65);
    t.regex(stderr, expected);
  }
  t.is((await runBytes(t, Buffer.concat([readFileSync(file), Buffer.from([0])]))).status, 65);
  t.is((await runBytes(t, Buffer.from("console.log('no image');"))).status, 65);
});

test("an image whose names are for another engine is refused, although its checksum is right", async (t) => {
  const image = readFileSync((await buildScript(t, SCRIPT)).file);
  const symbols = atomsOf(image).get("SYMB") ?? 0;
  image.writeUInt16BE(image.readUInt16BE(symbols + 8) + 1, symbols + 8);
  const { status, stderr } = await runBytes(t, signed(image));
  t.is(status, 65);
  t.regex(stderr, /expected an image that is linked for this engine, got one for another/);
});

test("a flipped bit in any header, length, count, name or line never ends the device by a signal", async (t) => {
  // Bytecode is trusted, as firmware is; so the bits of CODE are left alone here.
  const original = readFileSync((await buildScript(t, SCRIPT)).file);
  const atoms = atomsOf(original);
  const code = atoms.get("CODE") ?? 0;
  const codeEnd = code + original.readUInt32BE(code);
  const { device } = await hostBinaries();
  const file = join(temporaryFolder(t), "image.xsa");
  const codes = new Set<number>();
  for (let at = 0; at < original.length; at++) {
    if (at >= code + 8 && at < codeEnd) continue;
    const image = Buffer.from(original);
    image[at] = (image[at] ?? 0) ^ (1 << (at * 5) % 8);
    // Damage of the first bytes shows as it is; the rest hides behind a right checksum.
    writeFileSync(file, at < CHECKED_FROM ? image : signed(image));
    const { status, signal } = spawnSync(device, ["--app", file, "--slots", "2000", "--chunks", "20000"], { timeout: 10_000 });
    t.is(signal, null, `byte ${at}`);
    codes.add(status ?? -1);
  }
  t.true(codes.has(65));
  // A changed name may run, or miss what it named: 1.
  for (const status of codes) t.true([0, 1, 65].includes(status), `exit code ${status}`);
});

test("lengths at the edge of 32 bits are refused", async (t) => {
  const original = readFileSync((await buildScript(t, SCRIPT)).file);
  for (const [, at] of atomsOf(original)) {
    for (const length of [0, 7, 8, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff]) {
      const image = Buffer.from(original);
      image.writeUInt32BE(length, at);
      const { status, signal } = await runBytes(t, signed(image));
      t.deepEqual([status, signal], [65, null], `${at} ${length}`);
    }
  }
});

test("an image that cannot be read is told from one that is damaged", async (t) => {
  const { outcome } = await startImage(t, join(temporaryFolder(t), "none.xsa"));
  const { status, stderr } = await outcome;
  t.is(status, 66);
  t.regex(stderr, /none\.xsa: No such file or directory/);
});
