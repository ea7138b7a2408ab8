/**
 * Verifies the vector statements and their receipts, with every way to a network closed, and prints what it got: one JSON line. Started by
 * offline.test.ts, in a network namespace of its own.
 */
import dgram from "node:dgram";
import dns from "node:dns";
import { readFileSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { join } from "node:path";
import tls from "node:tls";

const touched: string[] = [];
const closed =
  (name: string) =>
  (): never => {
    touched.push(name);
    throw new Error(`${name} was called`);
  };

for (const [name, room, functions] of [
  ["net", net, ["connect", "createConnection", "createServer"]],
  ["net.Socket", net.Socket.prototype, ["connect"]],
  ["tls", tls, ["connect", "createServer"]],
  ["dgram", dgram, ["createSocket"]],
  ["dns", dns, ["lookup", "resolve", "resolve4", "resolve6"]],
  ["dns.promises", dns.promises, ["lookup", "resolve", "resolve4", "resolve6"]],
  ["http", http, ["request", "get"]],
  ["https", https, ["request", "get"]],
  ["http2", http2, ["connect"]],
  ["global", globalThis, ["fetch", "WebSocket"]],
] as const)
  for (const one of functions) (room as unknown as Record<string, unknown>)[one] = closed(`${name}.${one}`);
syncBuiltinESMExports();

/** Whether the bars hold: all of these have to throw. */
const barred = [() => fetch("http://127.0.0.1"), () => net.connect(80, "127.0.0.1"), () => http.get("http://127.0.0.1"), () => dns.lookup("localhost", () => {})].filter((attempt) => {
  try {
    void attempt();
    return false;
  } catch {
    return true;
  }
}).length;
touched.length = 0;

/** Interfaces of this namespace, as the kernel lists them, and whether the only one is up. */
const interfaces = readFileSync("/proc/net/dev", "utf8").split("\n").slice(2).map((line) => line.split(":")[0]?.trim()).filter((name) => name !== "");

// Loaded now, so that what they load finds the bars in place.
const { verdicts, vectors } = await import("./vectors.ts");
const results = vectors(["assay-1", "assay-p256-1"].map((name) => readFileSync(join(import.meta.dirname, "../vectors", `${name}.json`), "utf8"))).map(verdicts);
console.log(JSON.stringify({ barred, interfaces, touched, results }));
