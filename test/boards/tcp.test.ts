import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import test, { type ExecutionContext } from "ava";
import { runScript, type Outcome } from "../runtime/device.ts";

async function listen(t: ExecutionContext, onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

const run = (t: ExecutionContext, port: number, body: string, words: readonly string[] = []): Promise<Outcome> =>
  runScript(t, `import TCP from "embedded:io/socket/tcp";\nimport Timer from "timer";\nimport config from "mc/config";\nconst port = config["port"] as number;\nconst text = (buffer: ArrayBuffer | undefined): string => String.fromCharCode(...new Uint8Array(buffer ?? new ArrayBuffer(0)));\nconst bytes = (s: string): Uint8Array => Uint8Array.from([...s].map((c) => c.charCodeAt(0)));\n${body}`, { config: { port }, words });

test("a device talks to a server by address and by name", async (t) => {
  const { port } = await listen(t, (socket) => socket.pipe(socket));
  for (const target of [`address: "127.0.0.1"`, `host: "localhost"`, `host: "127.0.0.1", nodelay: true, format: "buffer"`]) {
    const { stdout, status } = await run(
      t,
      port,
      `let isSent = false;
      new TCP({ ${target}, port,
        onWritable(room) { if (!isSent) { isSent = true; console.log(room > 0); this.write(bytes("hello")); } },
        onReadable(count) { console.log(count, text(this.read(count))); console.log(this.read()); this.close(); },
        onError() { console.log("error"); } });`,
    );
    t.deepEqual([status, stdout], [0, "true\n5 hello\nundefined"], target);
  }
});

test("a refused connection, and a name that nobody has, are told by onError", async (t) => {
  const { server, port } = await listen(t, () => {});
  await new Promise((resolve) => server.close(resolve));
  const { stdout, status } = await run(
    t,
    port,
    `const socket = new TCP({ address: "127.0.0.1", port, onError() { console.log("refused", this === socket); this.close(); }, onWritable() { console.log("connected"); } });
    new TCP({ host: "no-such-host.invalid", port, onError() { console.log("no name"); } });
    console.log("started");`,
  );
  t.is(status, 0);
  t.deepEqual(stdout.split("\n").sort(), ["no name", "refused true", "started"]);
  t.is(stdout.split("\n")[0], "started");
});

test("what a peer sent before it closed is read first, then onError tells that it closed", async (t) => {
  const { port } = await listen(t, (socket) => socket.end("x".repeat(10_000)));
  const { stdout } = await run(
    t,
    port,
    `let total = 0;
    const socket = new TCP({ address: "127.0.0.1", port, onReadable(count) { total += this.read(count)!.byteLength; }, onError() {
      console.log(total, socket.read());
      try { socket.write(bytes("x")); } catch (error) { console.log((error as Error & { code: string }).code); }
      socket.close(); socket.close();
      try { socket.read(); } catch (error) { console.log((error as Error).message); }
    } });`,
  );
  t.deepEqual(stdout.split("\n"), ["10000 undefined", "ENOTCONN", "TCP read: expected an open socket, got a closed one"]);
});

test("a peer that breaks the connection is an error, not the end of the device", async (t) => {
  const { port } = await listen(t, (socket) => socket.once("data", () => socket.resetAndDestroy()));
  const { stdout, status } = await run(
    t,
    port,
    `const socket = new TCP({ address: "127.0.0.1", port, onWritable() { this.write(bytes("x")); }, onError() { console.log("broken"); } });`,
  );
  t.deepEqual([status, stdout], [0, "broken"]);
});

test("a megabyte goes both ways through a small heap, whole and in order", async (t) => {
  const { port } = await listen(t, (socket) => socket.pipe(socket));
  const { stdout, status, stderr } = await run(
    t,
    port,
    `const SIZE = 1 << 20;
    let sent = 0, received = 0, isRight = true, mostRead = 0, mostRoom = 0;
    const pattern = (i: number): number => (i * 31 + (i >> 8)) & 255;
    new TCP({ address: "127.0.0.1", port,
      onWritable(room) {
        mostRoom = Math.max(mostRoom, room);
        const part = new Uint8Array(Math.min(room, SIZE - sent));
        if (part.length === 0) return;
        for (let i = 0; i < part.length; i++) part[i] = pattern(sent + i);
        this.write(part);
        sent += part.length;
      },
      onReadable(count) {
        mostRead = Math.max(mostRead, count);
        const part = new Uint8Array(this.read(count)!);
        for (let i = 0; i < part.length; i++) if (part[i] !== pattern(received + i)) isRight = false;
        received += part.length;
        if (received === SIZE) { console.log(isRight, sent, mostRead <= 4096, mostRoom); this.close(); }
      },
      onError() { console.log("error"); } });`,
    ["--slots", "2000", "--chunks", "60000"],
  );
  t.deepEqual([status, stderr, stdout], [0, "", "true 1048576 true 8192"]);
});

test("an app that does not read holds the peer back, and loses nothing when it goes on", async (t) => {
  const SIZE = 12_000_000;
  let written = 0;
  let heldBackAt = 0;
  let connections = 0;
  const { port } = await listen(t, (socket) => {
    // The second connection tells the app to read, as soon as the first one is stuck.
    if (++connections === 2) return void stuck().then(() => socket.end("r"));
    const part = Buffer.alloc(60_000, 7);
    const fill = (): void => {
      while (written < SIZE) {
        written += part.length;
        if (!socket.write(part)) return void socket.once("drain", fill);
      }
      socket.end();
    };
    fill();
  });
  const stuck = async (): Promise<void> => {
    do {
      heldBackAt = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } while (written !== heldBackAt);
  };
  const { stdout } = await run(
    t,
    port,
    `let isReading = false, total = 0, calls = 0;
    const socket = new TCP({ address: "127.0.0.1", port, onReadable() { calls++; if (isReading) total += this.read()!.byteLength; }, onError() { console.log(total); } });
    new TCP({ address: "127.0.0.1", port, onReadable() { this.read(); this.close(); console.log(calls); isReading = true; total += socket.read()!.byteLength; }, onError() {} });`,
  );
  t.deepEqual(stdout.split("\n"), ["1", `${SIZE}`]);
  t.true(heldBackAt < SIZE, `${heldBackAt}`);
});

test("a socket may be closed in any of its callbacks, and its place taken by another", async (t) => {
  const { port } = await listen(t, (socket) => socket.end("abc"));
  const { stdout, status } = await run(
    t,
    port,
    `let round = 0;
    const open = (): void => {
      if (++round > 40) return console.log("done");
      const next = function (this: TCP): void { this.close(); open(); };
      const nothing = (): void => {};
      new TCP({ address: "127.0.0.1", port, onWritable: round % 3 === 0 ? next : nothing, onReadable: round % 3 === 1 ? next : function () { this.read(); }, onError: round % 3 === 2 ? next : nothing });
    };
    open();`,
  );
  t.deepEqual([status, stdout], [0, "done"]);
});

test("more than 8 sockets at a time, or more bytes than announced, are errors with a code", async (t) => {
  const { port } = await listen(t, (socket) => socket.resume());
  const { stdout } = await run(
    t,
    port,
    `const all: TCP[] = [];
    try { for (;;) all.push(new TCP({ address: "127.0.0.1", port })); } catch (error) { console.log(all.length, (error as Error & { code: string }).code); }
    const [first] = all;
    try { first!.write(bytes("early")); } catch (error) { console.log((error as Error & { code: string }).code); }
    for (const socket of all) socket.close();
    new TCP({ address: "127.0.0.1", port, onWritable(room) { try { this.write(new Uint8Array(room + 1)); } catch (error) { console.log((error as Error & { code: string }).code); } this.close(); } });`,
  );
  t.deepEqual(stdout.split("\n"), ["8 EMFILE", "ENOTCONN", "ENOBUFS"]);
});

test("bad options are refused with what was expected", async (t) => {
  const { stdout } = await run(
    t,
    1,
    `for (const options of [{ port: 1 }, { address: "", port: 1 }, { address: "127.0.0.1", port: 0 }, { address: "127.0.0.1", port: 65536 }, { address: "127.0.0.1", port: 1, format: "number" }, { address: "127.0.0.1", port: 1, onError: 5 }])
      try { new TCP(options as never); } catch (error) { console.log((error as Error).message); }
    try { new TCP({ host: "x".repeat(300), port: 1 }); } catch (error) { console.log((error as Error & { code: string }).code); }`,
  );
  t.deepEqual(stdout.split("\n"), [
    "TCP: expected an address or a host, got undefined",
    "TCP: expected an address or a host, got ",
    "TCP: expected a port from 1 to 65535, got 0",
    "TCP: expected a port from 1 to 65535, got 65536",
    'TCP: expected the format "buffer", got number',
    "TCP: expected functions as callbacks, got another value",
    "ENAMETOOLONG",
  ]);
});
