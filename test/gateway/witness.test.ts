import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { verifyConsistency } from "assay/statement/merkle";
import { checkpointNoteTopic } from "assay/statement/topics";
import test from "ava";
import type { ExecutionContext } from "ava";
import { parseVerifierKey } from "../../client/note-key.ts";
import { verifyCheckpointNote } from "../../client/tlog-checkpoint.ts";
import type { VerifiedCheckpoint } from "../../client/tlog-checkpoint.ts";
import { buildWorld, TestDevice, until, WARN } from "./world.ts";
import type { World } from "./world.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * A witness as C2SP tlog-witness has it, on OpenSSL and with a parser of its own: it remembers the last checkpoint of one log, checks the log's
 * signature and the proof, and cosigns.
 */
class TestWitness {
  readonly name: string;
  readonly answers: Answer[] = [];
  size = 0;
  root = new Uint8Array();
  url = "";
  /** Takes the place of the answer, or of answering at all. */
  disturb: ((answer: Answer, response: ServerResponse) => Answer | undefined) | undefined;
  private readonly pair = generateKeyPairSync("ed25519");
  /** The log's key, once the test knows it. */
  logKey: Buffer | undefined;

  constructor(name: string) {
    this.name = name;
  }

  static async start(t: ExecutionContext, name: string): Promise<TestWitness> {
    const witness = new TestWitness(name);
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const honest = request.method === "POST" && request.url === "/w/add-checkpoint" ? witness.add(Buffer.concat(chunks).toString("utf8")) : { status: 404, body: "" };
        const answer = witness.disturb === undefined ? honest : witness.disturb(honest, response);
        if (answer === undefined) return;
        witness.answers.push(answer);
        response.writeHead(answer.status, { "content-type": answer.status === 409 ? "text/x.tlog.size" : "text/plain" }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    });
    witness.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/w`;
    return witness;
  }

  private get publicKey(): Buffer {
    return this.pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  }

  private get keyId(): Buffer {
    return createHash("sha256").update(`${this.name}\n\x04`).update(this.publicKey).digest().subarray(0, 4);
  }

  get vkey(): string {
    return `${this.name}+${this.keyId.toString("hex")}+${Buffer.concat([Buffer.of(4), this.publicKey]).toString("base64")}`;
  }

  private add(request: string): Answer {
    const [head = "", ...rest] = request.split("\n\n");
    const [oldLine = "", ...proof] = head.split("\n");
    const note = rest.join("\n\n");
    const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
    const [origin = "", size = "", root = ""] = text.split("\n");
    const old = Number(/^old (\d+)$/.exec(oldLine)?.[1] ?? Number.NaN);
    if (!origin.startsWith("assay/")) return { status: 404, body: "" };
    const signature = note.split("\n").find((line) => line.startsWith(`— ${origin} `));
    const bytes = Buffer.from(signature?.split(" ")[2] ?? "", "base64");
    if (this.logKey !== undefined) {
      const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: this.logKey.toString("base64url") }, format: "jwk" });
      if (!verify(null, Buffer.from(text), key, bytes.subarray(4))) return { status: 403, body: "" };
    }
    if (!(old <= Number(size))) return { status: 400, body: "" };
    if (old !== this.size) return { status: 409, body: `${this.size}\n` };
    const newRoot = new Uint8Array(Buffer.from(root, "base64"));
    const hashes = proof.map((line) => new Uint8Array(Buffer.from(line, "base64")));
    const consistent = old === 0 ? proof.length === 0 : verifyConsistency(old, Number(size), hashes, this.root, newRoot, sha256);
    if (!consistent) return { status: 422, body: "" };
    this.size = Number(size);
    this.root = newRoot;
    return { status: 200, body: this.cosign(text) };
  }

  cosign(text: string): string {
    const time = Math.floor(Date.now() / 1000);
    const clock = Buffer.alloc(8);
    clock.writeBigUInt64BE(BigInt(time));
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), this.pair.privateKey);
    return `— ${this.name} ${Buffer.concat([this.keyId, clock, signature]).toString("base64")}\n`;
  }
}

/** The note on its topic, verified, once it is of that size and has so many cosignatures. */
async function cosigned(world: World, vkey: string, witnesses: readonly TestWitness[], size: number, count: number): Promise<VerifiedCheckpoint> {
  const trust = { log: parseVerifierKey(vkey), witnesses: witnesses.map((witness) => parseVerifierKey(witness.vkey)) };
  let newest: VerifiedCheckpoint | undefined;
  await until(`a note of size ${size} with ${count} cosignatures`, () => {
    const bytes = world.listener.last.get(checkpointNoteTopic);
    newest = bytes === undefined ? undefined : verifyCheckpointNote(bytes, trust);
    return newest?.size === size && newest.cosignatures.length === count;
  });
  return newest as VerifiedCheckpoint;
}

test("each confirmed head is shown to the witnesses with a proof from the last one, and their cosignatures are in the note", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("cosigned");
  await world.register(device);
  const witnesses = [await TestWitness.start(t, "witness.example/one"), await TestWitness.start(t, "witness.example/two")];
  const gateway = await world.gateway({ httpPort: 0, witnesses });
  for (const witness of witnesses) witness.logKey = Buffer.from(parseVerifierKey(gateway.verifierKey).publicKey);
  for (const count of [3, 4, 6]) {
    await world.listener.send(device, count);
    const size = device.statements.length + 1;
    await until("the statements", () => gateway.counters().stored === device.statements.length);
    await gateway.flush();
    const checkpoint = await cosigned(world, gateway.verifierKey, witnesses, size, 2);
    t.is(`0x${Buffer.from(checkpoint.root).toString("hex")}`, await world.rootAt(size));
    const served = new Uint8Array(await (await fetch(`${gateway.httpUrl}/checkpoint`)).arrayBuffer());
    t.deepEqual(served, new Uint8Array(world.listener.last.get(checkpointNoteTopic) as Uint8Array));
  }
  for (const witness of witnesses) {
    t.is(witness.size, 14);
    t.true(witness.answers.every(({ status }) => status === 200), JSON.stringify(witness.answers));
  }

  // A gateway that starts again does not know what the witnesses have: they say so, and are given the right proof.
  await gateway.close();
  const second = await world.gateway({ witnesses });
  await world.listener.send(device, 5);
  await until("the statements", () => second.counters().stored === 5);
  await second.flush();
  await cosigned(world, second.verifierKey, witnesses, 19, 2);
  for (const witness of witnesses) {
    t.is(witness.size, 19);
    t.true(witness.answers.some(({ status, body }) => status === 409 && body === "14\n"));
  }
  t.false(world.lines.some(({ code }) => code === "WITNESS_FAILED"));
});

test("witnesses that are away, silent or wrong hold up nothing, and nothing of theirs comes into the note", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("alone");
  await world.register(device);
  const honest = await TestWitness.start(t, "witness.example/honest");
  const elsewhere = await TestWitness.start(t, "witness.example/elsewhere");
  const disturbances: Record<string, TestWitness["disturb"]> = {
    silent: () => undefined,
    "breaks-off": (_answer, response) => void response.socket?.destroy(),
    refuses: () => ({ status: 403, body: "" }),
    "sends-away": (_answer, response) => void response.writeHead(302, { location: elsewhere.url }).end(),
    "signs-other": (answer) => ({ ...answer, body: elsewhere.cosign("assay/another\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n") }),
    "signs-nothing": () => ({ status: 200, body: "" }),
    "says-much": () => ({ status: 200, body: "— x AAAAAAAA\n".repeat(10_000) }),
    "is-ahead": () => ({ status: 409, body: "1000000\n" }),
    "counts-oddly": () => ({ status: 409, body: "1e1\n" }),
    "never-agrees": () => ({ status: 409, body: "1\n" }),
  };
  const wrong = await Promise.all(
    Object.entries(disturbances).map(async ([name, disturb]) => {
      const witness = await TestWitness.start(t, `witness.example/${name}`);
      witness.disturb = disturb;
      return witness;
    }),
  );
  // One that signs something else under its own key, and one whose port nobody listens on.
  const forger = await TestWitness.start(t, "witness.example/forger");
  forger.disturb = (answer) => ({ ...answer, body: forger.cosign("something else\n") });
  const away = { url: "http://127.0.0.1:9", vkey: elsewhere.vkey };
  const gateway = await world.gateway({ witnesses: [away, ...wrong, forger, honest], connectTimeoutMs: 1_000 });
  await world.listener.send(device, 4);
  await until("the statements", () => gateway.counters().stored === 4);
  await gateway.flush();
  const checkpoint = await cosigned(world, gateway.verifierKey, [honest, ...wrong, forger, elsewhere], 5, 1);
  t.is(checkpoint.cosignatures[0]?.witness.name, "witness.example/honest");

  await world.listener.send(device, 3);
  await until("the statements", () => gateway.counters().stored === 7);
  await gateway.flush();
  await cosigned(world, gateway.verifierKey, [honest], 8, 1);
  await until("a warning about each of them", () => {
    const reasons = world.lines.filter(({ level, code }) => level === WARN && code === "WITNESS_FAILED").map(({ reason }) => String(reason));
    return [away, ...wrong, forger].every(({ url }) => reasons.some((reason) => reason.includes(url)));
  });

  // One that comes to its senses is taken in.
  forger.disturb = undefined;
  await cosigned(world, gateway.verifierKey, [honest, forger], 8, 2);
});

test("a witness needs an address and a verifier key for cosignatures", async (t) => {
  const world = await buildWorld(t);
  const witness = new TestWitness("witness.example/w");
  const log = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  await t.throwsAsync(world.gateway({ witnesses: [{ url: "ftp://witness", vkey: witness.vkey }] }), { code: "OPTION_INVALID", message: /http/ });
  await t.throwsAsync(world.gateway({ witnesses: [{ url: "http://witness", vkey: "witness" }] }), { code: "OPTION_INVALID", message: /verifier key/ });
  await t.throwsAsync(world.gateway({ witnesses: [{ url: "http://witness", vkey: log }] }), { code: "OPTION_INVALID", message: /type 04/ });
  await t.throwsAsync(world.gateway({ httpPort: 65_536 }), { code: "OPTION_INVALID", message: /httpPort/ });
});
