/** An app on the board's accelerometer, for on-hardware.test.ts: the magnitudes of 16 samples go into a model of 16 inputs. */
import { defineApp, strongest } from "assay/app";
import { accelerometer } from "assay/sensor/accelerometer";
import model from "../tflite/tiny.tflite";

export default defineApp({
  name: "shake",
  version: "1.0.0",
  sensor: accelerometer({ rate: 100, range: 4 }),
  window: { length: 16, hop: 8 },
  features: {
    description: '{"magnitude":3}',
    apply: (window, channels) => Float32Array.from({ length: window.length / channels }, (_, i) => Math.hypot(window[3 * i]!, window[3 * i + 1]!, window[3 * i + 2]!)),
  },
  model,
  interpret: strongest(["still", "tilted", "shaken"]),
});
