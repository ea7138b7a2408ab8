/** Runs the tests in `solidity/` with forge from npm: fuzzing and invariants of the contracts, in their own language and with their own compiler. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import test from "ava";

const checkout = join(import.meta.dirname, "..", "..");

/** The path of forge for this platform; npm installs it as an optional dependency of `@foundry-rs/forge`. */
function forgeBinary(): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const wrapper = createRequire(import.meta.url).resolve("@foundry-rs/forge/bin.mjs");
  return createRequire(wrapper).resolve(`@foundry-rs/forge-${process.platform}-${architecture}/bin/${process.platform === "win32" ? "forge.exe" : "forge"}`);
}

/** What a program printed, and how it ended. */
function run(program: string, parameters: readonly string[]): Promise<{ output: string; exitCode: number | null }> {
  return new Promise((resolve, reject) => {
    // This very Node first: forge starts the compiler with whatever `node` it finds.
    const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"] ?? ""}`, FOUNDRY_DISABLE_NIGHTLY_WARNING: "1", NO_COLOR: "1" };
    const child = spawn(program, parameters, { cwd: checkout, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ output, exitCode }));
  });
}

test("the contracts hold what they promise under fuzzing and random histories, in Solidity's own tests", async (t) => {
  const parameters = ["test", "--root", checkout, "--use", join(import.meta.dirname, "solidity", "solc.mjs"), "--fuzz-seed", "1", "--offline"];
  const { output, exitCode } = await run(forgeBinary(), parameters);
  // The tables of how often each call was made are left out.
  t.log(output.split("\n").filter((line) => line.trim() !== "" && !/^[|+╭╰]/.test(line)).join("\n"));
  t.is(exitCode, 0, "forge's own verdict");
  const [, passed, failed, skipped] = /: (\d+) tests passed, (\d+) failed, (\d+) skipped/.exec(output) ?? [];
  t.deepEqual([failed, skipped], ["0", "0"]);
  t.is(Number(passed), 24, "all tests of the folder ran");
});
