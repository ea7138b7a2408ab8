/**
 * The log over HTTP, read-only, as C2SP tlog-tiles has it: `/checkpoint`, and the tiles and entries of the newest checkpoint.
 * Everything but the checkpoint never changes, so any cache in front may keep it.
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CheckpointNotes } from "./checkpoint-note.ts";
import { GatewayError, reasonOf } from "./gateway-error.ts";
import type { MerkleLog } from "./log.ts";
import type { Logger } from "./logger.ts";
import type { Store } from "./store.ts";
import { HASH_BYTES, TILE_WIDTH } from "./tile.ts";
import { parseTilePath } from "./tile-path.ts";
import type { TilePath } from "./tile-path.ts";

export interface LogServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly store: Store;
  readonly log: MerkleLog;
  readonly notes: CheckpointNotes;
  readonly logger: Logger;
}

export interface LogServer {
  /** http://host:port */
  readonly url: string;
  close(): Promise<void>;
}

const FOREVER = "public, max-age=31536000, immutable";
/** The checkpoint, and what is not there yet. */
const NOT_KEPT = "no-store";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly caching: string;
  readonly body: Uint8Array;
}

/** @throws {GatewayError} `HTTP_FAILED` */
export async function serveLog(options: LogServerOptions): Promise<LogServer> {
  const { host, port, logger } = options;
  const server = createServer({ maxHeaderSize: 8 * 1024, requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    answer(request, options)
      .catch((error: unknown): Answer => {
        logger.warn({ code: error instanceof GatewayError ? error.code : undefined, reason: reasonOf(error), path: request.url }, "an HTTP request could not be answered");
        return text(503, "the log cannot be read now\n");
      })
      .then((ready) => send(request, response, ready));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new GatewayError("HTTP_FAILED", `expected to listen on ${host}:${port}: ${reasonOf(cause)}; give another --http`, { cause })));
    server.listen(port, host, resolve);
  });
  // After the start there is nobody to throw at.
  server.removeAllListeners("error").on("error", (error) => logger.warn({ code: "HTTP_FAILED", reason: reasonOf(error) }, "the HTTP server failed"));
  const place = server.address() as AddressInfo;
  return {
    url: `http://${place.family === "IPv6" ? `[${place.address}]` : place.address}:${place.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, options: LogServerOptions): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") return text(405, "only GET and HEAD\n");
  const note = options.notes.newest;
  if (note === undefined) return text(404, "no checkpoint yet\n");
  if (request.url === "/checkpoint") return { status: 200, type: "text/plain; charset=utf-8", caching: NOT_KEPT, body: note.bytes };
  const path = parseTilePath(request.url ?? "");
  const body = path === undefined ? undefined : path.level === "entries" ? await entries(path, note.size, options) : await tile(path.level, path, note.size, options);
  return body === undefined ? text(404, "not in this log\n") : { status: 200, type: "application/octet-stream", caching: FOREVER, body };
}

async function tile(level: number, { index, width }: TilePath, size: number, { log }: LogServerOptions): Promise<Uint8Array | undefined> {
  if (index * TILE_WIDTH + width > Math.floor(size / TILE_WIDTH ** level)) return undefined;
  // The log may have grown beyond the checkpoint: a partial tile is the beginning of what is there.
  return (await log.readTile({ level, index }))?.subarray(0, width * HASH_BYTES);
}

/** An entry bundle: each entry after its length as a big-endian uint16. Statements and the policy are far below 64 KiB. */
async function entries({ index, width }: TilePath, size: number, { store }: LogServerOptions): Promise<Uint8Array | undefined> {
  if (index * TILE_WIDTH + width > size) return undefined;
  const found = await store.entries(index * TILE_WIDTH, width);
  if (found.length !== width) throw new GatewayError("STORE_FAILED", `expected ${width} entries from ${index * TILE_WIDTH} on, got ${found.length}; is the store damaged?`);
  return Buffer.concat(
    found.flatMap(({ bytes }) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function text(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", caching: NOT_KEPT, body: Buffer.from(body) };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, caching, body }: Answer): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": body.length,
    "cache-control": caching,
    // All of it is public: a verifier in a browser may come from anywhere.
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
