/** Says every second what this machine is busy with: nothing, computing, or reading and writing disks. */
import { defineApp, strongest } from "assay/app";
import { chain, compress, standardize } from "assay/features";
import { machineLoad } from "assay/sensor/machine-load";
import { compressed, deviation, mean } from "./front-end.ts";
import model from "./model.tflite";
export default defineApp({
    name: "machine-health",
    version: "0.1.0",
    sensor: machineLoad({ rate: 10 }), // samples per second, Hz
    window: { length: 32, hop: 10 }, // samples
    features: chain(compress({ channels: compressed }), standardize({ mean, deviation })),
    model,
    interpret: strongest(["idle", "compute", "io"]),
});
