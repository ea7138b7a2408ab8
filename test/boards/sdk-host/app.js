/** An app whose model comes from the command line: the example's, on a constant load. */
import { defineApp, strongest } from "assay/app";
import { chain, compress, standardize } from "assay/features";

const readFile = native("xs_host_file");
const argument = native("xs_host_argument");
const channels = ["user", "system", "iowait", "softirq", "contextSwitches", "interrupts", "diskRead", "diskWrite", "network", "memoryPressure"];

export default () =>
  defineApp({
    name: "sdk-host",
    version: "0.1.0",
    sensor: { name: "constant", channels, rateHz: 100, open: () => ({ sample: () => channels.map((_, index) => index), close() {} }) },
    window: { length: 32, hop: 8 },
    features: chain(compress({ channels: [4, 5] }), standardize({ mean: channels.map(() => 0), deviation: channels.map(() => 1) })),
    model: readFile(argument(3)),
    interpret: strongest(["idle", "compute", "io"]),
  });
