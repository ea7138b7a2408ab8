import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Aedes } from "aedes";
import type { ExecutionContext } from "ava";
import { encodePublicKey } from "assay/statement/cose-key";
import { encodeReceiptMessage } from "assay/statement/messages";
import { bootTopic, receiptTopic, statementTopic } from "assay/statement/topics";
import mqtt, { type MqttClient } from "mqtt";
import { createWebSocketStream, WebSocketServer } from "ws";
import { resultOfPage } from "../browser-page.ts";
import { programPath, testWithPrograms } from "../requirements.ts";
import { boot, device, inference, log, receipt } from "../statement/examples.ts";

/** A broker for browsers, which have WebSockets only. aedes: Debian's Mosquitto cannot always open a WebSocket listener. */
async function webSocketBroker(t: ExecutionContext): Promise<{ url: string; publisher: MqttClient }> {
  const broker = await Aedes.createBroker();
  const server = createServer();
  const sockets = new WebSocketServer({ server }).on("connection", (socket, request) => {
    const stream = createWebSocketStream(socket);
    // A page that is closed leaves without a word: aedes hears of it too, and ends the client.
    stream.on("error", () => stream.destroy());
    broker.handle(stream, request);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publisher = await mqtt.connectAsync(url, { protocolVersion: 4 });
  t.teardown(async () => {
    await publisher.endAsync(true);
    for (const socket of sockets.clients) socket.terminate();
    await new Promise<void>((resolve) => broker.close(resolve));
    server.close();
  });
  return { url, publisher };
}

testWithPrograms(["chromium"], "a page in a browser subscribes by WebSocket, and gets what is verified and nothing else", async (t) => {
  const { url, publisher } = await webSocketBroker(t);
  const publish = (topic: string, payload: Uint8Array) => publisher.publishAsync(topic, Buffer.from(payload), { qos: 1, retain: true });
  const forged = inference.slice();
  forged[forged.length - 1]! ^= 1;
  // Retained, so that it does not matter who is first.
  await publish(bootTopic(device.id), boot);
  await publish(statementTopic(device.id), inference);
  await publish(receiptTopic(device.id), encodeReceiptMessage({ bootCount: 1, sequence: 1, receipt }));
  await publish(statementTopic(log.id), forged);
  const hex = (key: typeof device.publicKey): string => Buffer.from(encodePublicKey(key)).toString("hex");
  const trust = JSON.stringify({ devices: [device, log].map(({ id, publicKey }) => ({ id, keys: [{ publicKey: hex(publicKey) }] })), logs: [{ id: log.id, publicKey: hex(log.publicKey), chainId: 1, contract: `0x${"00".repeat(20)}` }] });
  const code = `
    import { parseTrustRoots, subscribe } from "assay/client";
    async function result(): Promise<string> {
      const events: string[] = [];
      const rejected: string[] = [];
      const all = new AbortController();
      const seen = (list: string[], what: string) => {
        list.push(what);
        if (events.length + rejected.length === 4) all.abort();
      };
      const onRejected = ({ code }: { code: string }) => seen(rejected, code);
      for await (const event of subscribe({ broker: ${JSON.stringify(url)}, trust: parseTrustRoots(${JSON.stringify(trust)}), signal: all.signal, onRejected })) {
        seen(events, event.type === "inference" ? event.label : event.type);
      }
      return JSON.stringify({ events: events.sort(), rejected });
    }
    export default result();`;
  const got = await resultOfPage(t, { chromium: programPath("chromium")!, code });
  t.is(got, JSON.stringify({ events: ["boot", "compute", "receipt"], rejected: ["BAD_SIGNATURE"] }));
});
