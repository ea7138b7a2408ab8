/** Real brokers for tests, on loopback. */
import { Aedes } from "aedes";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** A broker that can be reached through a gate: the gate cuts connections as a bad network does. */
export interface Broker {
  readonly port: number;
  /** delivers in order to a subscriber that comes back; aedes 1.2 mixes what it kept for it with what is new */
  readonly keepsOrder: boolean;
  /** cuts all connections; the broker keeps the sessions */
  cut(): void;
  /** takes no connections until `open` */
  shut(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A TCP server on an ephemeral port whose connections can be cut, and which can be shut and opened on the same port. */
export async function gate(onConnection: (socket: Socket) => void): Promise<Omit<Broker, "stop" | "keepsOrder">> {
  const sockets = new Set<Socket>();
  let server = createServer();
  const take = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    onConnection(socket);
  };
  const port = await listen(server.on("connection", take));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    cut,
    shut: async () => {
      server.close();
      cut();
      await once(server, "close");
    },
    open: async () => {
      server = createServer(take);
      await listen(server, port);
    },
  };
}

/** aedes in this process. */
export async function startAedes(): Promise<Broker> {
  const broker = await Aedes.createBroker();
  const front = await gate((socket) => void broker.handle(socket));
  return {
    ...front,
    keepsOrder: false,
    stop: async () => {
      await front.shut();
      await new Promise<void>((resolve) => broker.close(resolve));
    },
  };
}

/** Mosquitto as a process. */
export async function startMosquitto(program: string): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "assay-mosquitto-"));
  // A socket in the file system: a port that was free a moment ago may not be any more.
  const path = join(folder, "socket");
  const config = join(folder, "mosquitto.conf");
  writeFileSync(config, `listener 0 ${path}\nallow_anonymous true\npersistence false\nlog_dest stderr\nuser ${userInfo().username}\n`);
  const child: ChildProcess = spawn(program, ["-c", config], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr!.on("data", (chunk) => (log += String(chunk)));
  for (let waited = 0; !log.includes("running"); waited += 20) {
    if (waited > 5000 || child.exitCode !== null) {
      child.kill();
      throw new Error(`expected Mosquitto to start, got: ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const front = await gate((socket) => {
    const other = connect(path);
    socket.pipe(other).pipe(socket);
    socket.on("close", () => other.destroy());
    other.on("close", () => socket.destroy()).on("error", () => socket.destroy());
  });
  return {
    ...front,
    keepsOrder: true,
    stop: async () => {
      await front.shut();
      const exit = once(child, "exit");
      child.kill();
      await exit;
      rmSync(folder, { recursive: true });
    },
  };
}
