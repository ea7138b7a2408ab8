import test from "ava";
import mqtt from "mqtt";
import { bootTopic, statementTopic } from "assay/statement/topics";
import { Follower } from "../../cli/follower.ts";
import { TestBroker, until } from "../gateway/world.ts";
import { bootClaims, device, inferenceClaims, linkTo, statementOf } from "../statement/examples.ts";

test("whoever follows a device is told when it has lost its history, and nothing of boots that follow on the one before", async (t) => {
  const broker = await TestBroker.start();
  t.teardown(() => broker.close());
  const lines: string[] = [];
  const output = { text: (line: string) => void lines.push(line.replace(/^\d\d:\d\d:\d\d +/, "")), note: () => {}, json: () => {} };
  const follower = new Follower({ broker: broker.url, trust: { devices: [{ id: device.id, keys: [{ publicKey: device.publicKey }] }], logs: [] }, output });
  const sender = await mqtt.connectAsync(broker.url);
  t.teardown(() => sender.endAsync(true));
  await follower.ready;
  const first = statementOf(bootClaims());
  const second = statementOf(bootClaims({ sequence: 1, bootCount: 2, previous: linkTo(first) }));
  const restart = statementOf(bootClaims({ bootCount: 3, historyLost: true }));
  const result = statementOf(inferenceClaims({ bootCount: 3, previous: linkTo(restart) }));
  for (const boot of [first, second, restart]) await sender.publishAsync(bootTopic(device.id), Buffer.from(boot), { qos: 1 });
  await sender.publishAsync(statementTopic(device.id), Buffer.from(result), { qos: 1 });
  await until("the result", () => lines.length >= 2);
  await follower.close();
  const short = `${device.id.slice(0, 8)}…`;
  t.deepEqual(lines, [`${short}  boot 3        #0     ✓ signature  ✗ chain: begins anew, the device has lost its history`, `${short}  compute  1.00  #1     ✓ signature  ✓ chain`]);
});
