/** What the firmware says when it cannot go on, and that it goes on after that. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { BoardError } from "../../boards/board-error.ts";
import definition, { checkUse, ramUse } from "../../boards/mps2-an500/definition.ts";
import { buildFirmware } from "../../boards/mps2-an500/firmware.ts";
import { startBroker } from "../../host-sim/broker.ts";
import type { BootEvent } from "../../host-sim/events.ts";
import { testWithPrograms } from "../requirements.ts";
import { mps2Programs, VirtualBoard, writeScript } from "./virtual-mps2.ts";

const faults = join(import.meta.dirname, "faults.c");

/** What a script does wrong; what the line says of it. The script's frames have these names. */
const wrongs: Readonly<Record<string, { source: string; says: RegExp; native?: string }>> = {
  firmware: { source: `native("xs_test_writeFirmware")()`, says: /^assay: panic: memory fault at 0x00001000, pc 0x[0-9a-f]{8}, lr 0x[0-9a-f]{8}$/, native: "xs_test_writeFirmware" },
  chip: { source: `native("xs_test_writeChip")()`, says: /^assay: panic: memory fault at 0x60001000, pc 0x/, native: "xs_test_writeChip" },
  nowhere: { source: `native("xs_test_readNowhere")()`, says: /^assay: panic: bus fault at 0x80000000, pc 0x/, native: "xs_test_readNowhere" },
  instruction: { source: `native("xs_test_badInstruction")()`, says: /^assay: panic: usage fault: no such instruction, pc 0x/, native: "xs_test_badInstruction" },
  overflow: { source: `native("xs_test_overflow")()`, says: /^assay: panic: stack overflow/, native: "recurse" },
  slots: { source: `let all: object = {}; for (;;) all = { all };`, says: /^assay: out of memory: the heap of slots is full \(limits: \d+ slots/ },
  chunks: { source: `const all: Uint8Array[] = []; for (;;) all.push(new Uint8Array(1000));`, says: /^assay: out of memory: the heap of chunks is full/ },
  exception: { source: `throw new TypeError("as told");`, says: /^assay: uncaught TypeError: as told$/ },
  recursion: { source: `(function again(): number { return again() + 1; })()`, says: /^assay: uncaught RangeError: stack overflow$/ },
  watchdog: { source: `for (;;) continue;`, says: /^assay: panic: watchdog: the event loop has not turned for 10 seconds, pc 0x/ },
};

function script(t: ExecutionContext): string {
  const cases = Object.entries(wrongs).map(([name, { source }]) => `  ${name}() { ${source} },`);
  return writeScript(t, `import config from "mc/config";\nimport Timer from "timer";\nconst wrongs: Record<string, () => void> = {\n${cases.join("\n")}\n};\nconsole.log("boot");\nfunction provoke(): void {\n  wrongs[String(config["wrong"])]!();\n}\nTimer.set(provoke, 1);\n`);
}

testWithPrograms(mps2Programs, "A fault, an overflow of the stack, an exhausted heap or a hang is named in a line with a backtrace that names functions, and followed by a reset", async (t) => {
  const { elf } = await buildFirmware(script(t), { script: true, sources: [faults] });
  await Promise.all(
    Object.entries(wrongs).map(async ([name, { says, native }]) => {
      const data = mkdtempSync(join(tmpdir(), "assay-fault-"));
      t.teardown(() => rmSync(data, { recursive: true }));
      const config = join(data, "config.json");
      writeFileSync(config, JSON.stringify({ wrong: name }));
      const signal = new AbortController().signal;
      await definition.flash({ board: "mps2-an500", folder: data, files: { elf }, flash: { parts: [], limit: undefined }, ram: { parts: [], limit: undefined }, notice: "" }, { data, config, progress: () => {}, signal });
      const lines: string[] = [];
      const ending = new AbortController();
      // Until it has booted again: that is the reset.
      await definition.monitor({ data, progress: () => {}, signal: ending.signal, onLine: (line) => void (lines.push(line), lines.filter((each) => each === "boot").length === 2 && ending.abort()) });
      const said = lines.join("\n");
      const at = lines.findIndex((line) => says.test(line));
      t.true(at > 0, `${name}: expected ${says}, got:\n${said}`);
      const report = lines.slice(at + 1, lines.indexOf("boot", at));
      t.true(report.some((line) => /script\.ts:\d+\)/.test(line)), `${name}: expected the TypeScript line, got:\n${said}`);
      t.true(report.some((line) => /^assay: reset/.test(line)), `${name}: expected a reset, got:\n${said}`);
      if (native !== undefined) t.true(report.some((line) => line.startsWith("assay: backtrace 0x")) && report.some((line) => line.includes(`in ${native} at faults.c`) || line.includes(`in ${native} at`)), `${name}: expected ${native} in the backtrace, got:\n${said}`);
    }),
  );
});

