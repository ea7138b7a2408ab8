/** A pseudo terminal with a fake board at its other end, by Debian's socat: serialport opens it like any port. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A board on a pseudo terminal. */
export interface FakePty {
  /** of the terminal */
  readonly path: string;
  /** sends bytes to whoever has the terminal open */
  send(bytes: Uint8Array): void;
  /** takes the terminal away, as when a board is unplugged, until {@link plug} */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a terminal; what is written to it goes to `receive`, whose answer goes back. */
export async function openFakePty(receive: (bytes: Uint8Array) => Uint8Array): Promise<FakePty> {
  const folder = mkdtempSync(join(tmpdir(), "assay-pty-"));
  const path = join(folder, "tty");
  let socket: Socket | undefined;
  const server = createServer((connection) => {
    socket = connection;
    connection.setNoDelay(true);
    connection.on("data", (bytes) => connection.write(receive(bytes)));
    // The other side goes with its terminal.
    connection.on("error", () => connection.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const plug = async (): Promise<void> => {
    socket = undefined;
    child = spawn("socat", [`PTY,link=${path},raw,echo=0`, `TCP:127.0.0.1:${port}`], { stdio: "ignore" });
    const started = child;
    ended = new Promise((resolve) => started.once("exit", resolve));
    while (!existsSync(path) || socket === undefined) {
      if (child.exitCode !== null) throw new Error(`expected socat to stay, got exit code ${child.exitCode}`);
      await delay(10);
    }
  };
  const unplug = async (): Promise<void> => {
    // Not SIGTERM: socat sometimes stays in its own handler.
    child!.kill("SIGKILL");
    await ended;
    socket?.destroy();
    rmSync(path, { force: true });
  };
  await plug();
  return {
    path,
    send: (bytes) => void socket?.write(bytes),
    unplug,
    plug,
    close: async () => {
      await unplug();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
