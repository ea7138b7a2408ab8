import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import fc from "fast-check";
import { chain, compress, spectrum, standardize, type SpectrumOptions } from "assay/features";
import { bandPowers } from "assay/features/band-powers";
import { FeaturesError } from "assay/features/features-error";
import { buildForBoard, root, runOnBoard } from "../../boards/emulated.ts";
import { cortexA53 } from "../../boards/linux-aarch64/board.ts";
import { mps2An500 } from "../../boards/mps2-an500/board.ts";
import { rv32Virt } from "../../boards/rv32-virt/board.ts";
import { sineTables } from "../../modules/features/scripts/sine-table.ts";
import { buildApp } from "../../runtime/build.ts";
import { testWithPrograms } from "../requirements.ts";
import { startImage, temporaryFolder } from "../runtime/device.ts";
import { randomCases } from "./random-windows.ts";

const features = join(root, "modules", "features");

/** Powers of the bins of one channel in binary64, straight from the definition. */
function binsByDefinition(window: Float32Array): number[] {
  const length = window.length;
  const mean = window.reduce((sum, value) => sum + value, 0) / length;
  return Array.from({ length: length / 2 + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    window.forEach((value, n) => {
      const weighted = (value - mean) * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
      re += weighted * Math.cos((2 * Math.PI * k * n) / length);
      im -= weighted * Math.sin((2 * Math.PI * k * n) / length);
    });
    return ((k === 0 || k === length / 2 ? 1 : 2) * (re * re + im * im)) / (length * length * (3 / 8));
  });
}

test("the power of each bin is that of the discrete Fourier transform's definition, whatever the window", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constantFrom(1e-3, 1, 1e4), (log2Length, seed, scale) => {
      const length = 2 ** log2Length;
      let state = seed;
      const window = Float32Array.from({ length }, () => ((state = Math.imul(state, 48271) >>> 1) / 2 ** 30 - 1) * scale);
      const expected = binsByDefinition(window);
      const powers = new Float32Array(length / 2 + 1);
      const bins = Uint16Array.from(expected.flatMap((_, k) => [k, k]));
      t.is(bandPowers(window, 1, bins, new Float32Array(length), powers), -1);
      const total = expected.reduce((sum, power) => sum + power, 0);
      // Errors of binary32 grow with the root of the power.
      expected.forEach((power, k) => t.true(Math.abs(Math.sqrt(powers[k]!) - Math.sqrt(power)) <= 1e-5 * Math.sqrt(total) + 1e-7 * scale, `bin ${k}: ${powers[k]} for ${power}`));
    }),
    { seed: 1, numRuns: 60 },
  );
});

test("a sine in the middle of the band has half of its amplitude's square as power, its offset none, and each channel its own", (t) => {
  const window = Float32Array.from({ length: 128 * 2 }, (_, i) => (i % 2 === 0 ? 3 + 0.5 * Math.sin((2 * Math.PI * 10 * (i >> 1)) / 128) : -1));
  const powers = spectrum({ length: 128, bands: [[8, 12], [20, 64]] }).apply(window, 2);
  t.is(powers.length, 4);
  t.true(Math.abs(powers[0]! - 0.125) < 1e-5, `${powers[0]}`);
  t.true(powers[2]! < 1e-9);
  t.deepEqual([powers[1], powers[3]], [0, 0]);
});

test("the window stays as it was, since its digest is attested", (t) => {
  const window = Float32Array.from({ length: 16 }, (_, i) => i * i);
  const before = window.slice();
  spectrum({ length: 16, bands: [[1, 8]] }).apply(window, 1);
  t.deepEqual(window, before);
});

test("front ends after a spectrum count its features as channels", (t) => {
  const all = [0, 1, 2, 3];
  const front = chain(spectrum({ length: 8, bands: [[1, 2], [3, 4]], reference: 0.5 }), compress({ channels: all }), standardize({ mean: [0, 0, 0, 0], deviation: [1, 1, 1, 2] }));
  t.is(front.description, '[["spectrum",8,[[1,2],[3,4]],0.5],["compress",[0,1,2,3]],["standardize",[0,0,0,0],[1,1,1,2]]]');
  t.is(front.width?.(2), 4);
  t.is(front.apply(Float32Array.from({ length: 16 }, (_, i) => i % 5), 2).length, 4);
});

for (const [title, change, message] of [
  ["a length that is no power of two", { length: 100 }, /expected a length of 4, 8, .*512 samples, got 100/],
  ["a length beyond the table", { length: 1024 }, /got 1024/],
  ["no band", { bands: [] }, /expected 1 to 257 bands, got 0/],
  ["a band beyond half of the rate", { bands: [[1, 9]] }, /expected bands of bins from 0 to 8.*got 1 to 9/],
  ["a band that ends before it begins", { bands: [[3, 2]] }, /got 3 to 2/],
  ["half a bin", { bands: [[0.5, 2]] }, /got 0.5 to 2/],
  ["a reference of nothing", { reference: 0 }, /expected a finite reference > 0, got 0/],
  ["a reference that is no number", { reference: NaN }, /got NaN/],
] as [string, Partial<SpectrumOptions>, RegExp][]) {
  test(`spectrum refuses ${title}`, (t) => {
    const error = t.throws(() => spectrum({ length: 16, bands: [[1, 8]], ...change }), { instanceOf: FeaturesError });
    t.is(error.code, "BAD_PARAMETER");
    t.regex(error.message, message);
  });
}

