/** The firmware of the emulated Cortex-M7, with everything around it real: Mosquitto, a chain, a gateway. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodePublicKey } from "assay/statement/cose-key";
import { anvilAccount } from "../../contracts/anvil.ts";
import { enrol } from "../../cli/enrol.ts";
import type { AckEvent, BootEvent, IdentityEvent } from "../../host-sim/events.ts";
import { buildWorld, until } from "../gateway/world.ts";
import { startMosquitto } from "../mqtt/brokers.ts";
import { programPath, testWithPrograms } from "../requirements.ts";
import { buildForMps2, mps2Programs, VirtualBoard } from "./virtual-mps2.ts";

const example = join(import.meta.dirname, "..", "..", "examples", "machine-health");

testWithPrograms([...mps2Programs, "mosquitto"], "The firmware boots, runs the app on a recording, gets acks by Mosquitto, goes on after a reset and after a power cut, and the gateway refuses nothing", async (t) => {
  const board = new VirtualBoard(t, await buildForMps2(t, join(example, "app.ts")));
  const [world, mosquitto] = await Promise.all([buildWorld(t), startMosquitto(programPath("mosquitto")!)]);
  t.teardown(() => mosquitto.stop());

  const owner = anvilAccount(1);
  board.flash({ config: { provision: true, register: { chainId: world.deployment.chainId, registry: world.deployment.registry, owner: owner.address } } });
  await board.start();
  const { device, publicKey, simulator, registration } = await board.until("its identity", ({ events }) => events.find((event): event is IdentityEvent => event.event === "identity"));
  t.is(await board.ended(), 0);
  const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
  await enrol([{ id: device, publicKey: decodePublicKey(bytes(publicKey)), simulator, proof: bytes(registration!.proof) }], { rpcUrl: world.anvil.rpcUrl, registry: world.deployment.registry, owner });
  const gateway = await world.gateway({ brokerUrl: `mqtt://127.0.0.1:${mosquitto.port}` });

  board.flash({ config: { broker: { host: "127.0.0.1", port: mosquitto.port }, trace: { speed: 10, repeat: true } }, trace: readFileSync(join(example, "data", "io-copy.csv"), "utf8") });
  await board.start();
  const ackedAfter = (boots: number) => board.until(`acks in boot ${boots}`, ({ events }) => {
    const boot = events.findLastIndex((event) => event.event === "boot" && event.bootCount === boots);
    const first = events[boot] as BootEvent | undefined;
    return events.slice(boot).find((event): event is AckEvent => first !== undefined && event.event === "ack" && event.sequence >= first.sequence + 5);
  });
  await ackedAfter(1);
  await board.reset();
  await ackedAfter(2);
  await board.cutPower();
  await board.start();
  const { sequence } = await ackedAfter(3);

  const boots = board.events.filter((event) => event.event === "boot");
  t.deepEqual(boots.map(({ bootCount, device: id, app, kernels, selfCheck }) => ({ bootCount, id, app, kernels, selfCheck })), [1, 2, 3].map((bootCount) => ({ bootCount, id: device, app: "machine-health", kernels: "cortex-m-dsp", selfCheck: true })));
  const sequences = board.events.flatMap((event) => (event.event === "boot" || event.event === "statement" ? [event.sequence] : []));
  t.true(sequences.every((number, index) => index === 0 || number > sequences[index - 1]!), "no number is given twice");
  // The gateway takes a statement only behind the one before it, so these are all up to the last.
  await until("everything that was acknowledged in the log", () => gateway.counters().stored > sequence);
  const { rejectedBy, rejected } = gateway.counters();
  t.is(rejected, 0, JSON.stringify(rejectedBy));
  t.true(boots.every(({ slots, slotsUsed, chunkBytes, chunkBytesUsed }) => slotsUsed < slots && chunkBytesUsed < chunkBytes));
});
