/**
 * What the contracts cost, in gas, on anvil: anchors of a log of a million leaves beside the Ethereum Attestation Service's own contracts in the same run,
 * and every call of the device registry. Gas is counted, not timed: it is the same on every machine, and on every chain of the same hard fork.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createPublicClient, createWalletClient, encodeFunctionData, http, parseAbi, toHex, zeroAddress, zeroHash } from "viem";
import type { Abi, Address, Hex, LocalAccount } from "viem";
import { attestationLogAbi, deviceRegistryAbi } from "../contracts/abi.ts";
import { anvilAccount, startAnvil } from "../contracts/anvil.ts";
import { artifactOf, compileContracts, compileSources } from "../contracts/compile.ts";
import type { ContractArtifact } from "../contracts/compile.ts";
import { MerkleLog, sha256 } from "../gateway/log.ts";
import { curveNames, deviceKey, registrationDigest, rotationDigest, signatureOf } from "../test/contracts/device-keys.ts";
import { hexes, TilesInMemory } from "../test/contracts/grown-log.ts";
import { hexOf, statement } from "../test/contracts/statements.ts";
import type { Bench, Figure } from "./figure.ts";

/** Leaves that the heads grow over. */
const LEAVES = 2 ** 20;
/** Leaves that the log grows by at a time. */
const BATCH = 65_536;
/** Gas that every transaction costs (Yellow Paper, appendix G). */
const TRANSACTION = 21_000;

/**
 * Older sizes from which a batch is anchored. How dear a proof is depends on the binary digits of both sizes: these are powers of two and their neighbours, numbers with
 * every digit set, every second digit set, and one in the middle.
 */
const OLDER = [LEAVES - 65_536, LEAVES - 65_537, LEAVES - 1, LEAVES, LEAVES + 1, 699_051, 917_503, 1_047_553, 786_431, 524_287, 524_289, 1_000_000];

const bench: Bench = async function* (progress): AsyncIterable<Figure> {
  progress(`a tree of ${LEAVES + 2 * 65_536} leaves`);
  const log = await grow(LEAVES + 2 * BATCH);
  const anvil = await startAnvil();
  try {
    const chain = await openChain(anvil.rpcUrl);
    progress(`anvil ${chain.version}, hard fork ${chain.hardFork}`);
    const eas = await easGas(chain);
    for (const [figure, value] of Object.entries(eas)) yield { figure: `EAS ${figure}`, value, unit: "gas" };
    yield* anchors(chain, log, eas, progress);
    yield* inclusion(chain, log);
    yield* registry(chain, progress);
  } finally {
    await anvil.close();
  }
};

export default bench;

/** Anchors: batches of many and of few statements at a million leaves, each with its consistency proof. */
async function* anchors(chain: Chain, log: MerkleLog, eas: EasGas, progress: (line: string) => void): AsyncIterable<Figure> {
  const artifact = (await compileContracts()).AttestationLog;
  for (const [batch, goal] of [[65_536, 1.6], [100, 1_000]] as const) {
    let worst = 0;
    for (const older of OLDER) {
      const newer = older + batch;
      const address = await chain.deploy(artifact, chain.account.address);
      const anchor = async (size: number, proof: readonly Uint8Array[]) => chain.gas({ abi: attestationLogAbi as Abi, address, functionName: "anchor", args: [BigInt(size), toHex(await log.rootAt(size)), hexes(proof)] });
      await anchor(older, []);
      const proof = await log.consistencyProof(older, newer);
      const gas = await anchor(newer, proof);
      progress(`anchor ${older} → ${newer}: ${gas} gas, ${proof.length} hashes`);
      worst = Math.max(worst, gas);
    }
    yield { figure: `anchor of ${batch} statements at about 2^20 leaves, dearest of ${OLDER.length} pairs of sizes`, value: worst, unit: "gas", goal: { most: 100_000 } };
    yield { figure: `per statement, in batches of ${batch}`, value: worst / batch, unit: "gas", goal: { most: goal }, peer: { name: "EAS timestamp", value: eas.timestamp } };
  }
}

