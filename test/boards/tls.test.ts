/** `assay/board/tls` on Linux against OpenSSL (Node's), byte for byte and fault for fault. */
import { chmodSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { createServer, type TlsOptions, type TLSSocket } from "node:tls";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { buildHost, type HostBinaries } from "../../runtime/build.ts";
import { testWithTls } from "../requirements.ts";
import { runScript, temporaryFolder, type Outcome } from "../runtime/device.ts";
import { makeAuthority, pem, type Authority, type Certificate } from "./certificates.ts";

// A device that waits for what never comes is a failure, not the end of the run.
test.beforeEach((t) => t.timeout(120_000));

async function listen(t: ExecutionContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A TLS server that echoes, unless told otherwise. */
function serve(t: ExecutionContext, { certificate, key }: Certificate, options: TlsOptions = {}, onSocket: (socket: TLSSocket) => void = (socket) => void socket.pipe(socket)): Promise<number> {
  const server = createServer({ cert: pem(certificate), key: pem(key), ...options }, (socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.on("tlsClientError", () => {});
  return listen(t, server);
}

const PRELUDE = `import TLS from "assay/board/tls";
import Timer from "timer";
import config from "mc/config";
const port = config["port"] as number;
const tls = config["tls"] as { ca: string };
const text = (buffer: ArrayBuffer | undefined): string => String.fromCharCode(...new Uint8Array(buffer ?? new ArrayBuffer(0)));
const bytes = (s: string): Uint8Array => Uint8Array.from([...s].map((c) => c.charCodeAt(0)));
`;

/** One connection: prints what the server echoes, or the code and message of its end. */
const HELLO = `let isSent = false;
new TLS({ host: config["host"] as string, port, tls, onWritable() { if (!isSent) { isSent = true; this.write(bytes("hello")); } }, onReadable() { console.log(text(this.read())); this.close(); },
  onError(error) { console.log(error.code, error.message); } });`;

interface Attempt {
  readonly port: number;
  readonly tls: object;
  readonly host?: string;
  readonly body?: string;
  readonly words?: readonly string[];
  readonly binaries?: HostBinaries;
}

function attempt(t: ExecutionContext, { port, tls, host = "localhost", body = HELLO, words = [], binaries }: Attempt): Promise<Outcome> {
  return runScript(t, PRELUDE + body, { config: { port, host, tls }, words, ...(binaries === undefined ? {} : { host: binaries }) });
}

interface World {
  readonly authority: Authority;
  readonly other: Authority;
  readonly good: Certificate;
}

function world(t: ExecutionContext): World {
  const folder = temporaryFolder(t);
  const authority = makeAuthority(folder, "authority");
  return { authority, other: makeAuthority(folder, "other"), good: authority.issue("good", { names: "DNS:localhost,DNS:*.example.test,IP:127.0.0.1" }) };
}

testWithTls(["openssl"], "a device talks to a server whose certificate is in order, by name and by address, with the authority as a path, as text and as bytes", async (t) => {
  const { authority, good } = world(t);
  const port = await serve(t, good);
  for (const host of ["localhost", "127.0.0.1"]) t.like(await attempt(t, { port, host, tls: { ca: authority.ca } }), { status: 0, stdout: "hello", stderr: "" }, host);
  t.like(await attempt(t, { port, tls: { ca: pem(authority.ca) } }), { status: 0, stdout: "hello" });
  t.like(await attempt(t, { port, tls: { ca: authority.ca, serverName: "device-7.example.test" } }), { status: 0, stdout: "hello" });
  const body = HELLO.replace("tls,", "tls: { ca: bytes(tls.ca).buffer as ArrayBuffer },");
  t.like(await attempt(t, { port, tls: { ca: pem(authority.ca) }, body }), { status: 0, stdout: "hello" });
});

testWithTls(["openssl"], "every fault of the server's certificate has its code, and the server gets nothing from the app", async (t) => {
  const { authority, other, good } = world(t);
  const wrongName = authority.issue("wrong", { names: "DNS:elsewhere.test,IP:127.0.0.2" });
  const cases: [code: string, server: Certificate, trusted: string, host: string][] = [
    ["TLS_UNTRUSTED", other.issue("good", { names: "DNS:localhost" }), authority.ca, "localhost"],
    ["TLS_EXPIRED", authority.issue("expired", { names: "DNS:localhost", days: [-20, -1] }), authority.ca, "localhost"],
    ["TLS_NOT_YET_VALID", authority.issue("future", { names: "DNS:localhost", days: [2, 20] }), authority.ca, "localhost"],
    ["TLS_NAME", wrongName, authority.ca, "localhost"],
    ["TLS_NAME", wrongName, authority.ca, "127.0.0.1"],
    ["TLS_NAME", authority.issue("no-address", { names: "DNS:127.0.0.1" }), authority.ca, "127.0.0.1"],
    ["TLS_CERTIFICATE", authority.issue("weak", { names: "DNS:localhost", rsaBits: 1024 }), authority.ca, "localhost"],
    ["TLS_UNTRUSTED", good, other.ca, "localhost"],
  ];
  for (const [code, certificate, ca, host] of cases) {
    let received = 0;
    const port = await serve(t, certificate, { ciphers: "DEFAULT@SECLEVEL=0" }, (socket) => socket.on("data", (data: Buffer) => (received += data.length)));
    const { status, stdout, stderr } = await attempt(t, { port, host, tls: { ca } });
    t.deepEqual([status, stderr, received], [0, "", 0], code);
    t.regex(stdout, new RegExp(`^${code} TLS: expected .*, got .*$`), certificate.certificate);
  }
  // Nobody that the system trusts has signed it either.
  t.regex((await attempt(t, { port: await serve(t, good), tls: {} })).stdout, /^(TLS_UNTRUSTED|ENOENT) /);
});

testWithTls(["openssl"], "a server that has only TLS 1.1, one that speaks no TLS, and one that is not there", async (t) => {
  const { authority, good } = world(t);
  const tls = { ca: authority.ca };
  const old = await serve(t, good, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
  t.regex((await attempt(t, { port: old, tls })).stdout, /^TLS_VERSION TLS: expected /);
  // A ServerHello that picks 1.1 although 1.2 was offered.
  const downgrade = await listen(t, createTcpServer((socket) => socket.on("error", () => {}).once("data", () => socket.write(Buffer.concat([Buffer.from("160302002a020000260302", "hex"), Buffer.alloc(32, 7), Buffer.from("00002f00", "hex")])))));
  t.regex((await attempt(t, { port: downgrade, tls })).stdout, /^TLS_(VERSION|PROTOCOL) TLS: expected /);
  const plain = await listen(t, createTcpServer((socket) => socket.on("error", () => {}).write("220 this is no TLS\r\n")));
  t.regex((await attempt(t, { port: plain, tls })).stdout, /^TLS_PROTOCOL TLS: expected /);
  const silent = createTcpServer((socket) => socket.on("error", () => {}).resume().end());
  const port = await listen(t, silent);
  t.is((await attempt(t, { port, tls })).stdout, `TLS_CONNECTION TLS: expected a connection to localhost:${port}, got an error or its end`);
  await new Promise((resolve) => silent.close(resolve));
  t.is((await attempt(t, { port, tls })).stdout, `TLS_CONNECTION TLS: expected a connection to localhost:${port}, got an error or its end`);
});

testWithTls(["openssl"], "a server that has only suites without forward secrecy, or without authenticated encryption, is refused", async (t) => {
  const { authority } = world(t);
  const rsa = authority.issue("rsa", { names: "DNS:localhost", rsaBits: 2048 });
  for (const ciphers of ["AES128-GCM-SHA256", "ECDHE-RSA-AES256-SHA384"]) t.regex((await attempt(t, { port: await serve(t, rsa, { ciphers, maxVersion: "TLSv1.2" }), tls: { ca: authority.ca } })).stdout, /^TLS_VERSION /, ciphers);
});

testWithTls(["openssl"], "a server that wants to know the client gets its certificate; without one, or with a stranger's, it refuses", async (t) => {
  const { authority, other, good } = world(t);
  const client = authority.issue("client", { names: "DNS:device" });
  const stranger = other.issue("client", { names: "DNS:device" });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const port = await serve(t, good, { ca: pem(authority.ca), requestCert: true, rejectUnauthorized: true, maxVersion });
    const ca = authority.ca;
    t.is((await attempt(t, { port, tls: { ca, ...client } })).stdout, "hello");
    t.is((await attempt(t, { port, tls: { ca, certificate: pem(client.certificate), key: pem(client.key) } })).stdout, "hello");
    t.regex((await attempt(t, { port, tls: { ca } })).stdout, /^(TLS_REFUSED|TLS_CONNECTION|TLS_CLOSED) /);
    t.regex((await attempt(t, { port, tls: { ca, ...stranger } })).stdout, /^(TLS_REFUSED|TLS_CONNECTION|TLS_CLOSED) /);
  }
});

testWithTls(["openssl"], "credentials that are none are refused by the constructor, and no message has a byte of a key", async (t) => {
  const { authority, good } = world(t);
  const client = authority.issue("client", { names: "DNS:device" });
  const stray = authority.issue("stray", { names: "DNS:device" });
  const ca = authority.ca;
  const folder = temporaryFolder(t);
  const open = join(folder, "open.key");
  writeFileSync(open, pem(client.key));
  chmodSync(open, 0o644);
  const secret = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIDontPrintThis\n-----END EC PRIVATE KEY-----\n";
  const body = `const attempts = config["tls"] as object[];
    for (const tls of attempts) try { new TLS({ host: "localhost", port, tls: tls as {} }); console.log("open"); } catch (error) { console.log((error as Error & { code?: string }).code ?? (error as Error).name, (error as Error).message); }`;
  const tls = [{ ca: "/no/such/file" }, { ca: "" }, { ca: "ca.pem" }, { ca: pem(client.key) }, { ca: "/" }, { ca, certificate: client.certificate }, { ca, key: client.key }, { ca, certificate: client.certificate, key: open }, { ca, certificate: client.certificate, key: stray.key },
    { ca, certificate: client.certificate, key: secret }, { ca, certificate: client.certificate, key: secret.slice(20) }, { ca: 5 }, { ca: `/${"x".repeat(2000)}` }];
  const { status, stdout, stderr } = await attempt(t, { port: await serve(t, good), tls, body });
  t.deepEqual([status, stderr], [0, ""]);
  t.deepEqual(stdout.split("\n").map((line) => line.split(" ")[0]), ["ENOENT", "TLS_OPTION", "TLS_OPTION", "TLS_OPTION", "EINVAL", "TypeError", "TypeError", "EPERM", "TLS_OPTION", "TLS_OPTION", "TLS_OPTION", "TypeError", "TLS_OPTION"]);
  t.notRegex(stdout, /PrintThis|MHcC/);
  t.regex(stdout, /\nEPERM TLS key .*open\.key: expected no access for others/);
});

const MEGABYTE = `const SIZE = 1 << 20;
  let sent = 0, received = 0, isRight = true;
  const pattern = (i: number): number => (i * 31 + (i >> 8)) & 255;
  new TLS({ address: "127.0.0.1", port, tls,
    onWritable(room) {
      const part = new Uint8Array(Math.min(room, SIZE - sent));
      if (part.length === 0) return;
      for (let i = 0; i < part.length; i++) part[i] = pattern(sent + i);
      this.write(part);
      sent += part.length;
    },
    onReadable(count) {
      // Not all of what is announced, at times: the rest is announced again.
      const part = new Uint8Array(this.read(received % 3 === 0 ? count : Math.ceil(count / 2))!);
      for (let i = 0; i < part.length; i++) if (part[i] !== pattern(received + i)) isRight = false;
      received += part.length;
      if (received === SIZE) { console.log(isRight, sent); this.close(); }
    },
    onError(error) { console.log(error.code); } });`;

testWithTls(["openssl"], "a megabyte goes both ways through a small heap, whole and in order, with every kind of cipher suite", async (t) => {
  const { authority, good } = world(t);
  const rsa = authority.issue("rsa", { names: "IP:127.0.0.1", rsaBits: 2048 });
  for (const [certificate, ciphers] of [[good, "ECDHE-ECDSA-AES128-GCM-SHA256"], [good, "ECDHE-ECDSA-CHACHA20-POLY1305"], [rsa, "ECDHE-RSA-AES256-GCM-SHA384"]] as const) {
    const port = await serve(t, certificate, { ciphers });
    const { status, stdout, stderr } = await attempt(t, { port, tls: { ca: authority.ca }, body: MEGABYTE, words: ["--slots", "2500", "--chunks", "60000"] });
    t.deepEqual([status, stderr, stdout], [0, "", "true 1048576"], ciphers);
  }
});

testWithTls(["openssl"], "an app that does not read holds the server back; what came before the end is read first; a goodbye differs from a cut", async (t) => {
  const { authority, good } = world(t);
  const SIZE = 6_000_000;
  let written = 0;
  let heldBackAt = 0;
  const port = await serve(t, good, {}, (socket) => {
    const part = Buffer.alloc(60_000, 7);
    const fill = (): void => {
      while (written < SIZE) {
        written += part.length;
        if (!socket.write(part)) return void socket.once("drain", fill);
      }
      socket.end();
    };
    fill();
    socket.once("data", () => (heldBackAt = written));
  });
  const body = `let isReading = false, total = 0, calls = 0;
    const socket = new TLS({ host: "localhost", port, tls, onWritable() {}, onReadable() { if (calls++ === 0) Timer.set(goOn, 300); if (isReading) total += this.read()!.byteLength; }, onError(error) { console.log(total, error.code, this.read(), calls > 1);
      try { this.write(bytes("x")); } catch (error) { console.log((error as Error & { code: string }).code); }
      this.close(); this.close(); try { this.read(); } catch (error) { console.log((error as Error).message); } } });
    const goOn = (): void => { console.log(calls); socket.write(bytes("go on")); isReading = true; total += socket.read()!.byteLength; };`;
  const { stdout } = await attempt(t, { port, tls: { ca: authority.ca }, body });
  t.deepEqual(stdout.split("\n"), ["1", `${SIZE} TLS_CLOSED undefined true`, "ENOTCONN", "TLS read: expected an open socket, got a closed one"]);
  t.true(heldBackAt > 0 && heldBackAt < SIZE, `${heldBackAt}`);

  const cut = await serve(t, good, {}, (socket) => {
    socket.write("abc", () => socket.destroy());
  });
  const read = `new TLS({ host: "localhost", port, tls, onReadable() { console.log(text(this.read())); }, onError(error) { console.log(error.code); } });`;
  t.regex((await attempt(t, { port: cut, tls: { ca: authority.ca }, body: read })).stdout, /^abc\nTLS_(CONNECTION|CLOSED)$/);
});

testWithTls(["openssl"], "a socket may be closed in any of its callbacks; too much at once, or too early, is an error with a code", async (t) => {
  const { authority, good } = world(t);
  const port = await serve(t, good, {}, (socket) => socket.end("abc"));
  const body = `let round = 0;
    const open = (): void => {
      if (++round > 12) return console.log("done");
      // A server that ends at once may have ended before there is anything to write.
      const next = function (this: TLS): void { this.close(); open(); };
      const nothing = (): void => {};
      new TLS({ host: "localhost", port, tls, onWritable: round % 3 === 0 ? next : nothing, onReadable: round % 3 === 1 ? next : function () { this.read(); }, onError: round % 3 === 1 ? nothing : next });
    };
    const first = new TLS({ host: "localhost", port: Number(config["host"]), tls, onWritable(room) { try { this.write(new Uint8Array(room + 1)); } catch (error) { console.log((error as Error & { code: string }).code, room); } this.close(); open(); } });
    try { first.write(bytes("early")); } catch (error) { console.log((error as Error & { code: string }).code); }
    for (const options of [{ port, tls }, { host: "localhost", port: 0, tls }, { host: "localhost", port, tls, onError: 5 }]) try { new TLS(options as never); } catch (error) { console.log((error as Error).message); }`;
  const echo = await serve(t, good);
  const { status, stdout } = await attempt(t, { port, host: `${echo}`, tls: { ca: authority.ca }, body });
  t.deepEqual([status, stdout.split("\n")], [0, ["ENOTCONN", "TLS: expected an address, a host or a serverName, got ", "TCP: expected a port from 1 to 65535, got 0", "TLS: expected functions as callbacks, got another value", "ENOBUFS 8064", "done"]]);
});

testWithTls(["openssl"], "AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer find nothing in TLS, whatever the server sends", async (t) => {
  t.timeout(600_000);
  const binaries = await buildHost({ sanitize: true });
  const { authority, good } = world(t);
  const client = authority.issue("client", { names: "DNS:device" });
  const port = await serve(t, good, { ca: pem(authority.ca), requestCert: true, rejectUnauthorized: true });
  const tls = { ca: authority.ca, ...client };
  t.like(await attempt(t, { port, tls, body: MEGABYTE, binaries }), { status: 0, stderr: "", stdout: "true 1048576" });
  t.like(await attempt(t, { port, host: "127.0.0.1", tls, binaries }), { status: 0, stderr: "", stdout: "hello" });
  const refused = authority.issue("wrong", { names: "DNS:elsewhere" });
  const { stdout, stderr } = await attempt(t, { port: await serve(t, refused), tls, binaries });
  t.regex(stdout, /^TLS_NAME /);
  t.is(stderr, "");
  // A server's real handshake with bytes of it changed, by a proxy between the two.
  const upstream = await serve(t, good);
  let round = 0;
  const { connect } = await import("node:net");
  const proxy = await listen(
    t,
    createTcpServer((socket) => {
      const server = connect(upstream, "127.0.0.1");
      const seed = round++;
      let at = 0;
      socket.on("error", () => server.destroy()).pipe(server);
      server.on("error", () => socket.destroy()).on("end", () => socket.end());
      server.on("data", (data: Buffer) => {
        for (let i = 0; i < data.length; i++, at++) if ((at * 2654435761 + seed * 40503) % 997 < 3) data[i]! ^= 1 + ((seed + at) % 255);
        socket.write(data);
      });
    }),
  );
  const many = `let left = 40; const next = (): void => { if (left-- === 0) return console.log("done");
    new TLS({ host: "localhost", port, tls, onWritable() { this.write(bytes("hello")); }, onReadable() { this.read(); this.close(); next(); }, onError() { this.close(); next(); } }); }; next();`;
  t.like(await attempt(t, { port: proxy, tls: { ca: authority.ca }, body: many, binaries }), { status: 0, stderr: "", stdout: "done" });
});
