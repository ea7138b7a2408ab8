/** The natives of the emulated Cortex-M7: the rules of its flash, its one link, and what they say to arguments that make no sense. */
import { buildFirmware } from "../../boards/mps2-an500/firmware.ts";
import { testWithPrograms } from "../requirements.ts";
import { mps2Programs, VirtualBoard, writeScript } from "./virtual-mps2.ts";

const source = `
import board from "assay/board";
import TLS from "assay/board/tls";
import { openTrace } from "assay/trace";
import TCP from "embedded:io/socket/tcp";
import flash from "embedded:storage/flash";
import keyValue from "embedded:storage/key-value";

const said = (name: string, work: () => unknown): void => {
  try {
    console.log(name, JSON.stringify(work()));
  } catch (error) {
    console.log(name, (error as { code?: string }).code ?? (error as Error).name, (error as Error).message);
  }
};
const bytes = (buffer: ArrayBuffer | undefined): number[] => [...new Uint8Array(buffer!)];
const outbox = flash.open({ path: "outbox" });
said("geometry", () => outbox.status());
said("erased", () => bytes(outbox.read(2, 4096)));
said("programmed", () => (outbox.write(Uint8Array.of(0x0f, 0xff), 4096), outbox.write(Uint8Array.of(0xf3, 0x55), 4096), bytes(outbox.read(2, 4096))));
said("erased again", () => (outbox.eraseBlock(1), bytes(outbox.read(2, 4096))));
said("beyond", () => outbox.read(2, 262143));
said("write beyond", () => outbox.write(new Uint8Array(2), 262143));
said("not a number", () => outbox.write(new Uint8Array(2), Number.NaN));
said("block beyond", () => outbox.eraseBlock(64));
said("no partition", () => flash.open({ path: "nothing" }));
said("closed", () => (outbox.close(), outbox.status()));
const store = keyValue.open({ path: "identity" });
said("value", () => (store.write("k", Uint8Array.of(7)), bytes(store.read("k"))));
said("key", () => store.write("../k", new Uint8Array(1)));
said("trace", () => openTrace("/etc/passwd"));
said("no trace", () => openTrace("trace"));
said("entropy", () => board.entropy(16).byteLength);
said("too much", () => board.entropy(4096));
const socket = new TCP({ host: "link", port: 1883 });
said("second socket", () => new TCP({ host: "link", port: 1883 }));
said("not open yet", () => socket.write(new Uint8Array(1)));
said("nothing yet", () => socket.read() === undefined);
said("TLS", () => new TLS({ host: "link", port: 8883 }));
socket.close();
said("closed socket", () => socket.write(new Uint8Array(1)));
said("memory", () => { const { slots, chunkBytes } = board.memory(); return [slots, chunkBytes]; });
said("no parser", () => new Function("return 1")());
board.exit(0);
`;

testWithPrograms(mps2Programs, "The flash has a flash's rules, the link takes one socket, and arguments that make no sense are errors", async (t) => {
  const { elf, memory } = await buildFirmware(writeScript(t, source), { script: true });
  const board = new VirtualBoard(t, elf);
  await board.start();
  t.is(await board.ended(), 0);
  t.deepEqual(board.lines, [
    'geometry {"size":262144,"blockLength":4096,"blocks":64,"writeAlign":1,"eraseValue":255}',
    "erased [255,255]",
    "programmed [3,85]",
    "erased again [255,255]",
    "beyond RangeError expected bytes within 262144 of flash, got 2 at 262143",
    "write beyond RangeError expected bytes within 262144 of flash, got 2 at 262143",
    "not a number RangeError expected bytes within 262144 of flash, got 2 at nan",
    "block beyond RangeError expected blocks within 0 to 64, got 64 to 65",
    "no partition ENOENT flash: expected a partition of this board, got nothing",
    "closed TypeError expected an open flash partition, got a closed one",
    "value [7]",
    'key EINVAL key-value: expected a key of 1 to 64 letters, digits, "_", "-" and ".", not beginning with ".", got another',
    "trace ENOENT recording: expected trace, the flash partition, got /etc/passwd",
    "no trace ENOENT recording: expected one in the flash partition trace, got none; flash the board with --trace FILE",
    "entropy 16",
    "too much RangeError entropy: expected a number of bytes from 0 to 1024",
    "second socket EMFILE tcp: expected at most one socket at a time, since this board has one link, got one more",
    "not open yet ENOTCONN tcp write: expected a connected socket, got one that is not",
    "nothing yet true",
    "TLS TLS_UNSUPPORTED expected a connection without TLS: this board's link is a UART, which cannot tell who is at its other end; leave config.broker.tls out",
    "closed socket Error TCP write: expected an open socket, got a closed one",
    `memory [${memory.slots},${memory.chunks}]`,
    "no parser EvalError expected compiled code, got source text: this device has no parser, so eval and Function do not work",
  ]);
});
