import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { createPublicClient, http, toFunctionSelector } from "viem";
import type { Abi, AbiParameter } from "viem";
import { testWithProgram } from "../requirements.ts";
import { attestationLogAbi, deviceRegistryAbi } from "../../contracts/abi.ts";
import { anvilAccount, startAnvil } from "../../contracts/anvil.ts";
import { artifactOf, compileContracts, compileSources } from "../../contracts/compile.ts";
import { deployContracts } from "../../contracts/deploy.ts";

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "assay-contracts-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A parameter's type, with the names and types of a struct's members: callers use those, while names of parameters do not matter. */
function typeOf(parameter: AbiParameter): string {
  const members = "components" in parameter ? `(${parameter.components.map((p) => `${typeOf(p)} ${p.name}`).join(", ")})` : "";
  return `${parameter.type}${members}${"indexed" in parameter && parameter.indexed === true ? " indexed" : ""}`;
}

/** Each item of an interface in one canonical line. */
function signatures(abi: Abi): string[] {
  return abi
    .map((item) => {
      const parameters = ("inputs" in item ? item.inputs : []).map(typeOf).join(", ");
      const results = ("outputs" in item ? item.outputs : []).map(typeOf).join(", ");
      const mutability = "stateMutability" in item ? item.stateMutability : "";
      return `${item.type} ${"name" in item ? item.name : ""}(${parameters}) ${mutability} → ${results}`;
    })
    .sort();
}

test("the interfaces in abi.ts are those that solc makes of the sources", async (t) => {
  const contracts = await compileContracts();
  const compare = (compiled: Abi, written: Abi) => t.deepEqual(signatures(written), signatures(compiled));
  compare(contracts.AttestationLog.abi, attestationLogAbi as Abi);
  compare(contracts.DeviceRegistry.abi, deviceRegistryAbi as Abi);
  t.is(toFunctionSelector("anchor(uint64,bytes32,bytes32[])").length, 10);
});

test("artifacts are cached by their sources, and a damaged cache is compiled again", async (t) => {
  const buildFolder = await temporaryFolder(t);
  const lines: string[] = [];
  const options = { buildFolder, progress: (line: string) => lines.push(line) };
  const first = await compileContracts(options);
  t.is(lines.length, 2);
  t.deepEqual(await compileContracts(options), first);
  t.is(lines.length, 2, "nothing compiled the second time");
  const [file] = await readdir(buildFolder);
  await writeFile(join(buildFolder, file as string), "{");
  t.deepEqual(await compileContracts(options), first);
  t.is(lines.length, 4);
});

test("a warning of solc is an error", async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, "Warns.sol");
  await writeFile(file, "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.30;\ncontract Warns { function f() external pure { uint256 unused; } }\n");
  await t.throwsAsync(compileSources([file], { buildFolder: folder }), { code: "COMPILE_FAILED", message: /Unused local variable/ });
  await t.throwsAsync(compileSources([join(folder, "Absent.sol")], { buildFolder: folder }), { code: "SOURCE_MISSING" });
});

test("the contract in docs/contracts.md compiles", async (t) => {
  const checkout = join(import.meta.dirname, "..", "..");
  const [, snippet] = /```solidity\n(.*?)```/s.exec(readFileSync(join(checkout, "docs", "contracts.md"), "utf8")) ?? [];
  // Units are named by their path in the checkout, so it has to be there.
  const folder = join(checkout, "build", "docs");
  await mkdir(folder, { recursive: true });
  const file = join(folder, "UsesStatements.sol");
  await writeFile(file, (snippet ?? "").replaceAll('"./', '"../../contracts/'));
  const artifacts = await compileSources([file]);
  t.deepEqual(artifactOf(artifacts, "UsesStatements").abi.filter((item) => item.type === "function").map((item) => item.name), ["deviceOf"]);
});

test("both contracts are deployed with the account as operator, and no larger than EIP-170 lets them be", async (t) => {
  const anvil = await startAnvil();
  t.teardown(() => anvil.close());
  const account = anvilAccount(0);
  const deployment = await deployContracts({ rpcUrl: anvil.rpcUrl, account });
  t.log(`gas: AttestationLog ${deployment.gas.log}, DeviceRegistry ${deployment.gas.registry}`);
  const client = createPublicClient({ transport: http(anvil.rpcUrl) });
  t.is(await client.readContract({ abi: attestationLogAbi, address: deployment.log, functionName: "operator" }), account.address);
  t.is(await client.readContract({ abi: deviceRegistryAbi, address: deployment.registry, functionName: "BOND_DELAY" }), 604_800n);
  for (const address of [deployment.log, deployment.registry]) t.true(((await client.getCode({ address })) ?? "0x").length / 2 - 1 < 24_576);
  t.is(deployment.chainId, 31337);
});

test("deploying without a chain says that none answers", async (t) => {
  await t.throwsAsync(deployContracts({ rpcUrl: "http://127.0.0.1:9", account: anvilAccount(0) }), { code: "RPC_UNREACHABLE" });
});

test("a port in use is a clear error", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  await t.throwsAsync(startAnvil({ port: (server.address() as AddressInfo).port }), { code: "PORT_IN_USE" });
});

testWithProgram("setpriv", "a chain dies with the process that started it, however that dies", async (t) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "anvil-process.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  t.true(process.kill(pid, 0));
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  const deadline = performance.now() + 5_000;
  while (isRunning(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  t.false(isRunning(pid));
});

function isRunning(pid: number): boolean {
  try {
    // A zombie, which a container without an init may leave, runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("the state file keeps the chain over a restart, and closing leaves no process", async (t) => {
  const stateFile = join(await temporaryFolder(t), "chain.json");
  const first = await startAnvil({ stateFile });
  const deployment = await deployContracts({ rpcUrl: first.rpcUrl, account: anvilAccount(0) });
  await first.close();
  t.throws(() => process.kill(first.pid, 0), { code: "ESRCH" });
  const second = await startAnvil({ stateFile });
  t.teardown(() => second.close());
  const client = createPublicClient({ transport: http(second.rpcUrl) });
  t.is(await client.readContract({ abi: attestationLogAbi, address: deployment.log, functionName: "operator" }), anvilAccount(0).address);
});
