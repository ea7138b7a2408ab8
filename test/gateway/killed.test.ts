import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { buildWorld, TestDevice, until } from "./world.ts";
import type { World } from "./world.ts";

async function gatewayProcess(t: ExecutionContext, world: World): Promise<ChildProcess> {
  const { log, registry } = world.deployment;
  const options = { brokerUrl: world.broker.url, rpcUrl: world.anvil.rpcUrl, contracts: { log, registry }, dataFolder: world.folder };
  const child = spawn(process.execPath, [join(import.meta.dirname, "gateway-process.ts"), JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => kill(child));
  await once(child.stdout, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

test("a gateway that is killed again and again while statements come loses none, enters none twice and anchors no head twice", async (t) => {
  const world = await buildWorld(t);
  const device = new TestDevice("killed");
  await world.register(device);
  const count = 240;
  const messages = Array.from({ length: count }, () => device.next());
  let sent = 0;
  const acknowledged = () => world.listener.acks.get(device.id) ?? -1;
  let child = await gatewayProcess(t, world);
  const sending = (async () => {
    for (const { topic, bytes } of messages) {
      await world.listener.publish(topic, bytes);
      sent++;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  for (let kills = 0; sent < count; kills++) {
    const goal = Math.min(acknowledged() + 30, count - 1);
    await until("more acks", () => acknowledged() >= goal || sent === count);
    await kill(child);
    t.log(`kill ${kills + 1}: ${sent} sent, ${acknowledged() + 1} acknowledged`);
    if (sent < count) child = await gatewayProcess(t, world);
  }
  await sending;
  // The last one may have been started just before the last statement went out.
  await kill(child);

  const gateway = await world.gateway();
  // What the broker had handed to a gateway that died, it hands out again; and as a device does, resend what has no ack.
  const resend = async () => {
    for (const { topic, bytes } of messages.slice(acknowledged() + 1)) await world.listener.publish(topic, bytes);
  };
  await resend();
  await until("the last ack", () => acknowledged() === count - 1);
  await gateway.flush();
  t.log(`${(await gateway.store.rejections(count)).length} statements had to be sent again`);
  const entries = await gateway.store.entries(0, count + 10);
  t.deepEqual(entries.map((entry) => entry.sequence), [null, ...messages.keys()]);
  t.deepEqual(entries.slice(1).map((entry) => Buffer.from(entry.bytes)), messages.map(({ bytes }) => Buffer.from(bytes)));
  t.is(gateway.counters().rejectedBy.EQUIVOCATION, 0);
  const sizes = await world.anchoredSizes();
  t.deepEqual(sizes, [...new Set(sizes)].sort((a, b) => a - b));
  await until("a receipt for each", () => world.listener.receipts.size === count);
});
