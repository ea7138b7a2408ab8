/** The newest block for the devices, retained: a statement that carries its hash was made after it. */
import { beaconTopic } from "assay/statement/topics";
import { encodeBeacon } from "assay/statement/messages";
import type { PublicClient } from "viem";
import type { Publisher } from "./broker.ts";
import type { Counters } from "./counters.ts";
import { chainError } from "./log-contract.ts";

export class BeaconSender {
  private readonly client: PublicClient;
  private readonly publisher: Publisher;
  private readonly counters: Counters;
  private last: string | undefined;

  constructor(client: PublicClient, publisher: Publisher, counters: Counters) {
    this.client = client;
    this.publisher = publisher;
    this.counters = counters;
  }

  /**
   * Publishes the newest block, if there is a new one.
   *
   * @throws {GatewayError} `RPC_UNREACHABLE`
   */
  async send(): Promise<void> {
    const block = await this.client.getBlock({ blockTag: "latest" }).catch((error: unknown) => {
      throw chainError(error);
    });
    if (block.hash === this.last) return;
    await this.publisher.publish(beaconTopic, encodeBeacon({ number: Number(block.number), hash: new Uint8Array(Buffer.from(block.hash.slice(2), "hex")) }), { retain: true });
    this.last = block.hash;
    this.counters.beacons++;
  }
}