/** Inclusion in a tree of 2^20 leaves: 20 hashes. */
async function* inclusion(chain: Chain, log: MerkleLog): AsyncIterable<Figure> {
  const address = await chain.deploy((await compileContracts()).AttestationLog, chain.account.address);
  await chain.gas({ abi: attestationLogAbi as Abi, address, functionName: "anchor", args: [BigInt(LEAVES), toHex(await log.rootAt(LEAVES)), []] });
  const index = 699_051;
  const args = [toHex(leafOf(index)), BigInt(index), BigInt(LEAVES), hexes(await log.inclusionProof(index, LEAVES))] as const;
  const call = { abi: attestationLogAbi as Abi, address, functionName: "verifyInclusion", args };
  yield { figure: "verifyInclusion at 2^20 leaves, eth_estimateGas - 21000", value: await chain.estimate(call), unit: "gas" };
  yield { figure: "verifyInclusion at 2^20 leaves, called by a contract", value: await chain.probe(call), unit: "gas" };
}

/** The calls of the device registry, for both curves where the signature weighs. */
async function* registry(chain: Chain, progress: (line: string) => void): AsyncIterable<Figure> {
  const artifact = (await compileContracts()).DeviceRegistry;
  // The account that the burned half of a bond goes to exists on every public chain; to create it would cost the first report 25,000 gas.
  await chain.send("0x000000000000000000000000000000000000dEaD", 1n);
  for (const curve of curveNames) {
    progress(`registry with ${curve}`);
    const address = await chain.deploy(artifact);
    const place = { chainId: chain.chainId, registry: address };
    const contract = { abi: deviceRegistryAbi as Abi, address };
    const [key, next] = [deviceKey(curve, 1), deviceKey(curve, 2)];
    const id = key.thumbprint;
    const owner = chain.account.address;
    const proof = signatureOf(key.sign(registrationDigest(key, place, owner, false)));
    yield { figure: `register, ${curve}`, value: await chain.gas({ ...contract, functionName: "register", args: [key.publicKey, owner, false, proof] }), unit: "gas" };
    const inference = statement(key);
    const verify = { ...contract, functionName: "verifyStatement", args: [id, hexOf(inference)] };
    yield { figure: `verifyStatement of ${inference.length} B, ${curve}, eth_estimateGas - 21000`, value: await chain.estimate(verify), unit: "gas" };
    yield { figure: `verifyStatement of ${inference.length} B, ${curve}, called by a contract`, value: await chain.probe(verify), unit: "gas" };
    const [byCurrent, byNew] = [key, next].map((by) => signatureOf(by.sign(rotationDigest(by, place, id, next, 1))));
    yield { figure: `rotate, ${curve} to ${curve}`, value: await chain.gas({ ...contract, functionName: "rotate", args: [id, next.publicKey, byCurrent, byNew] }), unit: "gas" };
    if (curve === "secp256k1") {
      yield { figure: "revoke", value: await chain.gas({ ...contract, functionName: "revoke", args: [id, id, 1n, 1] }), unit: "gas" };
      yield { figure: "transfer", value: await chain.gas({ ...contract, functionName: "transfer", args: [id, owner] }), unit: "gas" };
    }
    await chain.gas({ ...contract, functionName: "depositBond", args: [id], value: 1_000_000n });
    const [a, b] = [statement(next, { label: "compute" }), statement(next, { label: "idle" })];
    yield { figure: `reportEquivocation with a bond, two statements of ${a.length} B and ${b.length} B, ${curve}`, value: await chain.gas({ ...contract, functionName: "reportEquivocation", args: [next.thumbprint, hexOf(a), hexOf(b)], account: chain.stranger }), unit: "gas" };
  }
}

interface EasGas extends Record<string, number> {
  readonly timestamp: number;
}

/** EAS as its package has it, at its second use: what the first one may set up is not counted. */
async function easGas(chain: Chain): Promise<EasGas> {
  const schemas = await easArtifact("SchemaRegistry");
  const service = await easArtifact("EAS");
  const registryAddress = await chain.deploy(schemas);
  const address = await chain.deploy(service, registryAddress);
  await chain.gas({ abi: schemas.abi, address: registryAddress, functionName: "register", args: ["bytes32 digest", zeroAddress, true] });
  // The schema's id: keccak256(schema, resolver, revocable), which its event carries first.
  const [entry] = await chain.client.getLogs({ address: registryAddress, event: parseAbi(["event Registered(bytes32 indexed uid, address indexed registerer, (bytes32 uid, address resolver, bool revocable, string schema) schema)"])[0], fromBlock: 0n });
  const schema = entry?.args.uid as Hex;
  const attest = (length: number, fill: number) =>
    chain.gas({ abi: service.abi, address, functionName: "attest", args: [{ schema, data: { recipient: zeroAddress, expirationTime: 0n, revocable: true, refUID: zeroHash, data: toHex(new Uint8Array(length).fill(fill)), value: 0n } }] });
  const timestamp = (fill: number) => chain.gas({ abi: service.abi, address, functionName: "timestamp", args: [toHex(new Uint8Array(32).fill(fill))] });
  await attest(32, 1);
  await timestamp(1);
  return { "attest, 32 B": await attest(32, 2), "attest, 320 B": await attest(320, 3), timestamp: await timestamp(2) };
}

