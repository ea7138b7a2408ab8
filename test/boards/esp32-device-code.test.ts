/** Device code on the Moddable SDK's own XS, preloaded and stripped as for an ESP32: see sdk-host/README.md. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import { Aedes } from "aedes";
import type { ExecutionContext } from "ava";
import { startDevice } from "../../host-sim/host-sim.ts";
import { buildApp, buildHost } from "../../runtime/build.ts";
import { programPath } from "../requirements.ts";
import { testWithModdable } from "./moddable.ts";

const root = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);

let built: Promise<string> | undefined;

/** Builds the program once. */
function program(sdk: string): Promise<string> {
  built ??= (async () => {
    const output = join(root, "build", "moddable", "sdk-host");
    mkdirSync(output, { recursive: true });
    const environment = {
      ...process.env,
      PATH: [join(sdk, "build", "bin", "lin", "release"), join(root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
      ASSAY_PACKAGES: join(root, "node_modules"),
      ASSAY_TABLES: join(root, "build", "secp256k1", "src"),
    };
    await run("mcconfig", ["-m", "-o", output, "-p", "x-cli-lin", join(import.meta.dirname, "sdk-host", "manifest.json")], { env: environment, maxBuffer: 2 ** 24 });
    const path = join(output, "bin", "lin", "release", "sdk-host");
    if (!existsSync(path)) throw new Error(`expected mcconfig to write ${path}`);
    return path;
  })();
  return built;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Runs the program to its end. @returns the lines that it prints */
async function lines(path: string, words: readonly string[]): Promise<string[]> {
  const child = spawn(path, words, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await once(child, "close");
  return text.split("\n").filter((line) => line !== "");
}

testWithModdable("An app boots, infers, signs, stores and sends with all its modules and the built-in objects in read-only memory", async (t, sdk) => {
  const path = await program(sdk);
  const broker = await Aedes.createBroker();
  const topics: string[] = [];
  broker.on("publish", ({ topic }, client) => {
    if (client !== null) topics.push(topic.replace(/^assay\/v1\/[^/]+\//, ""));
  });
  let connections = 0;
  const server = createServer((socket) => {
    broker.handle(socket);
    // The first connection breaks in the middle: the errors behind that are made of read-only classes, too.
    if (connections++ === 0) setTimeout(() => socket.destroy(), 800);
  });
  const port = await listen(server);
  const printed = await lines(path, ["app", String(port), join(root, "examples", "machine-health", "model.tflite")]);
  const events = printed.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as { event: string; reason?: string; selfCheck?: boolean });
  t.deepEqual(printed.filter((line) => !line.startsWith("{")), []);
  t.like(events[0], { event: "identity" });
  t.like(events[1], { event: "boot", selfCheck: true });
  t.true(events.filter(({ event }) => event === "statement").length >= 10);
  t.true(events.some(({ event, reason }) => event === "disconnected" && reason === "TRANSPORT"));
  t.true(connections >= 2);
  t.true(topics.includes("boot") && topics.filter((topic) => topic === "statement").length >= 10);
  server.close();
  broker.close();
});

testWithModdable("examples/vibration as it is, its modules in read-only memory, states what it states in the simulator", async (t, sdk) => {
  const folder = join(root, "examples", "vibration");
  const file = join(folder, "data", "loosening.csv");
  const path = await program(sdk);
  // Nobody listens there: statements stay in the outbox.
  const printed = await lines(path, ["vibration", "1", join(folder, "model.tflite"), file]);
  const [events, others] = [printed.filter((line) => line.startsWith("{")), printed.filter((line) => !line.startsWith("{"))];
  t.deepEqual(others.filter((line) => !line.startsWith("! expected a socket for 127.0.0.1:1")), []);
  const stated = events.map((line) => JSON.parse(line) as { event: string; label: string; score: number }).filter(({ event }) => event === "statement");

  const { device: host } = await buildHost();
  const { file: image } = await buildApp(join(folder, "app.ts"));
  const expected: { label: string; score: number }[] = [];
  const data = mkdtempSync(join(tmpdir(), "assay-vibration-"));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const ended = Promise.withResolvers<void>();
  const device = await startDevice({
    host,
    image,
    folder: data,
    broker: { host: "127.0.0.1", port: 1 },
    trace: { file, speed: 100, repeat: false },
    onEvent: (event) => {
      if (event.event === "statement") expected.push(event);
      if (event.event === "trace-end") ended.resolve();
    },
  });
  void device.ended.then(() => ended.resolve());
  await ended.promise;
  await device.cutPower();
  const results = (statements: readonly { label: string; score: number }[]): object[] => statements.map(({ label, score }) => ({ label, score }));
  t.deepEqual(results(stated), results(expected), device.diagnostics.join("\n"));
  t.is(stated[0]?.label, "balanced");
  t.is(stated.at(-1)?.label, "far-unbalanced");
});

/** An authority, a certificate of localhost by it, and another authority: PEM files. */
async function certificates(t: ExecutionContext): Promise<{ folder: string; key: string; chain: string; alone: string }> {
  const folder = mkdtempSync(join(tmpdir(), "assay-tls-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const openssl = (line: string): Promise<unknown> => run("openssl", line.split(" "), { cwd: folder });
  for (const name of ["ca", "other"]) await openssl(`req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.pem`);
  await openssl("req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout leaf.key -out leaf.csr");
  writeFileSync(join(folder, "extensions"), "subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n");
  await openssl("x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out leaf.pem");
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  return { folder, key: read("leaf.key"), chain: read("leaf.pem") + read("ca.pem"), alone: read("leaf.pem") };
}

testWithModdable("TLS: a broker whose certificate the private authority has signed is believed, others are not", async (t, sdk) => {
  if (programPath("openssl") === undefined) return t.fail("expected the program openssl");
  const path = await program(sdk);
  const { folder, key, chain, alone } = await certificates(t);
  const connect = async (cert: string, ca: string): Promise<{ printed: string[]; got: string }> => {
    let got = "";
    const server = createTlsServer({ cert, key, maxVersion: "TLSv1.2" }, (socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        got += data.toString();
        socket.write("hello");
      });
    });
    const port = await listen(server);
    const printed = await lines(path, ["tls", String(port), join(folder, ca)]);
    server.close();
    return { printed, got };
  };
  t.deepEqual(await connect(chain, "ca.pem"), { printed: ["answer hello"], got: "hi\n" });
  const stranger = await connect(chain, "other.pem");
  t.is(stranger.got, "");
  t.is(stranger.printed.at(-1), "failed");
  // What the README says of the chain.
  t.is((await connect(alone, "ca.pem")).got, "");
});

testWithModdable("TLS: a plain close notify in the middle of the handshake makes the device send nothing in the clear", async (t, sdk) => {
  const path = await program(sdk);
  const { folder } = await certificates(t);
  const records: number[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      records.push(data[0]!);
      // Alert, TLS 1.2, two bytes: warning, close notify.
      if (records.length === 1) socket.write(Uint8Array.of(21, 3, 3, 0, 2, 1, 0));
    });
  });
  const port = await listen(server);
  const printed = await lines(path, ["tls", String(port), join(folder, "ca.pem")]);
  server.close();
  t.deepEqual(records, [22]);
  t.deepEqual(printed, ["! TLS: DeviceError: expected the next record of a handshake, got one of type 21", "failed"]);
});
