import { createHash } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leafHash, nodeHash } from "assay/statement/merkle";
import { checkpointNoteTopic, parseTopic } from "assay/statement/topics";
import test from "ava";
import type { ExecutionContext } from "ava";
import { parseVerifierKey } from "../../client/note-key.ts";
import { verifyCheckpointNote } from "../../client/tlog-checkpoint.ts";
import { openCheckpointKey } from "../../gateway/checkpoint-key.ts";
import type { CheckpointKey } from "../../gateway/checkpoint-key.ts";
import { CheckpointNotes } from "../../gateway/checkpoint-note.ts";
import { serveLog } from "../../gateway/http.ts";
import { MerkleLog } from "../../gateway/log.ts";
import { SqliteStore } from "../../gateway/sqlite-store.ts";
import { formatTilePath, parseTilePath } from "../../gateway/tile-path.ts";
import { buildWorld, TestDevice, until } from "./world.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** MTH as RFC 9162 §2.1.1 defines it. */
function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)), sha256);
}

async function checkpointKey(t: ExecutionContext): Promise<CheckpointKey> {
  const folder = await mkdtemp(join(tmpdir(), "assay-http-"));
  t.teardown(() => rm(folder, { recursive: true }));
  return openCheckpointKey(join(folder, "checkpoint.key"), "gateway");
}

async function get(url: string): Promise<{ status: number; headers: Headers; body: Uint8Array }> {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, body: new Uint8Array(await response.arrayBuffer()) };
}

