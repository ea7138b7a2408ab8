/** `embedded:io/serial` on Linux on a real pseudo-terminal. */
import { execFileSync, spawn, type ChildProcessByStdio } from "node:child_process";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { buildHost, type HostBinaries } from "../../runtime/build.ts";
import { buildScript, startImage, temporaryFolder, type RunningDevice } from "../runtime/device.ts";

interface Line {
  readonly path: string;
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** what the device has sent */
  received(): Buffer;
}

async function openLine(t: ExecutionContext): Promise<Line> {
  const program = join(temporaryFolder(t), "pty");
  execFileSync("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", join(import.meta.dirname, "pty.c"), "-o", program]);
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  let all = Buffer.alloc(0);
  let path: string | undefined;
  await new Promise<void>((resolve) =>
    child.stdout.on("data", (data: Buffer) => {
      all = Buffer.concat([all, data]);
      if (path !== undefined || !all.includes("\n")) return;
      path = all.subarray(0, all.indexOf("\n")).toString();
      all = all.subarray(path.length + 1);
      resolve();
    }),
  );
  return { path: path!, process: child, received: () => all };
}

const PRELUDE = `import Serial from "embedded:io/serial";
import config from "mc/config";
const port = config["port"] as string;
const text = (buffer: ArrayBuffer | undefined): string => String.fromCharCode(...new Uint8Array(buffer ?? new ArrayBuffer(0)));
const bytes = (s: string): Uint8Array => Uint8Array.from([...s].map((c) => c.charCodeAt(0)));
const attempt = (action: () => unknown): void => { try { console.log(String(action())); } catch (error) { console.log((error as Error & { code?: string }).code ?? (error as Error).name, (error as Error).message); } };
`;

async function start(t: ExecutionContext, path: string, body: string, host?: HostBinaries): Promise<RunningDevice> {
  const { file } = await buildScript(t, PRELUDE + body, host);
  return startImage(t, file, { config: { port: path }, words: ["--slots", "2500", "--chunks", "60000"], ...(host === undefined ? {} : { host }) });
}

