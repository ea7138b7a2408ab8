import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { chainLog } from "../../client/chain-root.ts";
import { anchor, root } from "../statement/examples.ts";

/** A node that knows one root, for the size 3. */
async function startNode(t: ExecutionContext): Promise<{ url: string; calls: string[] }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { id, method, params } = JSON.parse(body);
      calls.push(method);
      const result = method === "eth_chainId" ? "0x7a69" : `0x${BigInt(`0x${params[0].data.slice(10)}`) === 3n ? Buffer.from(root).toString("hex") : "0".repeat(64)}`;
      if (method === "eth_call") t.is(params[0].to, `0x${Buffer.from(anchor.contract).toString("hex")}`);
      response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

test("the contract is asked for its root of a size, over JSON-RPC", async (t) => {
  const node = await startNode(t);
  const log = await chainLog({ rpc: node.url, contract: anchor.contract });
  t.is(log.chainId, 31337);
  t.deepEqual(log.contract, anchor.contract);
  t.deepEqual(new Uint8Array((await log.rootAt(3)) ?? []), root);
  t.is(await log.rootAt(4), undefined, "a root of zeros is none");
  t.deepEqual(node.calls, ["eth_chainId", "eth_call", "eth_call"]);
});
