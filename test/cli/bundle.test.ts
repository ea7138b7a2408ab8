import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { encodeBundle, parseBundle } from "../../client/bundle.ts";
import { parseRevealedInput, encodeRevealedInput } from "../../client/revealed-input.ts";
import { startAnvil } from "../../contracts/anvil.ts";
import { testWithoutNetwork } from "../requirements.ts";
import { assay, jsonLines } from "./assay.ts";

const examples = join(import.meta.dirname, "..", "..", "examples");
const model = join(examples, "machine-health", "model.tflite");

/** What a run of the simulator leaves behind: its folders, and the device. */
interface Run {
  readonly data: string;
  readonly save: string;
  readonly reveal: string;
  readonly trust: string;
  readonly device: string;
  /** a file of the statement with that number */
  cose(sequence: number): string;
  input(sequence: number): string;
}

let running: Promise<Run> | undefined;
const folders: string[] = [];
test.after.always(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "assay-bundle-"));
  folders.push(made);
  return made;
}

/** One run for all tests. */
function simulated(t: ExecutionContext): Promise<Run> {
  t.timeout(170_000);
  running ??= (async () => {
    const [data, save, reveal] = [folder(), folder(), folder()];
    const recording = join(examples, "machine-health", "data", "io-copy.csv");
    const run = await assay("sim", "--json", "--for", "9", "--trace", recording, "--data", data, "--save", save, "--reveal", reveal, "--anchor-every", "2", "--broker-port", "0", "--chain-port", "0");
    if (run.exitCode !== 0) throw new Error(run.stderr);
    const device = jsonLines(run.stdout).find(({ event }) => event === "inference")?.["device"] as string;
    return { data, save, reveal, device, trust: join(data, "trust.json"), cose: (sequence) => join(save, `${device}-1-${sequence}.cose`), input: (sequence) => join(reveal, `${device}-1-${sequence}.input`) };
  })();
  return running;
}

testWithoutNetwork("a bundle out of a gateway's data proves every claim, replay included, with the network taken away", async (t, unshare) => {
  const run = await simulated(t);
  const file = join(folder(), "3.bundle");
  const made = await assay("bundle", "--data", join(run.data, "gateway"), "--device", run.device, "--sequence", "3", "--input", run.input(3), "--trust", run.trust, "--out", file, "--json");
  t.is(made.exitCode, 0, made.stderr);
  t.deepEqual(JSON.parse(made.stdout).parts, ["statement", "receipt", "boot", "previous", "checkpoint", "consistency", "input", "trust"]);

  const command = [join(import.meta.dirname, "..", "..", "cli", "assay.ts"), "verify", file, "--trust", run.trust, "--model", model, "--json"];
  // A network namespace without any interface: whatever asks for a connection fails.
  const { status, stdout, stderr } = spawnSync(unshare, ["-rn", process.execPath, ...command], { encoding: "utf8" });
  t.is(status, 0, stdout + stderr);
  t.like(JSON.parse(stdout), { proven: true, signature: true, replayed: "equal", onChain: false, chain: { boot: 0, previous: 2 }, registration: { status: "current", simulator: true } });
  const { inclusion, checkpoint, time } = JSON.parse(stdout);
  t.is(checkpoint.size, inclusion.size);
  t.false(time.confirmed);
  t.true(time.after.block < time.before.block);
});

test("with the chain asked, anchor and both sides of the time bracket are confirmed", async (t) => {
  const run = await simulated(t);
  const chain = await startAnvil({ stateFile: join(run.data, "chain.json") });
  t.teardown(() => chain.close());
  const verified = await assay("verify", run.cose(4), "--trust", run.trust, "--rpc", chain.rpcUrl, "--json");
  t.is(verified.exitCode, 0, verified.stdout + verified.stderr);
  const { onChain, time } = JSON.parse(verified.stdout);
  t.true(onChain);
  t.true(time.confirmed);
  t.true(time.after.time <= time.before.time);
  t.true(time.before.time - time.after.time < 30, "the bracket is as narrow as beacons and anchors are frequent");
});

