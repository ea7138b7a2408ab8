/** Reproduces the vectors on a device: the configuration has the inputs, the outputs go to stdout, a line of JSON for each. */
import config from "mc/config";
import board from "assay/board";
import { openCurve, sha256 } from "assay/identity/natives";
import type { CurveName } from "assay/statement/cose-key";
import type { Signer } from "assay/statement/signer";
import { fromHex, reproduce, toHex, type Inputs } from "./reproduce.ts";

/** For a key in a chip, which the device cannot sign with itself: its point, and its signatures by the digest that is signed. */
interface Chip {
  readonly point: string;
  readonly signatures: Record<string, string>;
}

const curve = openCurve();
const { inputs, chip } = config as unknown as { readonly inputs: Inputs; readonly chip?: Chip };

function signerOf(secret: Uint8Array, name: CurveName): Signer {
  if (name === "P-256") return chipSigner(chip!);
  const point = curve.publicKey(secret);
  if (point === undefined) throw new RangeError("expected a secret key");
  return { publicKey: { curve: name, point }, sign: (digest) => curve.sign(secret, digest) };
}

function chipSigner({ point, signatures }: Chip): Signer {
  return {
    publicKey: { curve: "P-256", point: fromHex(point) },
    sign(digest) {
      const signature = signatures[toHex(digest)];
      if (signature === undefined) throw new RangeError("expected a digest that the chip was shown, got another");
      return fromHex(signature);
    },
  };
}

const outputs = reproduce(inputs, signerOf, sha256);
// A line of its own for each, so that no string grows beyond a small heap.
for (const name of Object.keys(outputs)) console.log(JSON.stringify([name, outputs[name]]));
board.exit(0);
