/** Makes the vectors of what only verifiers and logs need: notes, revealed inputs, bundles. Runs in Node and in browsers. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { encodeBundle } from "../../client/bundle.ts";
import { ED25519, ED25519_COSIGNATURE, formatVerifierKey, noteKey } from "../../client/note-key.ts";
import { encodeRevealedInput } from "../../client/revealed-input.ts";
import { formatSignedNote } from "../../client/signed-note.ts";
import { formatCheckpointText } from "../../client/tlog-checkpoint.ts";
import { fromHex, toHex, type Inputs, type Outputs } from "./reproduce.ts";

/** Inputs beyond those of the statements, in JSON: byte strings are hex. */
export interface ClientInputs {
  /** Ed25519 seeds */
  readonly log: { readonly seed: string };
  readonly witness: { readonly name: string; readonly seed: string; readonly time: number };
  readonly frontEnd: string;
}

/** @param statements inputs and outputs of the vectors of statements, whose log and inference this goes on from */
export function reproduceClient({ log, witness, frontEnd }: ClientInputs, statements: { readonly inputs: Inputs; readonly outputs: Outputs }): Outputs {
  const { inputs, outputs } = statements;
  const bytes = (name: string): Uint8Array => fromHex(outputs[name] as string);
  const origin = `assay/${outputs["log.id"]}`;
  const logKey = noteKey(origin, ED25519, ed25519.getPublicKey(fromHex(log.seed)));
  const witnessKey = noteKey(witness.name, ED25519_COSIGNATURE, ed25519.getPublicKey(fromHex(witness.seed)));
  const text = formatCheckpointText({ origin, size: inputs.statements.length + 1, root: bytes("root") });
  const signature = ed25519.sign(new TextEncoder().encode(text), fromHex(log.seed));
  const cosigned = `cosignature/v1\ntime ${witness.time}\n${text}`;
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(witness.time));
  const cosignature = Uint8Array.of(...time, ...ed25519.sign(new TextEncoder().encode(cosigned), fromHex(witness.seed)));
  const note = formatSignedNote({ text, signatures: [{ name: origin, keyId: logKey.keyId, signature }, { name: witness.name, keyId: witnessKey.keyId, signature: cosignature }] });
  const revealed = encodeRevealedInput({ salt: fromHex(inputs.commitment.salt), window: fromHex(inputs.commitment.window), frontEnd });
  const bundle = encodeBundle({ statement: bytes("inference.bytes"), receipt: bytes("inference.receipt.bytes"), boot: bytes("boot.bytes"), previous: bytes("boot.bytes"), checkpoint: note, consistency: [], input: revealed });
  return {
    "log.verifierKey": formatVerifierKey(logKey),
    "witness.verifierKey": formatVerifierKey(witnessKey),
    "checkpoint.text": text,
    "checkpoint.note": new TextDecoder().decode(note),
    "revealedInput.bytes": toHex(revealed),
    "bundle.bytes": toHex(bundle),
  };
}