/** Waits until the line has brought so many bytes. */
async function receive(line: Line, count: number): Promise<Buffer> {
  while (line.received().length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  return line.received();
}

const TALK = `let isSent = false, got = "";
  new Serial({ port, baud: 115200, format: "buffer",
    onWritable(room) { if (isSent) return; isSent = true; console.log("ready", room); this.write(bytes("hello\\r\\n\\x03\\x04\\x11\\x13\\xff\\x00")); },
    onReadable(count) {
      const into = new Uint8Array(2);
      const first = this.read(into) as number;
      got += text(into.buffer.slice(0, first) as ArrayBuffer);
      if (count > first) got += text(this.read(count - first) as ArrayBuffer);
      if (got.endsWith("!")) { console.log(JSON.stringify(got), this.read()); this.set({ break: false }); this.flush(); this.close(); this.close(); attempt(() => this.read()); attempt(() => this.write(bytes("x"))); }
    } });`;

async function talk(t: ExecutionContext, host?: HostBinaries): Promise<void> {
  const line = await openLine(t);
  const device = await start(t, line.path, TALK, host);
  t.is((await receive(line, 13)).toString("latin1"), "hello\r\n\x03\x04\x11\x13\xff\x00");
  line.process.stdin.write(Buffer.from("a\r\nb\x03\x00\xff!", "latin1"));
  const { status, stdout, stderr } = await device.outcome;
  t.deepEqual([status, stderr], [0, ""]);
  t.deepEqual(stdout.split("\n"), ["ready 4096", JSON.stringify("a\r\nb\x03\x00ÿ!") + " undefined", "Error Serial read: expected an open one, got one that is closed", "Error Serial write: expected an open one, got one that is closed"]);
}

test("all bytes go both ways as they are", (t) => talk(t));

test("the format number is a byte at a time", async (t) => {
  const line = await openLine(t);
  const device = await start(
    t,
    line.path,
    `const serial = new Serial({ port, baud: 9600, onReadable(count) { for (; count > 0; count--) console.log(this.read()); console.log(this.read()); this.format = "buffer"; console.log(this.format); this.close(); } });
    console.log(serial.format);
    serial.write(65); serial.write(255);
    for (const value of [256, -1, 1.5, "x", bytes("x")]) attempt(() => serial.write(value as never));`,
  );
  t.deepEqual([...(await receive(line, 2))], [65, 255]);
  line.process.stdin.write(Buffer.from([7, 200]));
  const { stdout } = await device.outcome;
  t.deepEqual(stdout.split("\n").map((text) => text.split(" ")[0]), ["number", ...Array<string>(5).fill("RangeError"), "7", "200", "undefined", "buffer"]);
});

test("200 kB go both ways, whole and in order, through a buffer of fixed size", async (t) => {
  const line = await openLine(t);
  const SIZE = 200_000;
  const pattern = Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * 31 + (i >> 8)) & 255));
  const device = await start(
    t,
    line.path,
    `const SIZE = ${SIZE};
    let sent = 0, received = 0, isRight = true;
    const pattern = (i: number): number => (i * 31 + (i >> 8)) & 255;
    new Serial({ port, baud: 4000000, format: "buffer",
      onWritable(room) {
        if (sent === 0) attempt(() => this.write(new Uint8Array(room + 1)));
        const part = new Uint8Array(Math.min(room, SIZE - sent));
        if (part.length === 0) return;
        for (let i = 0; i < part.length; i++) part[i] = pattern(sent + i);
        this.write(part);
        sent += part.length;
      },
      onReadable(count) {
        const part = new Uint8Array(this.read(count) as ArrayBuffer);
        for (let i = 0; i < part.length; i++) if (part[i] !== pattern(received + i)) isRight = false;
        received += part.length;
        if (received === SIZE) console.log(isRight, sent);
      },
      onError() { console.log("gone"); attempt(() => this.write(bytes("x"))); this.close(); } });`,
  );
  // Once it sends, the line is the device's; what came before that it drops.
  await receive(line, 1);
  line.process.stdin.write(pattern);
  t.true((await receive(line, SIZE)).equals(pattern));
  await device.line(`true ${SIZE}`);
  // The line is cut: the device is told, once.
  line.process.stdin.end();
  const { status, stdout } = await device.outcome;
  t.deepEqual([status, stdout.split("\n").map((text) => text.split(" ")[0])], [0, ["ENOBUFS", "true", "gone", "EIO"]]);
});

test("no such line, no line at all, and wrong options have their codes", async (t) => {
  const line = await openLine(t);
  const device = await start(
    t,
    line.path,
    `for (const options of [{ port: "/dev/no-such-line", baud: 9600 }, { port: "/dev/null", baud: 9600 }, { port, baud: 9601 }, { port, baud: "9600" }, { port }, { port: "ttyUSB0", baud: 9600 }, { port: -1, baud: 9600 }, { port, baud: 9600, format: "text" }, { port, baud: 9600, flowControl: "xon" }, { port, baud: 9600, onReadable: 1 }])
      attempt(() => new Serial(options as never));
    const serial = new Serial({ port, baud: 9600, format: "buffer" });
    for (const action of [() => serial.read(-1), () => serial.write(5), () => serial.write({} as never), () => { serial.format = "x" as never; }]) attempt(action);
    serial.close();`,
  );
  const { stdout } = await device.outcome;
  t.deepEqual(stdout.split("\n").map((text) => text.split(" ")[0]), ["ENOENT", "ENOTTY", ...Array<string>(7).fill("RangeError"), "TypeError", "RangeError", "TypeError", "TypeError", "RangeError"]);
});

test("AddressSanitizer and UndefinedBehaviorSanitizer find nothing in the natives of the serial line", async (t) => {
  t.timeout(600_000);
  await talk(t, await buildHost({ sanitize: true }));
});
