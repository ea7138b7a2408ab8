/** The whole way over TLS: a device's app, the MQTT client and a real Mosquitto that wants TLS. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import mqtt from "mqtt";
import { buildApp, buildHost, type AppImage, type HostBinaries } from "../../runtime/build.ts";
import { makeAuthority, pem, type Certificate } from "../boards/certificates.ts";
import { programPath, testWithTls } from "../requirements.ts";
import { hostBinaries, startImage, temporaryFolder } from "../runtime/device.ts";

const root = join(import.meta.dirname, "..", "..");
const trace = { file: join(root, "examples", "machine-health", "data", "idle-quiet1.csv"), speed: 100, repeat: true };

/** Mosquitto with TLS behind a TCP port; `clientCa`: it wants certificates of that authority. */
async function startMosquitto(t: ExecutionContext, server: Certificate, clientCa?: string): Promise<number> {
  const folder = temporaryFolder(t);
  // A socket in the file system: a port that was free a moment ago may not be any more.
  const path = join(folder, "socket");
  const config = join(folder, "mosquitto.conf");
  const client = clientCa === undefined ? "" : `cafile ${clientCa}\nrequire_certificate true\n`;
  writeFileSync(config, `listener 0 ${path}\nallow_anonymous true\npersistence false\nlog_dest stderr\nuser ${userInfo().username}\ncertfile ${server.certificate}\nkeyfile ${server.key}\n${client}`);
  const broker = spawn(programPath("mosquitto")!, ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  t.teardown(() => broker.kill("SIGKILL"));
  let said = "";
  await new Promise<void>((resolve, reject) => {
    broker.stderr.on("data", (text: Buffer) => {
      said += text.toString();
      if (said.includes("running")) resolve();
    });
    broker.once("exit", () => reject(new Error(`mosquitto ended: ${said}`)));
  });
  const gate = createServer((socket) => {
    const inner = connect(path);
    socket.on("error", () => inner.destroy()).pipe(inner);
    inner.on("error", () => socket.destroy()).pipe(socket);
  });
  gate.listen(0, "127.0.0.1");
  await once(gate, "listening");
  t.teardown(() => gate.close());
  return (gate.address() as AddressInfo).port;
}

let image: Promise<AppImage> | undefined;

function machineHealth(host: HostBinaries): Promise<AppImage> {
  image ??= buildApp(join(root, "examples", "machine-health", "app.ts"), { host });
  return image;
}

for (const sanitize of [false, true]) {
  testWithTls(["mosquitto", "openssl"], `statements go through Mosquitto by TLS, with and without a client certificate${sanitize ? ", under the sanitizers" : ""}`, async (t) => {
    t.timeout(600_000);
    const host = await (sanitize ? buildHost({ sanitize }) : hostBinaries());
    const { file } = await machineHealth(host);
    const authority = makeAuthority(temporaryFolder(t), "authority");
    const server = authority.issue("server", { names: "DNS:localhost" });
    const client = authority.issue("client", { names: "DNS:device" });
    for (const credentials of [undefined, client]) {
      const port = await startMosquitto(t, server, credentials && authority.ca);
      const subscriber = await mqtt.connectAsync(`mqtts://localhost:${port}`, { ca: pem(authority.ca), ...(credentials === undefined ? {} : { cert: pem(credentials.certificate), key: pem(credentials.key) }) });
      t.teardown(() => subscriber.endAsync(true));
      await subscriber.subscribeAsync(["assay/v1/+/boot", "assay/v1/+/statement"], { qos: 1 });
      const topics: string[] = [];
      const enough = new Promise<void>((resolve) => {
        subscriber.on("message", (topic) => {
          topics.push(topic.split("/")[3]!);
          if (topics.length === 4) resolve();
        });
      });
      const device = await startImage(t, file, { host, config: { broker: { host: "localhost", port, tls: { ca: authority.ca, ...credentials } }, trace }, words: ["--slots", "8192", "--chunks", "32768"] });
      await Promise.race([enough, device.outcome.then((outcome) => Promise.reject(new Error(JSON.stringify(outcome))))]);
      t.deepEqual(topics.slice(0, 4), ["boot", "statement", "statement", "statement"]);
      device.process.kill("SIGTERM");
      const { status, stderr } = await device.outcome;
      t.deepEqual([status, stderr], [0, ""]);
    }
  });
}

testWithTls(["mosquitto", "openssl"], "a device says why it does not get through, goes on trying, and never prints its key or password", async (t) => {
  const { file } = await machineHealth(await hostBinaries());
  const folder = temporaryFolder(t);
  const [authority, other] = [makeAuthority(folder, "authority"), makeAuthority(folder, "other")];
  const server = authority.issue("server", { names: "DNS:elsewhere.test" });
  const client = authority.issue("client", { names: "DNS:device" });
  const port = await startMosquitto(t, server, authority.ca);
  for (const [ca, expected] of [[other.ca, "certificate of an authority that is trusted"], [authority.ca, "certificate for the server's name"]] as const) {
    const tls = { ca, certificate: pem(client.certificate), key: pem(client.key) };
    const device = await startImage(t, file, { config: { broker: { host: "localhost", port, user: "device", password: "hunter2", tls }, trace } });
    await device.line('{"event":"disconnected","reason":"TRANSPORT"}');
    device.process.kill("SIGTERM");
    const { status, stdout, stderr } = await device.outcome;
    t.is(status, 0);
    t.true(stderr.includes(expected), stderr);
    for (const secret of ["hunter2", ...pem(client.key).split("\n").slice(1, 3)]) t.false((stdout + stderr).includes(secret));
  }
});