test("a window of another length and a value that is not finite are refused, and the next window is taken", (t) => {
  const front = spectrum({ length: 16, bands: [[1, 8]] });
  t.is(t.throws(() => front.apply(new Float32Array(15), 1), { instanceOf: FeaturesError }).code, "BAD_LENGTH");
  for (const value of [NaN, Infinity, -2e9]) {
    const error = t.throws(() => front.apply(new Float32Array(48).fill(value, 7, 8), 3), { instanceOf: FeaturesError });
    t.is(error.code, "BAD_SAMPLE");
    t.regex(error.message, /in sample 2, channel 1$/);
  }
  t.deepEqual([...front.apply(new Float32Array(48), 3)], [0, 0, 0]);
});

test("the committed tables of sines are what their script writes", (t) => {
  for (const [name, text] of Object.entries(sineTables())) t.is(readFileSync(join(features, name), "utf8"), text, name);
});

/** The digest that scripts/band-powers.ts prints, by the twin. */
function digestOfTwin(): string {
  let digest = Buffer.alloc(32);
  for (const { window, channels, bands, scratch, powers } of randomCases(1, 4000)) {
    bandPowers(window, channels, bands, scratch, powers);
    digest = createHash("sha256").update(digest).update(new Uint8Array(powers.buffer)).digest();
  }
  return digest.toString("hex");
}

test("on XS the native gives the twin's powers of 4,000 drawn windows, bit for bit, and refuses what it cannot take", async (t) => {
  const app = await buildApp(join(import.meta.dirname, "scripts", "band-powers.ts"), { script: true, output: join(temporaryFolder(t), "script.xsa") });
  const { stdout, stderr, status } = await (await startImage(t, app.file)).outcome;
  t.is(status, 0, stderr);
  const [digest, ...answers] = stdout.split("\n");
  t.is(digest, digestOfTwin());
  t.deepEqual(answers, [
    "RangeError expected a window and powers of 1 channels, got 60 and 4 bytes",
    "RangeError expected a window and powers of 2 channels, got 64 and 4 bytes",
    "RangeError expected a window and powers of 0 channels, got 64 and 4 bytes",
    "RangeError expected bands of a window of 16 samples",
    "RangeError expected bands of a window of 16 samples",
    "RangeError expected bands of a window of 12 samples",
    "RangeError expected a window and powers of 1 channels, got 64 and 8 bytes",
    "TypeError expected 5 arguments, got 1",
    "TypeError this is no buffer",
    "RangeError expected a buffer at a multiple of 4 bytes",
    "gave -1",
    "gave 15",
    "FeaturesError spectrum: expected finite values within ±1e9, got Infinity in sample 3, channel 0",
  ]);
});

/** The drawn windows as band-powers.c reads them, and the twin's powers. */
function casesAsFile(): { input: Buffer; expected: Buffer } {
  const [input, expected]: [Uint8Array[], Uint8Array[]] = [[], []];
  for (const { window, channels, bands, scratch, powers } of randomCases(2, 1000)) {
    bandPowers(window, channels, bands, scratch, powers);
    for (const part of [Uint32Array.of(scratch.length, channels, bands.length / 2), bands, window]) input.push(new Uint8Array(part.buffer));
    expected.push(new Uint8Array(powers.buffer));
  }
  return { input: Buffer.concat(input), expected: Buffer.concat(expected) };
}

const sources = [join(features, "power-spectrum.c"), join(import.meta.dirname, "band-powers.c")];

for (const [board, what] of [[cortexA53, "64-bit Arm Linux"], [mps2An500, "a Cortex-M7"], [rv32Virt, "a 32-bit RISC-V without floating point"]] as const) {
  testWithPrograms([board.compiler, board.emulator], `on ${what} C gives the twin's powers of 1,000 drawn windows, bit for bit`, async (t) => {
    const { input, expected } = casesAsFile();
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "in"), input);
    const program = await buildForBoard(board, { name: "band-powers", sources, flags: ["-O2", `-I${features}`] });
    const { code, stderr } = await runOnBoard(board, program, [join(folder, "in"), join(folder, "out")]);
    t.is(code, 0, stderr);
    t.true(readFileSync(join(folder, "out")).equals(expected));
  });
}

// What a build without the project's flags would do: both compilers fuse by default where the processor can, unless the source forbids it. (GCC under -std=c99 does not; hence "fast".)
for (const [compiler, contract] of [["gcc", "fast"], ["clang-19", "on"]] as const) {
  testWithPrograms([compiler], `made by ${compiler} with fused multiply-add allowed, and under its sanitizers, C gives the twin's powers, bit for bit`, async (t) => {
    const { input, expected } = casesAsFile();
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, "in"), input);
    const strict = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", `-I${features}`, `-ffp-contract=${contract}`];
    const fused = process.arch === "x64" ? ["-mfma"] : [];
    await promisify(execFile)(compiler, [...strict, "-O3", ...fused, "-S", ...sources.slice(0, 1), "-o", join(folder, "fused.s")]);
    t.false(/\bv?fn?m(?:add|sub)/.test(readFileSync(join(folder, "fused.s"), "utf8")));
    for (const flags of [["-O2"], ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]]) {
      await promisify(execFile)(compiler, [...strict, ...flags, ...sources, "-o", join(folder, "program")]);
      await promisify(execFile)(join(folder, "program"), [join(folder, "in"), join(folder, "out")]);
      t.true(readFileSync(join(folder, "out")).equals(expected), flags.join(" "));
    }
  });
}