async function easArtifact(name: string): Promise<ContractArtifact> {
  const manifest = createRequire(import.meta.url).resolve("@ethereum-attestation-service/eas-contracts/package.json");
  return JSON.parse(await readFile(join(manifest, "..", "artifacts", "contracts", `${name}.sol`, `${name}.json`), "utf8")) as ContractArtifact;
}

interface Call {
  readonly abi: Abi;
  readonly address: Address;
  readonly functionName: string;
  readonly args: readonly unknown[];
  readonly value?: bigint;
  readonly account?: LocalAccount;
}

type Chain = Awaited<ReturnType<typeof openChain>>;

/** A chain, and ways to ask it for gas. */
async function openChain(rpcUrl: string) {
  const transport = http(rpcUrl, { timeout: 120_000 });
  const account = anvilAccount(0);
  const client = createPublicClient({ transport, pollingInterval: 5, cacheTime: 0 });
  const wallet = createWalletClient({ transport, account });
  const request = client.request as (request: { method: string; params: readonly unknown[] }) => Promise<unknown>;
  const info = (await request({ method: "anvil_nodeInfo", params: [] })) as { hardFork: string };
  const deploy = async (artifact: ContractArtifact, ...args: unknown[]): Promise<Address> => {
    const hash = await wallet.deployContract({ abi: artifact.abi, bytecode: artifact.bytecode, args, chain: null });
    return (await client.waitForTransactionReceipt({ hash })).contractAddress as Address;
  };
  const probeArtifact = artifactOf(await compileSources([join(import.meta.dirname, "GasProbe.sol")]), "GasProbe");
  const probe = await deploy(probeArtifact);
  return {
    client,
    account,
    stranger: anvilAccount(1),
    chainId: await client.getChainId(),
    version: ((await request({ method: "web3_clientVersion", params: [] })) as string).replace(/^anvil\//, ""),
    hardFork: info.hardFork,
    deploy,
    /** Sends a transaction; the gas that it used. */
    gas: async (call: Call): Promise<number> => {
      const hash = await wallet.writeContract({ account, ...call, chain: null });
      const receipt = await client.waitForTransactionReceipt({ hash });
      if (receipt.status !== "success") throw new Error(`expected ${call.functionName} to succeed`);
      return Number(receipt.gasUsed);
    },
    /** Sends wei. */
    send: async (to: Address, value: bigint): Promise<void> => {
      await client.waitForTransactionReceipt({ hash: await wallet.sendTransaction({ to, value, chain: null }) });
    },
    /** What a transaction would need beyond the 21,000 of any. */
    estimate: async ({ address, ...call }: Call): Promise<number> => Number(await client.estimateGas({ account, to: address, data: encodeFunctionData(call) })) - TRANSACTION,
    /** What a call costs the contract that makes it. */
    probe: async ({ address, ...call }: Call): Promise<number> => Number(await client.readContract({ abi: probeArtifact.abi, address: probe, functionName: "measure", args: [address, encodeFunctionData(call)] })),
  };
}

function leafOf(index: number): Uint8Array {
  return sha256(Uint8Array.of(0, ...new TextEncoder().encode(String(index))));
}

/** A log of so many leaves, in memory. */
async function grow(size: number): Promise<MerkleLog> {
  const tiles = new TilesInMemory();
  const log = await MerkleLog.open(tiles, 0);
  for (let from = 0; from < size; from += BATCH) {
    const growth = log.prepare(Array.from({ length: Math.min(BATCH, size - from) }, (_, i) => leafOf(from + i)));
    tiles.store(growth);
    log.commit(growth);
  }
  return log;
}
