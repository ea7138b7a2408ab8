/** `embedded:io/*` on Linux: I2C, SPI and digital against devices at the level of ioctl (fake-devices.c), since a test machine has none; UDP and serial against real ones. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import test, { type ExecutionContext } from "ava";
import { buildHost } from "../../runtime/build.ts";
import { runScript, type Outcome } from "../runtime/device.ts";
import { runWithFakes, type FakeOptions } from "./fake-devices.ts";

const PRELUDE = `import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import SMBus from "embedded:io/smbus";
import SPI from "embedded:io/spi";
import Serial from "embedded:io/serial";
import UDP from "embedded:io/socket/udp";
import Timer from "timer";
import config from "mc/config";
const text = (buffer: ArrayBuffer | undefined): string => String.fromCharCode(...new Uint8Array(buffer ?? new ArrayBuffer(0)));
const bytes = (s: string): Uint8Array => Uint8Array.from([...s].map((c) => c.charCodeAt(0)));
const attempt = (action: () => unknown): void => { try { console.log(String(action())); } catch (error) { console.log((error as Error & { code?: string }).code ?? (error as Error).name, (error as Error).message); } };
`;

async function lines(t: ExecutionContext, body: string, options: FakeOptions = {}): Promise<string[]> {
  const { status, stdout, stderr } = await runWithFakes(t, PRELUDE + body, options);
  t.deepEqual([status, stderr], [0, ""]);
  return stdout.split("\n");
}

const codes = (all: readonly string[]): (string | undefined)[] => all.map((line) => line.split(" ")[0]);

const I2C_BODY = `const device = new I2C({ address: 0x18, port: 1 });
  device.write(Uint8Array.of(0x0f), false);
  console.log(device.format, new Uint8Array(device.read(1))[0]);
  device.write(Uint8Array.of(0x23, 0x98).buffer);
  device.write(Uint8Array.of(0x23));
  console.log(new Uint8Array(device.read(1))[0]);
  const into = new Uint8Array(2);
  device.write(Uint8Array.of(0xa3), false);
  device.read(into);
  console.log(into.join());
  const registers = new SMBus({ address: 0x68 });
  registers.writeUint8(0x6b, 0);
  registers.writeUint16(0x1b, 0x1810);
  registers.writeUint16(0x19, 0x0702, true);
  registers.writeBuffer(0x23, Uint8Array.of(1, 2, 3));
  registers.sendByte(0x75);
  console.log(registers.receiveByte(), registers.readUint8(0x6b), registers.readUint16(0x1b), registers.readUint16(0x19, true), new Uint8Array(registers.readBuffer(0x23, 3)).join(), new Uint8Array(registers.readBuffer(0x3b, 6)).join());`;

test("I2C: registers are written and read, with and without a stop between; SMBus has numbers of both byte orders", async (t) => {
  t.deepEqual(await lines(t, I2C_BODY), ["buffer 51", "152", "152,0", "104 0 6160 1794 1,2,3 2,0,252,0,8,0"]);
});

const I2C_FAULTS = `for (const [port, address] of [[9, 0x18], [2, 0x18], [3, 0x18], ["/dev/null", 0x18], ["/etc/passwd/x", 1]] as const) attempt(() => new I2C({ address, port }));
  for (const address of [0x20, 0x50, 0x51, 0x52]) attempt(() => new I2C({ address, port: 1 }).read(1));
  const device = new I2C({ address: 0x18 });
  for (const action of [() => device.read(9000), () => device.read(-1), () => device.read(1, false), () => device.write(new Uint8Array(9000)), () => device.write("x" as never), () => device.write(5 as never), () => device.read({} as never)]) attempt(action);
  for (const options of [{ address: 128 }, { address: -1 }, { address: "24" }, { address: 1, port: -1 }, { address: 1, port: "i2c-1" }, { address: 1, format: "number" }, {}]) attempt(() => new I2C(options as never));
  device.close(); device.close();
  attempt(() => device.read(1)); attempt(() => device.write(new Uint8Array(1)));
  const many: I2C[] = [];
  attempt(() => { for (;;) many.push(new I2C({ address: 0x18 })); });
  console.log(many.length + 4);
  for (const one of many) one.close();
  attempt(() => new I2C({ address: 0x18 }).read(1).byteLength);`;

test("I2C: every fault has its code, wrong arguments are refused, and a closed device stays closed", async (t) => {
  const all = await lines(t, I2C_FAULTS);
  t.deepEqual(codes(all), ["ENOENT", "EBUSY", "EOPNOTSUPP", "ENOTTY", "ENOTDIR", "ENXIO", "EAGAIN", "EREMOTEIO", "ETIMEDOUT", ...Array<string>(4).fill("RangeError"), "TypeError", "TypeError", "RangeError", ...Array<string>(7).fill("RangeError"), "Error", "Error", "EMFILE", "16", "1"]);
  t.is(all[0], "ENOENT I2C /dev/i2c-9: No such file or directory");
  t.is(all[5], "ENXIO I2C 0x20: expected an acknowledgement, got none; is a device there?");
});

const SPI_BODY = `const device = new SPI({ hz: 1_000_000, mode: 3 });
  const buffer = Uint8Array.of(1, 2, 3, 4);
  device.transfer(buffer);
  console.log(device.format, buffer.join());
  device.write(Uint8Array.of(9, 8, 7));
  console.log(new Uint8Array(device.read(3)).join());
  const into = new Uint8Array(2);
  device.read(into);
  device.flush();
  console.log(into.join());
  for (const action of [() => device.write(new Uint8Array(5000)), () => device.read(70_000), () => device.read(-1), () => device.transfer({} as never), () => device.write("abc" as never)]) attempt(action);
  for (const options of [{ hz: 1000, port: 7 }, { hz: 1000, mode: 1 }, { hz: 0 }, { hz: NaN }, { hz: 1000, mode: 4 }, { hz: 1000, select: -1 }, { hz: 1000, port: "/dev/null" }, { hz: 1000, format: "x" }]) attempt(() => new SPI(options as never));
  device.close();
  for (const action of [() => device.read(1), () => device.write(into), () => device.transfer(into), () => device.flush()]) attempt(action);`;

test("SPI: what goes out comes in from a loop; faults have codes", async (t) => {
  const all = await lines(t, SPI_BODY);
  t.deepEqual(all.slice(0, 3), ["buffer 1,2,3,4", "9,8,7", "9,8"]);
  t.deepEqual(codes(all.slice(3)), ["EMSGSIZE", "RangeError", "RangeError", "TypeError", "TypeError", "ENOENT", "EINVAL", "RangeError", "RangeError", "RangeError", "RangeError", "ENOTTY", "RangeError", "Error", "Error", "Error", "Error"]);
});

const DIGITAL_BODY = `let edges = 0;
  const output = new Digital({ pin: 0, mode: Digital.Output, initialValue: 1 });
  const input = new Digital({ pin: 1, mode: Digital.Input, edge: Digital.Falling, onReadable() { edges++; console.log("edge", this.read()); if (edges === 2) { this.close(); output.close(); next(); } else { output.write(1); output.write(0); } } });
  console.log(input.format, output.read(), input.read());
  output.write(0);
  const next = (): void => {
    console.log(new Digital({ pin: 4, mode: Digital.InputPullUp }).read(), new Digital({ pin: 5, mode: Digital.InputPullDown }).read());
    const both = new Digital({ pin: 1, mode: Digital.Input, edge: Digital.Rising + Digital.Falling, onReadable() { console.log("both", this.read()); if (this.read() === 1) drain.write(0); else this.close(); } });
    const drain = new Digital({ pin: 0, mode: Digital.OutputOpenDrain });
    for (const options of [{ pin: 1, mode: Digital.Input }, { pin: 7, mode: Digital.Input }, { pin: 8, mode: Digital.Input }, { pin: 6, mode: Digital.Input, edge: 1 }, { pin: 2, mode: Digital.Input, port: 3 }, { pin: 2, mode: Digital.Input, port: "/dev/null" }, { pin: 2, mode: Digital.InputPullUpDown }, { pin: 2, mode: 7 },
      { pin: -1, mode: 0 }, { pin: 2 }, { pin: 2, mode: 0, edge: 4 }, { pin: 2, mode: 0, onReadable() {} }, { pin: 2, mode: 8, edge: 1 }, { pin: 2, mode: 8, initialValue: 2 }, { pin: 2, mode: 0, edge: 1, onReadable: 5 }]) attempt(() => new Digital(options as never));
    const plain = new Digital({ pin: 3, mode: Digital.Input });
    attempt(() => plain.write(1)); attempt(() => drain.write(2 as never));
    plain.close(); plain.close();
    attempt(() => plain.read()); attempt(() => plain.write(0));
    drain.write(1);
    void both;
  };`;

test("Digital: a line's value, its pulls and its edges; faults have codes", async (t) => {
  const all = await lines(t, DIGITAL_BODY);
  t.deepEqual(all.slice(0, 4), ["number 1 1", "edge 0", "edge 0", "1 0"]);
  t.deepEqual(codes(all.slice(4, -2)), ["EBUSY", "EBUSY", "EINVAL", "ENXIO", "ENOENT", "ENOTTY", ...Array<string>(8).fill("RangeError"), "TypeError", "Error", "RangeError", "Error", "Error"]);
  t.deepEqual(all.slice(-2), ["both 1", "both 0"]);
});

const UDP_BODY = `const peer = config["peer"] as number;
  const socket = new UDP({ address: "127.0.0.1", onReadable() {
    const data = this.read()!;
    console.log(data.byteLength, data.byteLength < 10 ? text(data) : "", data.address, data.port === peer);
    if (data.byteLength === 0) { console.log(this.read()); this.close(); attempt(() => this.read()); }
  } });
  console.log(socket.format, socket.port > 0);
  socket.write(bytes("hello"), "127.0.0.1", peer);
  for (const action of [() => new UDP({ address: "127.0.0.1", port: peer }), () => new UDP({ address: "127.0.0.300" }), () => new UDP({ port: 65536 }), () => new UDP({ address: 5 as never }), () => new UDP({ onReadable: 5 as never }), () => new UDP({ address: "192.0.2.1" }),
    () => socket.write(new Uint8Array(70_000), "127.0.0.1", peer), () => socket.write(bytes("x"), "localhost", peer), () => socket.write(bytes("x"), "127.0.0.1", 0), () => socket.write("x" as never, "127.0.0.1", 1), () => socket.write(bytes("nobody"), "127.0.0.1", 1)]) attempt(action);`;

async function udp(t: ExecutionContext, options: FakeOptions = {}): Promise<Outcome> {
  const peer = createSocket("udp4");
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  t.teardown(() => peer.close());
  peer.once("message", (message, { port, address }) => {
    for (const answer of [`${String(message)}!`, Buffer.alloc(3000, 1), ""]) peer.send(answer, port, address);
  });
  return runScript(t, PRELUDE + UDP_BODY, { config: { peer: peer.address().port }, ...(options.host === undefined ? {} : { host: options.host }) });
}

function checkUdp(t: ExecutionContext, { status, stdout, stderr }: Outcome): void {
  t.deepEqual([status, stderr], [0, ""]);
  const all = stdout.split("\n");
  t.is(all[0], "buffer true");
  t.deepEqual(codes(all.slice(1, 12)), ["EADDRINUSE", "RangeError", "RangeError", "TypeError", "TypeError", "EADDRNOTAVAIL", "EMSGSIZE", "RangeError", "RangeError", "TypeError", "undefined"]);
  t.deepEqual(all.slice(12), ["6 hello! 127.0.0.1 true", "3000  127.0.0.1 true", "0  127.0.0.1 true", "undefined", "Error UDP read: expected an open one, got one that is closed"]);
}

test("UDP: datagrams of any length go both ways with their sender's address; faults have codes", async (t) => checkUdp(t, await udp(t)));

test("AddressSanitizer and UndefinedBehaviorSanitizer find nothing in the natives of I/O", async (t) => {
  t.timeout(600_000);
  const host = await buildHost({ sanitize: true });
  for (const body of [I2C_BODY, I2C_FAULTS, SPI_BODY, DIGITAL_BODY]) t.true((await lines(t, body, { host })).length > 3);
  checkUdp(t, await udp(t, { host }));
});
