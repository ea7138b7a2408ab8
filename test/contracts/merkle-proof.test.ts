import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { toHex } from "viem";
import type { Hex } from "viem";
import { artifactOf, compileSources } from "../../contracts/compile.ts";
import { testWithShared } from "../requirements.ts";
import { grownLog, hexes, leafHashOf } from "./grown-log.ts";
import { localChain } from "./local-chain.ts";
import type { ExecutionContext } from "ava";

async function harness(t: ExecutionContext) {
  const artifacts = await compileSources([join(import.meta.dirname, "MerkleProofHarness.sol")]);
  const { abi } = artifactOf(artifacts, "MerkleProofHarness");
  const chain = await localChain(t);
  const address = await chain.deploy(artifactOf(artifacts, "MerkleProofHarness"));
  return (functionName: string, ...args: unknown[]) => chain.client.readContract({ abi, address, functionName, args });
}

interface Vector {
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
  readonly desc: string;
  readonly [field: string]: unknown;
}

function* vectors(folder: string): Generator<[string, Vector]> {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (!name.endsWith(".json")) continue;
    // Sizes go up to 2^64 − 1, beyond what a JSON number keeps.
    const text = readFileSync(join(folder, name), "utf8").replace(/: (\d{16,})/g, ': "$1"');
    yield [name, JSON.parse(text) as Vector];
  }
}

/** A hash of a vector, or undefined where the vector's fault is a wrong length, which the ABI's bytes32 cannot carry. */
function hash(base64: unknown): Hex | undefined {
  const bytes = Buffer.from((base64 ?? "") as string, "base64");
  return bytes.length === 32 ? toHex(bytes) : undefined;
}

testWithShared("vectors/merkle/testdata", "the contract's proof checks agree with every transparency-dev vector that the ABI can carry", async (t, folder) => {
  const call = await harness(t);
  let checked = 0;
  let uncarriable = 0;
  for (const [kind, check] of [["inclusion", "verifyInclusion"], ["consistency", "verifyConsistency"]] as const) {
    for (const [name, vector] of vectors(join(folder, kind))) {
      const fixed = kind === "inclusion" ? [hash(vector["leafHash"])] : [];
      const roots = kind === "inclusion" ? [hash(vector["root"])] : [hash(vector["root1"]), hash(vector["root2"])];
      const proof = (vector.proof ?? []).map(hash);
      const sizes = kind === "inclusion" ? [vector["leafIdx"], vector["treeSize"]] : [vector["size1"], vector["size2"]];
      if ([...fixed, ...roots, ...proof].includes(undefined)) {
        uncarriable++;
        continue;
      }
      const numbers = sizes.map((value) => BigInt(value as number | string));
      const parameters = kind === "inclusion" ? [...fixed, ...numbers, proof, ...roots] : [...numbers, ...roots, proof];
      t.is(await call(check, ...parameters), !vector.wantErr, `${kind}/${name}: ${vector.desc}`);
      checked++;
    }
  }
  t.log(`${checked} vectors checked, ${uncarriable} have a hash that is not 32 bytes`);
  t.is(checked + uncarriable, 196);
});

test("leaf and node hashes carry the prefixes of RFC 9162 §2.1.1", async (t) => {
  const call = await harness(t);
  const entry = new TextEncoder().encode("an entry");
  t.is(await call("hashLeaf", toHex(entry)), toHex(leafHashOf(entry)));
  const { log, leaves } = await grownLog(2);
  t.is(await call("hashNode", ...hexes(leaves)), toHex(log.head.root));
});

test("consistency holds between all sizes up to 24, and inclusion for every leaf of every such tree", async (t) => {
  const call = await harness(t);
  const { log, leaves } = await grownLog(24);
  const roots = await Promise.all(Array.from({ length: 25 }, (_, size) => (size === 0 ? "0x" : log.rootAt(size).then((root) => toHex(root)))));
  const checks: Promise<boolean | void>[] = [];
  for (let size2 = 1; size2 <= 24; size2++) {
    for (let size1 = 1; size1 <= size2; size1++) {
      const proof = hexes(await log.consistencyProof(size1, size2));
      checks.push(call("verifyConsistency", BigInt(size1), BigInt(size2), roots[size1], roots[size2], proof).then((ok) => t.is(ok, true, `${size1} → ${size2}`)));
      const index = size1 - 1;
      const path = hexes(await log.inclusionProof(index, size2));
      checks.push(call("verifyInclusion", toHex(leaves[index] as Uint8Array), BigInt(index), BigInt(size2), path, roots[size2]).then((ok) => t.is(ok, true, `leaf ${index} of ${size2}`)));
    }
  }
  await Promise.all(checks);
});
