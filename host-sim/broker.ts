/**
 * A broker inside this process (aedes, MQTT 3.1.1), for simulation and tests.
 */
import { createServer, type AddressInfo } from "node:net";
import { Aedes } from "aedes";
import { HostSimError } from "./host-sim-error.ts";

/** A running broker. */
export interface Broker {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** such as mqtt://127.0.0.1:1883 */
  readonly url: string;
  /** drops all connections and stops listening */
  close(): Promise<void>;
}

/**
 * Starts a broker on the loopback interface.
 *
 * @param options.port TCP port; 0 picks a free one
 * @throws HostSimError `PORT_IN_USE`
 */
export async function startBroker(options: { readonly port: number }): Promise<Broker> {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port, "127.0.0.1", resolve);
    });
  } catch (cause) {
    // Its timers would keep the process alive.
    await new Promise<void>((resolve) => aedes.close(resolve));
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new HostSimError("PORT_IN_USE", `port ${options.port} is in use: stop the other broker, or choose another port with --broker-port (0 picks a free one)`, { cause });
  }
  const { port } = server.address() as AddressInfo;
  return {
    host: "127.0.0.1",
    port,
    url: `mqtt://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(resolve));
      await closed;
    },
  };
}
