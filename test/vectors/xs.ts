/** Reproduces the vectors on a device: the configuration has the inputs, the outputs go to stdout as one line of JSON. */
import config from "mc/config";
import board from "assay/board";
import { openCurve, sha256 } from "assay/identity/natives";
import { ES256K } from "assay/statement/signer";
import { reproduce, type Inputs } from "./reproduce.ts";

const curve = openCurve();
const outputs = reproduce(
  config as unknown as Inputs,
  (secret) => {
    const publicKey = curve.publicKey(secret);
    if (publicKey === undefined) throw new RangeError("expected a secret key");
    return { algorithm: ES256K, publicKey, sign: (digest) => curve.sign(secret, digest) };
  },
  sha256,
);
// A line of its own for each, so that no string grows beyond a small heap.
for (const name of Object.keys(outputs)) console.log(JSON.stringify([name, outputs[name]]));
board.exit(0);
