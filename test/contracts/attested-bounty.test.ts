import test from "ava";
import type { ExecutionContext } from "ava";
import { hexToBytes, toFunctionSelector, toHex } from "viem";
import type { Abi, Hex } from "viem";
import { attestationLogAbi, deviceRegistryAbi } from "../../contracts/abi.ts";
import { artifactOf, compileContracts, compileSources } from "../../contracts/compile.ts";
import { anvilAccount } from "../../contracts/anvil.ts";
import { MerkleLog } from "../../gateway/log.ts";
import { deviceKey } from "./device-keys.ts";
import { hexes, leafHashOf, TilesInMemory } from "./grown-log.ts";
import { revertOf } from "./local-chain.ts";
import { passSeconds, registryOf } from "./registry.ts";
import { bootStatement, hexOf, statement } from "./statements.ts";

const owner = anvilAccount(5);
const amount = 10n ** 18n;

/** A registered device, a log, and a way to post bounties for it. */
async function bountyWorld(t: ExecutionContext) {
  const registry = await registryOf(t);
  const { client, wallet, account, deploy } = registry.chain;
  const key = deviceKey("p256", 90);
  await registry.register(key, owner.address);
  const logAddress = await deploy((await compileContracts()).AttestationLog, account.address);
  const artifacts = await compileSources([`${import.meta.dirname}/../../contracts/examples/AttestedBounty.sol`]);
  const artifact = artifactOf(artifacts, "AttestedBounty");
  // A revert may come from any of the three.
  const abi: Abi = [...artifact.abi, ...(deviceRegistryAbi as Abi).filter((item) => item.type === "error" && !artifact.abi.some((own) => own.type === "error" && own.name === item.name))];
  const tiles = new TilesInMemory();
  const log = await MerkleLog.open(tiles, 0);
  const now = async () => (await client.getBlock()).timestamp;
  return {
    registry,
    key,
    abi,
    now,
    /** Deploys a bounty; the deadline is an hour from now. */
    post: async (label: string, minBlock = 0n, value = amount) => {
      const hash = await wallet.deployContract({ abi, bytecode: artifact.bytecode, args: [registry.address, logAddress, key.thumbprint, label, minBlock, (await now()) + 3600n], value, chain: null });
      return (await client.waitForTransactionReceipt({ hash })).contractAddress as Hex;
    },
    /** What became of posting one with that deadline and value. */
    postingOf: (deadline: bigint, value: bigint) => revertOf(wallet.deployContract({ abi, bytecode: artifact.bytecode, args: [registry.address, logAddress, key.thumbprint, "x", 0n, deadline], value, chain: null })),
    /** Puts entries into the log and anchors it. */
    anchor: async (entries: readonly Uint8Array[]) => {
      const from = log.size;
      const growth = log.prepare(entries.map(leafHashOf));
      tiles.store(growth);
      log.commit(growth);
      const proof = from === 0 ? [] : hexes(await log.consistencyProof(from, log.size));
      const hash = await wallet.writeContract({ abi: attestationLogAbi, address: logAddress, functionName: "anchor", args: [BigInt(log.size), toHex(log.head.root), proof], chain: null });
      await client.waitForTransactionReceipt({ hash });
    },
    /** The arguments of `claim`. */
    claimOf: async (bytes: Uint8Array, index: number, of = key) => [hexOf(bytes), of.thumbprint, BigInt(index), BigInt(log.size), hexes(await log.inclusionProof(index, log.size))] as const,
    simulate: (address: Hex, functionName: string, args: readonly unknown[]) => revertOf(client.simulateContract({ abi, address, functionName, args, account: registry.chain.stranger })),
    send: async (address: Hex, functionName: string, args: readonly unknown[]) => {
      const hash = await wallet.writeContract({ abi, address, functionName, args, account: registry.chain.stranger, chain: null });
      return client.waitForTransactionReceipt({ hash });
    },
    balance: (address: Hex) => client.getBalance({ address }),
  };
}

test("whoever claims, the device's owner is paid, once", async (t) => {
  const world = await bountyWorld(t);
  const wanted = statement(world.key, { label: "leak" });
  await world.anchor([statement(world.key), wanted, statement(world.key, { sequence: 43 })]);
  const bounty = await world.post("leak");
  const before = await world.balance(owner.address);
  const receipt = await world.send(bounty, "claim", await world.claimOf(wanted, 1));
  t.is(receipt.status, "success");
  t.log(`${receipt.gasUsed} gas`);
  t.is(await world.balance(owner.address), before + amount);
  t.is(await world.balance(bounty), 0n);
  t.is(await world.simulate(bounty, "claim", await world.claimOf(wanted, 1)), "Settled");
  await passSeconds(world.registry, 4000);
  t.is(await world.simulate(bounty, "refund", []), "Settled");
});

