/** What the verifier makes of the vectors: the same function in Node, in a browser and without a network, so that the three can be compared. */
import { sha256 } from "@noble/hashes/sha2.js";
import { decodePublicKey } from "assay/statement/cose-key";
import type { Trust } from "../../client/trust.ts";
import { VerificationError } from "../../client/verification-error.ts";
import { verify } from "../../client/verify.ts";
import { signerFor } from "../statement/keys.ts";
import { fromHex, reproduce, toHex, type Inputs, type Outputs } from "../vectors/reproduce.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";

/** A file of test/vectors. */
export interface Vectors {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
}

/** The vectors in JSON files. */
export function vectors(files: readonly string[]): readonly Vectors[] {
  return files.map((file) => JSON.parse(file) as Vectors);
}

/** Whether all bytes come out anew, in hex what was verified of each statement, and the code of each refusal. */
export function verdicts({ inputs, outputs }: Vectors): readonly string[] {
  const reproduced = JSON.stringify(sorted(reproduce(inputs, signerFor, sha256))) === JSON.stringify(sorted(outputs));
  const trust = trustOf(outputs);
  return [`reproduced: ${reproduced}`, ...parts({ inputs, outputs }).flatMap(({ statement, receipt, previous }) => [verdict(statement, receipt, previous, trust), verdict(statement, undefined, undefined, { ...trust, allowSimulated: false })])];
}

/** The code of each of `count` mutated statements, or what was verified of it if it came out unchanged. */
export function mutatedVerdicts({ inputs, outputs }: Vectors, count: number): readonly string[] {
  const trust = trustOf(outputs);
  const all = parts({ inputs, outputs });
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(1, i);
    const { statement, receipt } = random.pick(all);
    const other = random.pick(all).statement;
    return i % 4 === 3 ? verdict(statement, mutate(receipt, other, random), undefined, trust) : verdict(mutate(statement, other, random), undefined, undefined, trust);
  });
}

interface Part {
  readonly statement: Uint8Array;
  readonly receipt: Uint8Array;
  readonly previous: Uint8Array | undefined;
}

function parts({ inputs, outputs }: Vectors): readonly Part[] {
  const bytes = (name: string): Uint8Array => fromHex(outputs[`${name}.bytes`] as string);
  return inputs.statements.map(({ name }, i) => ({ statement: bytes(name), receipt: bytes(`${name}.receipt`), previous: i === 0 ? undefined : bytes((inputs.statements[i - 1] as { name: string }).name) }));
}

function trustOf(outputs: Outputs): Trust {
  const key = (of: string) => decodePublicKey(fromHex(outputs[`${of}.coseKey`] as string));
  return { devices: [{ id: outputs["device.id"] as string, keys: [{ publicKey: key("device") }] }], logs: [{ id: outputs["log.id"] as string, publicKey: key("log") }], allowSimulated: true };
}

function verdict(statement: Uint8Array, receipt: Uint8Array | undefined, previous: Uint8Array | undefined, trust: Trust): string {
  try {
    const verified = verify(statement, receipt, trust, { previous });
    const { kind, bootCount, sequence } = verified.statement;
    return `${kind} ${bootCount}/${sequence} ${verified.registration.status} ${verified.inclusion === undefined ? "" : `entry ${verified.inclusion.index} of ${toHex(verified.inclusion.root)}`} ${verified.chain?.previous?.sequence ?? ""}`;
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
}

function sorted(outputs: Outputs): readonly (readonly [string, string])[] {
  return Object.entries(outputs).sort(([a], [b]) => (a < b ? -1 : 1));
}