test("another input, another model and an output that was changed are disproven; what cannot be told has exit code 2", async (t) => {
  const run = await simulated(t);
  const verify = async (...parameters: string[]): Promise<[number | null, string | undefined]> => {
    const { exitCode, stdout } = await assay("verify", ...parameters, "--json");
    return [exitCode, stdout === "" ? undefined : JSON.parse(stdout).code];
  };
  const boot = ["--boot", run.cose(0)];
  const trusted = ["--trust", run.trust];
  t.deepEqual(await verify(run.cose(3), ...trusted, ...boot, "--replay", run.input(3), "--model", model), [0, undefined]);
  t.deepEqual(await verify(run.cose(3), ...trusted, ...boot, "--replay", run.input(4), "--model", model), [1, "INPUT_MISMATCH"]);
  t.deepEqual(await verify(run.cose(3), ...trusted, ...boot, "--replay", run.input(3), "--model", join(examples, "vibration", "model.tflite")), [1, "MODEL_MISMATCH"]);
  const edited = join(folder(), "edited.input");
  const revealed = parseRevealedInput(readFileSync(run.input(3)));
  writeFileSync(edited, encodeRevealedInput({ ...revealed, frontEnd: '["compress",[0]]' }));
  t.deepEqual(await verify(run.cose(3), ...trusted, ...boot, "--replay", edited, "--model", model), [1, "FRONT_END_MISMATCH"]);
  t.deepEqual(await verify(run.cose(3), ...trusted, "--previous", run.cose(1)), [1, "GAP"]);
  t.deepEqual(await verify(run.cose(3), ...trusted, "--previous", run.cose(2)), [0, undefined]);
  t.deepEqual(await verify(run.cose(3), ...trusted, "--boot", run.cose(2)), [1, "WRONG_BOOT"]);
  // Nothing said of the statement: no boot statement, no input, no trust roots, no chain.
  t.is((await verify(run.cose(3), ...trusted, "--replay", run.input(3), "--model", model))[0], 2);
  t.deepEqual(await verify(run.cose(3), ...trusted, ...boot, "--replay", model, "--model", model), [2, "BAD_INPUT_FILE"]);
  t.is((await verify(run.cose(3)))[0], 2);
  t.deepEqual(await verify(run.cose(3), ...trusted, "--rpc", "http://127.0.0.1:1"), [2, "RPC_FAILED"]);
});

test("the trust roots of a bundle count only for who says so, and a checkpoint of another tree is found", async (t) => {
  const run = await simulated(t);
  const [file, swapped] = [join(folder(), "2.bundle"), join(folder(), "swapped.bundle")];
  const make = (sequence: number, out: string) => assay("bundle", "--data", join(run.data, "gateway"), "--device", run.device, "--sequence", String(sequence), "--trust", run.trust, "--out", out);
  t.is((await make(2, file)).exitCode, 0);
  const unasked = await assay("verify", file);
  t.is(unasked.exitCode, 2);
  t.regex(unasked.stderr, /expected --trust FILE, or --trust-bundle/);
  const asked = await assay("verify", file, "--trust-bundle");
  t.is(asked.exitCode, 0);
  t.regex(asked.stderr, /nothing here shows that they are anybody's/);

  const last = join(folder(), "last.bundle");
  t.is((await make(5, last)).exitCode, 0);
  const [bundle, other] = [parseBundle(readFileSync(file)), parseBundle(readFileSync(last))];
  writeFileSync(swapped, encodeBundle({ ...bundle, checkpoint: other.checkpoint! }));
  const refused = await assay("verify", swapped, "--trust", run.trust, "--json");
  t.is(refused.exitCode, 1);
  t.is(JSON.parse(refused.stdout).code, "CHECKPOINT_MISMATCH");

  // With the proof that the older tree is what the newer one began with, the newer checkpoint is as good.
  const note = join(folder(), "checkpoint");
  writeFileSync(note, other.checkpoint!);
  t.is((await assay("bundle", "--data", join(run.data, "gateway"), "--device", run.device, "--sequence", "2", "--checkpoint", note, "--out", swapped)).exitCode, 0);
  const later = await assay("verify", swapped, "--trust", run.trust, "--json");
  t.is(later.exitCode, 0, later.stdout);
  t.true(JSON.parse(later.stdout).checkpoint.size > JSON.parse(later.stdout).inclusion.size);
  t.is((await assay("bundle", "--data", join(run.data, "gateway"), "--device", run.device, "--sequence", "9999", "--out", swapped)).exitCode, 1);
});