/** An app whose sensor breaks the firmware after 45 samples of each boot. */
const breaking = `
import { defineApp, strongest } from "assay/app";
import { standardize } from "assay/features";
import model from "${join(import.meta.dirname, "..", "..", "examples", "machine-health", "model.tflite")}";
const sensor = { name: "breaking", channels: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], rateHz: 100, open() {
  let count = 0;
  const values = new Float64Array(10);
  return { sample: () => { if (++count > 45) native<() => void>("xs_test_writeFirmware")(); return values; }, close() {} };
} };
const features = standardize({ mean: Array(10).fill(0), deviation: Array(10).fill(1) });
export default defineApp({ name: "breaking", version: "0.1.0", sensor, window: { length: 32, hop: 1 }, features, model, interpret: strongest(["idle", "compute", "io"]) });
`;

testWithPrograms(mps2Programs, "After a fault the chain of statements goes on where it was", async (t) => {
  const { elf } = await buildFirmware(writeScript(t, breaking), { sources: [faults] });
  const broker = await startBroker({ port: 0 });
  const board = new VirtualBoard(t, elf);
  t.teardown(() => broker.close());
  board.flash({ config: { broker: { host: broker.host, port: broker.port } } });
  await board.start();
  const third = await board.until("the third boot", ({ events }) => events.find((event): event is BootEvent => event.event === "boot" && event.bootCount === 3));
  await board.cutPower();
  const sequences = board.events.flatMap((event) => (event.event === "boot" || event.event === "statement" ? [event.sequence] : []));
  t.deepEqual(sequences, Array.from({ length: sequences.length }, (_, index) => index));
  t.true(third.sequence >= 2 * 14, `${third.sequence} statements in two boots of 45 samples`);
  t.is(board.lines.filter((line) => line.startsWith("assay: panic: memory fault at 0x00001000")).length, 2);
});

testWithPrograms(mps2Programs, "What the build says of the RAM is what the firmware takes, with little to spare", async (t) => {
  const source = breaking.replace("let count = 0;", 'console.log("left " + native<() => number>("xs_test_heapLeft")()); let count = 0;');
  const firmware = await buildFirmware(writeScript(t, source), { sources: [faults] });
  const board = new VirtualBoard(t, firmware.elf);
  board.flash({ config: { broker: { host: "127.0.0.1", port: 1 } } });
  await board.start();
  const boot = await board.until("its boot", ({ events }) => events.find((event): event is BootEvent => event.event === "boot"));
  const line = await board.until("what is left", ({ lines }) => lines.find((text) => text.startsWith("left ")));
  const { parts, limit } = ramUse(firmware, boot.arenaBytes);
  const [left, predicted] = [Number(line.slice(5)), limit! - parts.reduce((sum, { bytes }) => sum + bytes, 0)];
  const refused = t.throws(() => checkUse("RAM", ramUse(firmware, boot.arenaBytes + predicted + 1)), { instanceOf: BoardError });
  t.is(refused.code, "IMAGE_TOO_LARGE");
  t.regex(refused.message, /^expected an app that takes at most 327,680 bytes of RAM on board mps2-an500, got 327,681 \(heap: slots /);
  t.log(`${left} bytes of C heap left, ${predicted} foretold`);
  t.true(left >= predicted && left < predicted + 8192, `${left} left, ${predicted} foretold`);
});
