import test from "ava";
import { toFunctionSelector, toHex } from "viem";
import type { Hex } from "viem";
import type { ExecutionContext } from "ava";
import { attestationLogAbi as abi } from "../../contracts/abi.ts";
import { compileContracts } from "../../contracts/compile.ts";
import { grownLog, hexes } from "./grown-log.ts";
import { localChain, revertOf } from "./local-chain.ts";

async function attestationLog(t: ExecutionContext) {
  const chain = await localChain(t);
  const address = await chain.deploy((await compileContracts()).AttestationLog, chain.account.address);
  const { client, wallet, account } = chain;
  return {
    chain,
    address,
    head: () => client.readContract({ abi, address, functionName: "head" }),
    /** Simulates, so that a revert comes back with its custom error. */
    simulate: (size: number, root: Hex, proof: readonly Hex[], from = account) => client.simulateContract({ abi, address, functionName: "anchor", args: [BigInt(size), root, [...proof]], account: from }),
    anchor: async (size: number, root: Hex, proof: readonly Hex[]) => {
      const hash = await wallet.writeContract({ abi, address, functionName: "anchor", args: [BigInt(size), root, [...proof]], chain: null });
      return client.waitForTransactionReceipt({ hash });
    },
    includes: (leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]) =>
      client.readContract({ abi, address, functionName: "verifyInclusion", args: [toHex(leaf), BigInt(index), BigInt(size), hexes(path)] }),
  };
}

test("a log grows through all sizes up to 40 in steps of every length, each head proven against the last", async (t) => {
  const contract = await attestationLog(t);
  const { log, leaves } = await grownLog(40);
  const sizes = [1, 2, 3, 5, 6, 8, 9, 13, 16, 17, 24, 25, 31, 32, 33, 40];
  let last = 0;
  for (const size of sizes) {
    const proof = last === 0 ? [] : hexes(await log.consistencyProof(last, size));
    const receipt = await contract.anchor(size, toHex(await log.rootAt(size)), proof);
    t.is(receipt.status, "success");
    t.deepEqual(await contract.head(), [BigInt(size), toHex(await log.rootAt(size))]);
    last = size;
  }
  for (const size of sizes) {
    t.is(await contract.chain.client.readContract({ abi, address: contract.address, functionName: "rootAt", args: [BigInt(size)] }), toHex(await log.rootAt(size)));
    const index = size - 1;
    t.true(await contract.includes(leaves[index] as Uint8Array, index, size, await log.inclusionProof(index, size)));
  }
  const events = await contract.chain.client.getContractEvents({ abi, address: contract.address, eventName: "Anchored", fromBlock: 0n });
  t.deepEqual(events.map((event) => Number(event.args.size)), sizes);
});

test("a head that is not an extension of the last one is refused with InconsistentHead", async (t) => {
  const contract = await attestationLog(t);
  const { log } = await grownLog(40);
  await contract.anchor(13, toHex(await log.rootAt(13)), []);
  const root = toHex(await log.rootAt(30));
  const proof = hexes(await log.consistencyProof(13, 30));
  t.is(await revertOf(contract.simulate(30, root, proof)), "no revert");
  const flipped = (hash: Hex): Hex => `0x${hash.slice(2, 65)}${hash.endsWith("0") ? "1" : "0"}`;
  for (let i = 0; i < proof.length; i++) {
    t.is(await revertOf(contract.simulate(30, root, proof.with(i, flipped(proof[i] as Hex)))), "InconsistentHead", `element ${i} flipped`);
  }
  const wrong: Record<string, [number, Hex, readonly Hex[]]> = {
    "another root": [30, flipped(root), proof],
    "another size": [16, root, proof],
    "proof cut short": [30, root, proof.slice(0, -1)],
    "proof too long": [30, root, [...proof, root]],
    "no proof": [30, root, []],
    "proof from another head": [30, root, hexes(await log.consistencyProof(12, 30))],
    "5,000 elements": [30, root, Array<Hex>(5000).fill(root)],
  };
  for (const [what, [size, r, p]] of Object.entries(wrong)) t.is(await revertOf(contract.simulate(size, r, p)), "InconsistentHead", what);
  t.deepEqual(await contract.head(), [13n, toHex(await log.rootAt(13))]);
});

test("only the operator anchors, heads only grow, and the first head takes no proof", async (t) => {
  const contract = await attestationLog(t);
  const { log } = await grownLog(9);
  const root = toHex(await log.rootAt(5));
  t.deepEqual(await contract.head(), [0n, `0x${"00".repeat(32)}`]);
  t.is(await revertOf(contract.simulate(0, root, [])), "SizeNotGreater");
  t.is(await revertOf(contract.simulate(5, root, [root])), "FirstProofNotEmpty");
  t.is(await revertOf(contract.simulate(5, `0x${"00".repeat(32)}`, [])), "RootIsZero");
  t.is(await revertOf(contract.simulate(5, root, [], contract.chain.stranger)), "NotOperator");
  await contract.anchor(5, root, []);
  t.is(await revertOf(contract.simulate(5, root, [])), "SizeNotGreater");
  t.is(await revertOf(contract.simulate(4, toHex(await log.rootAt(4)), [])), "SizeNotGreater");
});

test("inclusion is true only for the leaf, index, size and path of an anchored head", async (t) => {
  const contract = await attestationLog(t);
  const { log, leaves } = await grownLog(12);
  await contract.anchor(11, toHex(await log.rootAt(11)), []);
  const path = await log.inclusionProof(6, 11);
  const leaf = leaves[6] as Uint8Array;
  t.true(await contract.includes(leaf, 6, 11, path));
  t.false(await contract.includes(leaf, 7, 11, path));
  t.false(await contract.includes(leaf, 6, 12, await log.inclusionProof(6, 12)), "size 12 was never anchored");
  t.false(await contract.includes(leaves[7] as Uint8Array, 6, 11, path));
  t.false(await contract.includes(leaf, 6, 11, path.slice(1)));
  t.false(await contract.includes(leaf, 6, 0, []));
  t.false(await contract.includes(leaf, 2 ** 40, 11, path));
});

test("an anchor with its proof costs at most 100,000 gas", async (t) => {
  const contract = await attestationLog(t);
  const { log } = await grownLog(4100);
  let last = 0;
  for (const size of [1, 2, 63, 100, 1023, 1024, 1100, 4095, 4100]) {
    const proof = last === 0 ? [] : hexes(await log.consistencyProof(last, size));
    const receipt = await contract.anchor(size, toHex(await log.rootAt(size)), proof);
    t.log(`${last} → ${size}: ${receipt.gasUsed} gas, ${proof.length} proof elements`);
    t.true(receipt.gasUsed <= 100_000n);
    last = size;
  }
});

test("a log without an operator cannot be deployed", async (t) => {
  const chain = await localChain(t);
  const artifact = (await compileContracts()).AttestationLog;
  await t.throwsAsync(chain.deploy(artifact, `0x${"00".repeat(20)}`), { message: new RegExp(toFunctionSelector("OperatorIsZero()")) });
});
