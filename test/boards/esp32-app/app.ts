/** An app for tests of the ESP32 builds: it has all that an app can have, but its model is not one for these windows, so it would not run. */
import { defineApp, strongest } from "assay/app";
import { openAccelerometer } from "assay/board/accelerometer";
import { standardize } from "assay/features";
import { deviation, mean } from "./features.ts";
import model from "./model.tflite";

export default defineApp({
  name: "esp32-app",
  version: "0.1.0",
  sensor: { name: "accelerometer", channels: ["x", "y", "z"], rateHz: 100, open: () => openAccelerometer({ rateHz: 100, rangeG: 4 }) },
  window: { length: 32, hop: 16 }, // samples
  features: standardize({ mean, deviation }),
  model,
  interpret: strongest(["idle", "compute", "io"]),
});