test("a claim needs the label, the device, the log, and a key in use", async (t) => {
  const world = await bountyWorld(t);
  const { registry, key } = world;
  const other = deviceKey("secp256k1", 91);
  await registry.register(other, owner.address);
  const wanted = statement(key, { label: "leak" });
  const unlogged = statement(key, { label: "leak", sequence: 44 });
  const others = statement(other, { label: "leak" });
  await world.anchor([wanted, statement(key, { label: "no leak" }), others, bootStatement(key)]);
  const bounty = await world.post("leak");
  const claim = async (bytes: Uint8Array, index: number, of = key) => world.simulate(bounty, "claim", await world.claimOf(bytes, index, of));
  t.is(await claim(wanted, 0), "no revert");
  t.is(await claim(statement(key, { label: "no leak" }), 1), "WrongLabel");
  t.is(await claim(others, 2, other), "WrongDevice");
  t.is(await claim(others, 2), "AlgorithmMismatch");
  t.is(await claim(bootStatement(key), 3), "NotAnInference");
  t.is(await claim(unlogged, 0), "NotInLog");
  t.is(await claim(wanted, 1), "NotInLog");
  t.is(await claim(wanted.with(-1, (wanted.at(-1) as number) ^ 1), 0), "BadSignature");
  t.is(await claim(wanted, 0, deviceKey("p256", 99)), "UnknownKey");
  await registry.send("rotate", registry.rotation(key, deviceKey("p256", 92), key.thumbprint, 1), owner);
  t.is(await claim(wanted, 0), "KeyNotInUse", "retired");
});

test("a claim with a revoked key is refused", async (t) => {
  const world = await bountyWorld(t);
  const wanted = statement(world.key, { label: "leak" });
  await world.anchor([wanted]);
  const bounty = await world.post("leak");
  await world.registry.send("revoke", [world.key.thumbprint, world.key.thumbprint, 1n, 1], owner);
  t.is(await world.simulate(bounty, "claim", await world.claimOf(wanted, 0)), "KeyNotInUse");
});

test("with a minimal block, the statement has to carry the hash of that block or a later one, as far back as the chain remembers", async (t) => {
  const world = await bountyWorld(t);
  const { client } = world.registry.chain;
  const request = client.request as (request: { method: string; params: readonly unknown[] }) => Promise<unknown>;
  const mine = (blocks: number) => request({ method: "anvil_mine", params: [`0x${blocks.toString(16)}`] });
  await mine(20);
  const hashOf = async (number: bigint) => hexToBytes((await client.getBlock({ blockNumber: number })).hash as Hex).subarray(0, 8);
  const first = 10n;
  const late = statement(world.key, { label: "leak", beacon: { block: 12, hash: await hashOf(12n) } });
  const early = statement(world.key, { label: "leak", beacon: { block: 9, hash: await hashOf(9n) } });
  const forged = statement(world.key, { label: "leak", beacon: { block: 12, hash: await hashOf(13n) } });
  const future = statement(world.key, { label: "leak", beacon: { block: 100_000, hash: new Uint8Array(8) } });
  const none = statement(world.key, { label: "leak" });
  await world.anchor([late, early, forged, future, none]);
  const bounty = await world.post("leak", first);
  const outcomes = async () => Promise.all([late, early, forged, future, none].map(async (bytes, i) => world.simulate(bounty, "claim", await world.claimOf(bytes, i))));
  t.deepEqual(await outcomes(), ["no revert", ...Array<string>(4).fill("BeaconNotProven")], "by BLOCKHASH");
  await mine(300);
  t.deepEqual(await outcomes(), ["no revert", ...Array<string>(4).fill("BeaconNotProven")], "by the contract of EIP-2935");
  await request({ method: "anvil_setCode", params: ["0x0000F90827F1C53a10cb7A02335B175320002935", "0x"] });
  t.deepEqual(await outcomes(), Array<string>(5).fill("BeaconNotProven"), "on a chain without that contract");
});

test("after the deadline the sponsor has the ether back, and nobody before", async (t) => {
  const world = await bountyWorld(t);
  const wanted = statement(world.key, { label: "leak" });
  await world.anchor([wanted]);
  const bounty = await world.post("leak");
  t.is(await world.simulate(bounty, "refund", []), "DeadlineNotPassed");
  await passSeconds(world.registry, 3700);
  t.is(await world.simulate(bounty, "claim", await world.claimOf(wanted, 0)), "DeadlinePassed");
  const sponsor = world.registry.chain.account.address;
  const before = await world.balance(sponsor);
  await world.send(bounty, "refund", []);
  t.is(await world.balance(sponsor), before + amount);
  t.is(await world.simulate(bounty, "refund", []), "Settled");
});

test("an owner that takes no ether leaves the bounty as it is", async (t) => {
  const world = await bountyWorld(t);
  const wanted = statement(world.key, { label: "leak" });
  await world.anchor([wanted]);
  const bounty = await world.post("leak");
  await world.registry.send("transfer", [world.key.thumbprint, world.registry.address], owner);
  t.is(await world.simulate(bounty, "claim", await world.claimOf(wanted, 0)), "PaymentFailed");
  t.is(await world.balance(bounty), amount);
});

test("a bounty without ether, or whose deadline is over, cannot be posted", async (t) => {
  const world = await bountyWorld(t);
  t.regex(await world.postingOf((await world.now()) + 3600n, 0n), new RegExp(toFunctionSelector("NoValue()")));
  t.regex(await world.postingOf(1n, 1n), new RegExp(toFunctionSelector("DeadlinePassed(uint64,uint256)")));
});
