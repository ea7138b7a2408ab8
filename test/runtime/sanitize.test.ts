import { createServer, type AddressInfo } from "node:net";
import test from "ava";
import { buildHost } from "../../runtime/build.ts";
import { runScript } from "./device.ts";

test("AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer find nothing in the host and its natives", async (t) => {
  // The first build compiles XS once more.
  t.timeout(600_000);
  const host = await buildHost({ sanitize: true });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const { status, stdout, stderr } = await runScript(
    t,
    `import board from "assay/board";
    import TCP from "embedded:io/socket/tcp";
    import flash from "embedded:storage/flash";
    import keyValue from "embedded:storage/key-value";
    import Timer from "timer";
    import config from "mc/config";
    const port = config["port"] as number;

    class Node { next: Node | undefined; data = new Uint8Array(64); #secret = 1; constructor(next?: Node) { this.next = next; } get secret(): number { return this.#secret; } }
    let list: Node | undefined;
    for (let i = 0; i < 3000; i++) { list = new Node(i % 50 === 0 ? undefined : list); JSON.parse(JSON.stringify({ i, text: "x".repeat(50) })); "a1b2".replace(/(?<d>\\d)/g, "<$<d>>"); }
    const attempts = [
      function forever(): void { forever(); [1].map(forever); },
      () => eval("1"),
      () => native("xs_missing"),
      () => flash.open({ path: "../x" }),
      () => keyValue.open({ path: "s" }).write("k", new Uint8Array(5000)),
      () => board.entropy(1e9),
      () => new TCP({ host: "x".repeat(300), port }),
      () => (undefined as unknown as { x: number }).x,
    ];
    let caught = 0;
    for (const attempt of attempts) try { attempt(); } catch { caught++; }
    const part = flash.open({ path: "f" });
    part.write(board.entropy(100), 4050);
    part.eraseBlock(0);
    const store = keyValue.open({ path: "s" });
    store.write("k", new Uint8Array(10));
    store.read("k");
    store.delete("k");
    let received = 0;
    new TCP({ host: "localhost", port,
      onWritable(room) { if (received === 0) this.write(new Uint8Array(room)); },
      onReadable(count) { received += this.read(count)!.byteLength; if (received >= 8192) { this.close(); console.log(caught, attempts.length, list!.secret, received, board.memory().slots); } } });
    new TCP({ address: "127.0.0.1", port: 1, onError() {} });
    const id = Timer.repeat(() => Timer.clear(id), 1);
    await Promise.allSettled([Promise.reject(new Error("x"))]);`,
    { host, config: { port: (server.address() as AddressInfo).port }, words: ["--slots", "4000", "--chunks", "60000"] },
  );
  t.deepEqual([status, stderr, stdout], [0, "", "8 8 1 8192 4000"]);
});

test("an uncaught exception and a full heap are clean ends under the sanitizers too", async (t) => {
  t.timeout(600_000);
  const host = await buildHost({ sanitize: true });
  const thrown = await runScript(t, `throw new Error("end");`, { host });
  t.is(thrown.status, 1);
  t.regex(thrown.stderr, /^assay: uncaught Error: end\n at \(.*script\.ts:1\)$/);
  const full = await runScript(t, `let all: object = {}; for (;;) all = { all };`, { host, words: ["--slots", "2000"] });
  t.is(full.status, 70);
  t.regex(full.stderr, /^assay: out of memory.*\n   at \(.*script\.ts:1\)$/);
});