/** All entries of a log of `size`, read as a monitor reads them. */
async function fetchEntries(url: string, size: number): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  while (entries.length < size) {
    const width = Math.min(256, size - entries.length);
    const { status, body } = await get(url + formatTilePath({ level: "entries", index: entries.length / 256, width }));
    if (status !== 200) throw new Error(`status ${status}`);
    let at = 0;
    while (at < body.length) {
      const length = new DataView(body.buffer).getUint16(at);
      entries.push(body.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return entries;
}

/** A request whose path goes out as it is: `fetch` would tidy it up. */
function raw(url: string, path: string, method = "GET"): Promise<{ status: number; allow: string | undefined; caching: string | undefined; length: number }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const outgoing = request({ hostname, port, path, method }, (response) => {
      let length = 0;
      response.on("data", (chunk: Buffer) => (length += chunk.length));
      response.on("end", () => resolve({ status: response.statusCode as number, allow: response.headers.allow, caching: response.headers["cache-control"], length }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

test("tile paths have one form: indices in groups of three digits, x before all but the last (C2SP tlog-tiles)", (t) => {
  const paths = { "/tile/0/x001/x234/067": [0, 1_234_067, 256], "/tile/63/000": [63, 0, 256], "/tile/1/999.p/1": [1, 999, 1], "/tile/0/x001/000.p/255": [0, 1000, 255], "/tile/entries/005.p/12": ["entries", 5, 12] } as const;
  for (const [path, [level, index, width]] of Object.entries(paths)) {
    t.deepEqual(parseTilePath(path), { level, index, width });
    t.is(formatTilePath({ level, index, width }), path);
  }
  const wrong = ["", "/", "/tile", "/tile/0", "/tile/0/0", "/tile/0/00", "/tile/0/0000", "/tile/0/x000/001", "/tile/0/001/001", "/tile/0/x001", "/tile/00/000", "/tile/01/000", "/tile/64/000", "/tile/-1/000", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/000.p/01", "/tile/0/000.p/", "/tile/0/000.P/1", "/tile/0/000/", "/tile/0/000?x", "/tile/0/000#x", "//tile/0/000", "/tile/entries/", "/tile/0/%300", `/tile/0/${"x001/".repeat(50)}001`, "/tile/0/x999/x999/x999/x999/x999/999"];
  for (const path of wrong) t.is(parseTilePath(path), undefined, path);
});

test("a gateway serves its log: the note is its own, and entries and tiles lead to the root that the chain has", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("tiles");
  await world.register(device);
  const gateway = await world.gateway({ httpPort: 0 });
  const url = gateway.httpUrl as string;
  t.is((await get(`${url}/checkpoint`)).status, 404, "before the first anchor there is none");
  t.is((await get(`${url}/tile/0/000.p/1`)).status, 404);
  await world.listener.send(device, 12);
  await until("the statements", () => gateway.counters().stored === 12);
  await gateway.flush();
  await until("the checkpoint of all", async () => (await get(`${url}/checkpoint`)).body.length > 0 && (await gateway.status()).anchored?.size === 13);

  const { headers, body } = await get(`${url}/checkpoint`);
  t.is(headers.get("content-type"), "text/plain; charset=utf-8");
  t.is(headers.get("cache-control"), "no-store");
  const key = parseVerifierKey(gateway.verifierKey);
  t.is(key.name, `assay/${gateway.id}`);
  const checkpoint = verifyCheckpointNote(body, { log: key });
  t.is(checkpoint.size, 13);
  t.is(await world.rootAt(13), `0x${Buffer.from(checkpoint.root).toString("hex")}`);

  const entries = await fetchEntries(url, 13);
  t.deepEqual(entries.slice(1), device.statements.map((bytes) => new Uint8Array(bytes)));
  const tile = await get(`${url}/tile/0/000.p/13`);
  t.is(tile.headers.get("cache-control"), "public, max-age=31536000, immutable");
  t.is(tile.headers.get("content-type"), "application/octet-stream");
  t.deepEqual(Buffer.from(tile.body), Buffer.concat(entries.map((entry) => leafHash(entry, sha256))));
  t.deepEqual(treeHash(entries.map((entry) => leafHash(entry, sha256))), checkpoint.root);

  t.deepEqual(parseTopic(checkpointNoteTopic), { kind: "note" });
  await until("the note on its topic", () => world.listener.last.has(checkpointNoteTopic));
  await until("the newest note on its topic", () => Buffer.compare(world.listener.last.get(checkpointNoteTopic) as Uint8Array, body) === 0);
  const { mode } = await stat(join(world.folder, "checkpoint.key"));
  t.is(mode & 0o777, 0o600);

  // The same key and the same note after a restart, before anything is anchored again.
  await gateway.close();
  const second = await world.gateway({ httpPort: 0 });
  t.is(second.verifierKey, gateway.verifierKey);
  t.deepEqual((await get(`${second.httpUrl}/checkpoint`)).body, body);
});

test("tiles of a log with full ones rebuild its root, and nothing beyond the checkpoint is served", async (t) => {
  const store = new SqliteStore({ file: ":memory:" });
  t.teardown(() => store.close());
  const log = await MerkleLog.open(store, 0);
  const grow = async (count: number) => {
    const from = log.size;
    const entries = Array.from({ length: count }, (_, i) => ({ leaf: from + i, kind: "boot", issuer: "someone", bootCount: 1, sequence: from + i, bytes: new TextEncoder().encode(`entry ${from + i}`), receivedAt: 0 }) as const);
    const growth = log.prepare(entries.map(({ bytes }) => leafHash(bytes, sha256)));
    await store.commit({ entries, tiles: growth.tiles, heads: [], rejections: [] });
    log.commit(growth);
  };
  const notes = new CheckpointNotes(await checkpointKey(t));
  await grow(600);
  t.true(notes.renew(log.head));
  // The log goes on; what is published does not yet.
  await grow(300);
  const server = await serveLog({ host: "127.0.0.1", port: 0, store, log, notes, logger: quiet });
  t.teardown(() => server.close());
  const { url } = server;

  const hashes: Uint8Array[] = [];
  for (const path of ["/tile/0/000", "/tile/0/001", "/tile/0/002.p/88"]) {
    const { status, body } = await get(url + path);
    t.is(status, 200);
    for (let at = 0; at < body.length; at += 32) hashes.push(body.subarray(at, at + 32));
  }
  t.is(hashes.length, 600);
  t.deepEqual(treeHash(hashes), notes.newest?.root);
  const above = (await get(`${url}/tile/1/000.p/2`)).body;
  t.deepEqual(above.slice(0, 32), treeHash(hashes.slice(0, 256)));
  t.deepEqual(above.slice(32), treeHash(hashes.slice(256, 512)));
  t.deepEqual((await fetchEntries(url, 600)).map((entry) => leafHash(entry, sha256)), hashes.map((hash) => new Uint8Array(hash)));
  t.deepEqual((await get(`${url}/tile/0/001.p/3`)).body, new Uint8Array(Buffer.concat(hashes.slice(256, 259))), "older sizes' partial tiles stay");

  for (const path of ["/tile/0/002", "/tile/0/002.p/89", "/tile/0/003", "/tile/1/000", "/tile/1/000.p/3", "/tile/2/000.p/1", "/tile/7/000", "/tile/entries/002", "/tile/entries/002.p/89", "/tile/entries/x009/007/199", "/", "/checkpoint/", "/checkpoint?x=1", "/../checkpoint", "/tile/0/../0/000", "/favicon.ico"]) {
    const { status, caching } = await raw(url, path);
    t.is(status, 404, path);
    t.is(caching, "no-store", path);
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) t.deepEqual(await raw(url, "/checkpoint", method).then(({ status, allow }) => [status, allow]), [405, "GET, HEAD"]);
  t.deepEqual(await raw(url, "/tile/0/000", "HEAD").then(({ status, length }) => [status, length]), [200, 0]);

  await t.throwsAsync(serveLog({ host: "127.0.0.1", port: Number(new URL(url).port), store, log, notes, logger: quiet }), { code: "HTTP_FAILED" });
  await store.close();
  t.is((await raw(url, "/tile/entries/000")).status, 503, "a store that fails is no missing entry");
});

test("the newest note never goes back to a smaller head", async (t) => {
  const notes = new CheckpointNotes(await checkpointKey(t));
  const root = new Uint8Array(32).fill(7);
  t.true(notes.renew({ size: 9, root }));
  const { newest } = notes;
  t.false(notes.renew({ size: 9, root }));
  t.false(notes.renew({ size: 5, root }));
  t.is(notes.newest, newest);
  const line = { name: "witness", keyId: Uint8Array.of(1, 2, 3, 4), signature: new Uint8Array(72) };
  t.false(notes.addCosignatures(5, [line]), "for another note");
  t.true(notes.addCosignatures(9, [line]));
  t.true(notes.addCosignatures(9, [{ ...line, signature: new Uint8Array(72).fill(1) }]));
  t.is(notes.newest?.signatures.length, 2, "one of each witness");
  t.true(notes.renew({ size: 10, root }));
  t.is(notes.newest?.signatures.length, 1);
});
