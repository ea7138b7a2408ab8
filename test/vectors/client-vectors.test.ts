import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { decodePublicKey } from "assay/statement/cose-key";
import { parseBundle, verifyBundle } from "../../client/bundle.ts";
import { reproduceClient, type ClientInputs } from "./reproduce-client.ts";
import { fromHex, type Inputs, type Outputs } from "./reproduce.ts";

function read<Shape>(name: string): Shape {
  return JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), "utf8")) as Shape;
}

const statements = read<{ inputs: Inputs; outputs: Outputs }>("assay-1");
const { inputs, outputs } = read<{ inputs: ClientInputs; outputs: Outputs }>("client-1");

test("notes, revealed inputs and bundles are reproduced to the bit", (t) => {
  t.deepEqual(reproduceClient(inputs, statements), outputs);
});

test("the bundle of the vectors verifies, cosigned checkpoint included", (t) => {
  const key = (name: string) => decodePublicKey(fromHex(statements.outputs[`${name}.coseKey`] as string));
  const trust = {
    devices: [{ id: statements.outputs["device.id"] as string, keys: [{ publicKey: key("device") }] }],
    logs: [{ id: statements.outputs["log.id"] as string, publicKey: key("log"), verifierKey: outputs["log.verifierKey"] as string, witnesses: [outputs["witness.verifierKey"] as string], leastWitnesses: 1 }],
  };
  const { checkpoint, inclusion } = verifyBundle(parseBundle(fromHex(outputs["bundle.bytes"] as string)), trust);
  t.is(checkpoint?.size, inclusion?.size);
  t.is(checkpoint?.cosignatures[0]?.time, inputs.witness.time);
});
