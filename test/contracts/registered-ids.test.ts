import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { createPublicClient, http, toHex } from "viem";
import { registeredIds } from "../../contracts/registered-ids.ts";
import { buildWorld, TestDevice } from "../gateway/world.ts";

test("registered devices are found on a node that tells only 300 blocks at a time, in order and each once", async (t) => {
  const { anvil, chain, client, deployment, register } = await buildWorld(t);
  const devices = ["first", "second", "third"].map((name) => new TestDevice(name));
  for (const device of devices) {
    await register(device);
    await chain.mine({ blocks: 400 });
  }
  // As public nodes do: HTTP 400 with an error of JSON-RPC in it.
  const refusals: number[] = [];
  const node = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: [{ fromBlock: string; toBlock: string }] };
    const blocks = method === "eth_getLogs" ? Number(params[0].toBlock) - Number(params[0].fromBlock) + 1 : 0;
    if (blocks > 300) {
      refusals.push(blocks);
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32005, message: "query exceeds 300 blocks" } }));
      return;
    }
    const answer = await fetch(anvil.rpcUrl, { method: "POST", headers: { "content-type": "application/json" }, body });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  t.teardown(() => node.close());
  const modest = createPublicClient({ transport: http(`http://127.0.0.1:${(node.address() as AddressInfo).port}`, { retryCount: 0 }) });

  const latest = await client.getBlockNumber();
  t.true(latest > 1200n);
  const expected = devices.map(({ key }) => toHex(key.keyId));
  t.deepEqual(await registeredIds(modest, deployment.registry, 0n, latest), expected);
  t.true(refusals.length > 0);
  t.deepEqual(await registeredIds(client, deployment.registry, 0n, latest), expected);
  t.deepEqual(await registeredIds(client, deployment.registry, latest, latest - 1n), []);
});

test("a node that does not answer is not asked again and again", async (t) => {
  let asked = 0;
  const node = createServer((request) => {
    asked++;
    request.socket.destroy();
  });
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  t.teardown(() => node.close());
  const dead = createPublicClient({ transport: http(`http://127.0.0.1:${(node.address() as AddressInfo).port}`, { retryCount: 0 }) });
  await t.throwsAsync(registeredIds(dead, "0x0000000000000000000000000000000000000001", 0n, 100_000n));
  t.is(asked, 1);
});
