/** The outbox and the MQTT client together, on XS, with flash and sockets of the Linux board, under kill -9. */
import test from "ava";
import { Aedes } from "aedes";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { buildApp } from "../../runtime/build.ts";
import { hostBinaries, startImage, temporaryFolder } from "../runtime/device.ts";

test("a device that is killed again and again loses no record, and does not fork", async (t) => {
  const host = await hostBinaries();
  const folder = temporaryFolder(t);
  const { file } = await buildApp(join(import.meta.dirname, "forward.device.ts"), { script: true, host, output: join(folder, "forward.xsa") });
  const broker = await Aedes.createBroker();
  const server = createServer((socket) => void broker.handle(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.close();
    broker.close();
  });

  const count = 400;
  const stored = new Map<number, Buffer>();
  let upTo = -1;
  broker.on("publish", ({ topic, payload }, client) => {
    if (client === null || topic !== "statement") return;
    const record = Buffer.from(payload);
    const sequence = record.readUInt32BE(0);
    const before = stored.get(sequence);
    if (before !== undefined && !before.equals(record)) t.fail(`two records of sequence ${sequence}`);
    stored.set(sequence, record);
    while (stored.has(upTo + 1)) upTo++;
    const ack = Buffer.alloc(4);
    ack.writeUInt32BE(Math.max(0, upTo));
    broker.publish({ cmd: "publish", topic: "ack", payload: ack, qos: 1, retain: false, dup: false }, () => {});
  });

  const options = { host, data: join(folder, "data"), config: { port: (server.address() as AddressInfo).port, count }, words: ["--slots", "6000", "--chunks", "64000"] };
  let kills = 0;
  for (; kills < 5; kills++) {
    const device = await startImage(t, file, options);
    const size = stored.size;
    while (stored.size < size + 20) await new Promise((resolve) => setTimeout(resolve, 5));
    device.process.kill("SIGKILL");
    const { stdout, stderr } = await device.outcome;
    t.is(stderr, "");
    t.regex(stdout, /"missing":0/);
  }
  const { status, stdout, stderr } = await (await startImage(t, file, options)).outcome;
  t.deepEqual([status, stderr], [0, ""]);
  t.deepEqual([...stored.keys()].sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i));
  const memory = JSON.parse(stdout.split("\n").at(-1)!) as { slots: number; slotsUsed: number; chunkBytesUsed: number; codeBytes: number };
  t.log(`${memory.slotsUsed} slots and ${memory.chunkBytesUsed} bytes of chunks used, ${memory.codeBytes} bytes of code`);
  t.true(memory.slotsUsed * 16 + memory.chunkBytesUsed < 100_000);
});
