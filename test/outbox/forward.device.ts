/**
 * The outbox and the MQTT client on a device: stores records and sends them until each is acknowledged. What it prints is read by
 * forward.test.ts.
 */
import board from "assay/board";
import config from "mc/config";
import flash from "embedded:storage/flash";
import TCP from "embedded:io/socket/tcp";
import Timer from "timer";
import { MqttClient } from "assay/mqtt";
import { Outbox } from "assay/outbox";

const port = Number(config["port"]);
const count = Number(config["count"]);

const outbox = new Outbox({ flash: flash.open({ path: "outbox" }) });
let next = outbox.oldest;
console.log(`mounted ${outbox.head?.sequence ?? -1} ${JSON.stringify(outbox.recovered)}`);

function send(): void {
  if (outbox.oldest === undefined) return;
  next = Math.max(next ?? 0, outbox.oldest);
  while (next <= outbox.head!.sequence && client.hasRoom) {
    client.publish("statement", outbox.read(next)!, { qos: 1, onAcknowledged: send });
    next++;
  }
}

const client: MqttClient = new MqttClient({
  TCP,
  Timer,
  ticks: () => board.ticks(),
  random: () => new Uint32Array(board.entropy(4))[0]! / 0x1_0000_0000,
  host: "127.0.0.1",
  port,
  clientId: "device",
  backoff: { minMs: 20, maxMs: 100 },
  onConnected: send,
  onMessage(_topic, payload) {
    outbox.ack(new DataView(payload.buffer, payload.byteOffset).getUint32(0));
    if (outbox.pending === 0 && outbox.head!.sequence === count - 1) client.close();
  },
  onDisconnected(reason) {
    if (reason.code !== "CLOSED") return;
    const { slots, slotsUsed, chunkBytesUsed } = board.memory();
    console.log(JSON.stringify({ slots, slotsUsed, chunkBytesUsed, codeBytes: board.image.codeBytes }));
    board.exit(0);
  },
});
client.subscribe("ack", 1);

const sampling = Timer.repeat(() => {
  const sequence = (outbox.head?.sequence ?? -1) + 1;
  if (sequence === count) return Timer.clear(sampling);
  const record = new Uint8Array(250).fill(sequence);
  new DataView(record.buffer).setUint32(0, sequence);
  outbox.append(sequence, record);
  send();
}, 2);
