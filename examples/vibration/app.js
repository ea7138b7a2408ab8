/** Says in which state of balance a fan is, from the shaking of its frame: when that changes, and at least every minute. */
import { defineApp, strongest } from "assay/app";
import { chain, compress, spectrum, standardize } from "assay/features";
import { accelerometer } from "assay/sensor/accelerometer";
import { bands, deviation, mean, reference } from "./front-end.ts";
import model from "./model.tflite";
export default defineApp({
    name: "vibration",
    version: "0.1.0",
    sensor: accelerometer({ rate: 50, range: 8 }), // samples per second, Hz; full scale, g
    window: { length: 128, hop: 64 }, // samples
    features: chain(spectrum({ length: 128, bands, reference }), compress({ channels: mean.map((_, feature) => feature) }), standardize({ mean, deviation })),
    model,
    interpret: strongest(["balanced", "unbalanced", "far-unbalanced"]),
    attest: { when: "change", heldWindows: 3, atLeastEverySeconds: 60 },
});
