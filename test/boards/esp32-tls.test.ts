import { once } from "node:events";
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from "node:net";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { promisify } from "node:util";
import test from "ava";
import { DeviceError } from "assay/esp32/device-error";
import { derOf } from "assay/esp32/pem";
import { TlsOrder } from "assay/esp32/tls-order";
import { testWithProgram } from "../requirements.ts";

const record = (type: number, ...body: number[]): Uint8Array => Uint8Array.of(type, 3, 3, body.length >> 8, body.length & 0xff, ...body);
const [CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, DATA] = [20, 21, 22, 23];

/** A self-signed certificate of localhost and its key, PEM. */
async function certificate(openssl: string): Promise<{ cert: string; key: string }> {
  const folder = mkdtempSync(join(tmpdir(), "assay-tls-"));
  try {
    const options = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"];
    await promisify(execFile)(openssl, options, { cwd: folder });
    return { cert: readFileSync(join(folder, "cert.pem"), "utf8"), key: readFileSync(join(folder, "key.pem"), "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

testWithProgram("openssl", "A real TLS 1.2 connection keeps the order of records, in whatever pieces it comes", async (t, openssl) => {
  const { cert, key } = await certificate(openssl);
  const server = createTlsServer({ cert, key, maxVersion: "TLSv1.2" }, (socket) => socket.on("data", (data) => socket.end(data)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const order = new TlsOrder();
  const failures: unknown[] = [];
  const watch = (pass: (bytes: Uint8Array) => void) => (chunk: Buffer) => {
    try {
      // One byte at a time is the hardest way to find where records begin.
      for (const byte of chunk) pass(Uint8Array.of(byte));
    } catch (error) {
      failures.push(error);
    }
  };
  const between = createServer((client: Socket) => {
    const upstream = connectTcp((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("data", watch((bytes) => order.sent(bytes))).on("error", () => upstream.destroy());
    upstream.on("data", watch((bytes) => order.received(bytes))).on("error", () => client.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  });
  between.listen(0, "127.0.0.1");
  await once(between, "listening");
  const client = connectTls({ port: (between.address() as AddressInfo).port, host: "127.0.0.1", servername: "localhost", ca: cert, maxVersion: "TLSv1.2" });
  t.false(order.established);
  await once(client, "secureConnect");
  client.write("hello");
  const [echo] = (await once(client, "data")) as [Buffer];
  t.is(echo.toString(), "hello");
  t.true(order.established);
  await once(client, "close");
  t.deepEqual(failures, []);
  between.close();
  server.close();
});

test("A plain close notify in the middle of a handshake is no end of it", (t) => {
  const order = new TlsOrder();
  order.sent(record(HANDSHAKE, 1));
  order.received(record(HANDSHAKE, 2));
  t.throws(() => order.received(record(ALERT, 1, 0)), { instanceOf: DeviceError, code: "TLS_ORDER" });
  t.false(order.established);
});

test("Nothing is sent, and nothing taken, as data before both sides encrypt", (t) => {
  const order = new TlsOrder();
  order.sent(record(HANDSHAKE, 1));
  t.throws(() => order.sent(record(DATA, 1)), { instanceOf: DeviceError, code: "TLS_ORDER" });
  t.throws(() => new TlsOrder().received(record(DATA, 1)), { instanceOf: DeviceError, code: "TLS_ORDER" });
  const half = new TlsOrder();
  half.sent(record(CHANGE_CIPHER_SPEC, 1));
  t.false(half.established);
  t.throws(() => half.received(record(DATA, 1)), { instanceOf: DeviceError, code: "TLS_ORDER" });
});

test("The peer's change of ciphers is only taken after this side's, and once (CVE-2014-0224)", (t) => {
  t.throws(() => new TlsOrder().received(record(CHANGE_CIPHER_SPEC, 1)), { instanceOf: DeviceError, code: "TLS_ORDER" });
  const order = new TlsOrder();
  order.sent(record(CHANGE_CIPHER_SPEC, 1));
  order.received(record(CHANGE_CIPHER_SPEC, 1));
  t.throws(() => order.received(record(CHANGE_CIPHER_SPEC, 1)), { instanceOf: DeviceError, code: "TLS_ORDER" });
});

testWithProgram("openssl", "PEM becomes the DER that it holds, and DER is taken as it is", async (t, openssl) => {
  const { cert, key } = await certificate(openssl);
  const der = Buffer.from(cert.replace(/-----.*-----|\n/g, ""), "base64");
  t.deepEqual(Buffer.from(derOf(cert, "tls.ca")[0]!), der);
  t.deepEqual(derOf(`text before\n${cert}${cert}`, "tls.ca").length, 2);
  t.deepEqual(Buffer.from(derOf(Uint8Array.from(Buffer.from(cert)).buffer, "tls.ca")[0]!), der);
  t.deepEqual(Buffer.from(derOf(Uint8Array.from(der).buffer, "tls.ca")[0]!), der);
  t.is(new Uint8Array(derOf(key, "tls.key")[0]!)[0], 0x30);
});

test("What is neither PEM nor DER is refused, and never shown", (t) => {
  const secret = "c2VjcmV0";
  for (const text of ["", "secret", `-----BEGIN KEY-----\n${secret}\n-----END OTHER-----`, `-----BEGIN KEY-----\n${secret}\n-----END KEY-----`, "-----BEGIN KEY-----\n*secret*\n-----END KEY-----", "-".repeat(20_000)]) {
    const error = t.throws(() => derOf(text, "tls.key"), { instanceOf: DeviceError, code: "BAD_PEM" });
    t.notRegex(error?.message ?? "", /secret|c2Vj/);
  }
  t.throws(() => derOf(new ArrayBuffer(0), "tls.key"), { instanceOf: DeviceError, code: "BAD_PEM" });
});
