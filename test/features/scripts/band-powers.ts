// Band powers on XS: a digest over the powers of many drawn windows, then what wrong arguments and windows get.
import { chain, spectrum } from "assay/features";
import { bandPowers } from "assay/features/band-powers";
import { sha256 } from "assay/identity/natives";
import { randomCases } from "../random-windows.ts";

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let digest = new Uint8Array(32);
for (const { window, channels, bands, scratch, powers } of randomCases(1, 4000)) {
  const bad = bandPowers(window, channels, bands, scratch, powers);
  if (bad !== -1) throw new Error(`expected a good window, got a bad value at ${bad}`);
  const bytes = new Uint8Array(32 + powers.byteLength);
  bytes.set(digest);
  bytes.set(new Uint8Array(powers.buffer), 32);
  digest = new Uint8Array(sha256(bytes));
}
console.log(hex(digest));

const raw = native<(...parameters: unknown[]) => unknown>("xs_features_bandPowers");
const [window, bands, scratch, powers] = [new Float32Array(16), Uint16Array.of(1, 8), new Float32Array(16), new Float32Array(1)];
const attempts: readonly (() => unknown)[] = [
  () => bandPowers(new Float32Array(15), 1, bands, scratch, powers),
  () => bandPowers(window, 2, bands, scratch, powers),
  () => bandPowers(window, 0, bands, scratch, powers),
  () => bandPowers(window, 1, Uint16Array.of(1, 9), scratch, powers),
  () => bandPowers(window, 1, Uint16Array.of(2, 1), scratch, powers),
  () => bandPowers(window, 1, bands, new Float32Array(12), powers),
  () => bandPowers(window, 1, bands, scratch, new Float32Array(2)),
  () => raw(new Uint8Array(64)),
  () => raw(undefined, 1, new Uint8Array(4), new Uint8Array(64), new Uint8Array(4)),
  () => raw(new Uint8Array(new ArrayBuffer(80), 1, 64), 1, new Uint8Array(4), new Uint8Array(64), new Uint8Array(4)),
  () => bandPowers(window, 1, bands, scratch, new Float32Array(new Uint8Array(8).buffer, 4, 1)),
  () => bandPowers(Float32Array.of(...window.subarray(1), NaN), 1, bands, scratch, powers),
  () => chain(spectrum({ length: 16, bands: [[1, 8]] })).apply(window.fill(Infinity, 3, 4), 1),
];
for (const attempt of attempts) {
  try {
    console.log("gave", attempt());
  } catch (error) {
    console.log((error as Error).name, (error as Error).message);
  }
}
