import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { allBoards, boardNames } from "../../boards/boards.ts";
import { assay, jsonLines, startAssayWith, type Finished } from "./assay.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-boards-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** A machine without compilers for boards, the Moddable SDK and ESP-IDF. */
const bare = { environment: { PATH: join(folder, "nowhere"), MODDABLE: undefined, IDF_PATH: undefined } };

function onBareMachine(...parameters: string[]): Promise<Finished> {
  return startAssayWith(bare, ...parameters).finished;
}

/** A board that needs a program `machine` and builds nothing: its definition in a folder of its own. */
function outOfTree(name: string, source: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, "definition.ts"), source);
  return path;
}

test("assay boards lists each board with chip, memory and what has been shown of it", async (t) => {
  const { exitCode, stdout, stderr } = await assay("boards");
  t.is(exitCode, 0, stderr);
  for (const name of ["esp32", "esp32c3", "esp32c6", "esp32s3", "linux", "mps2-an500", "pi", "pi-armhf"]) t.true(boardNames().includes(name), name);
  for (const { name, title, chip, status } of await allBoards()) t.true(stdout.includes(`${name}  ${title}\n  ${chip}; `) && stdout.includes(`; ${status}\n`), name);
  t.regex(stdout, /esp32s3 {2}ESP32-S3 with 8 MB of flash\n {2}Xtensa LX7, 512 KB SRAM; 256 KB RAM, 3,072 KB flash; not yet run on hardware\n/);
  t.regex(stdout, /mps2-an500 .*\n {2}Cortex-M7 with DSP instructions; 320 KB RAM, 1,536 KB flash; emulated in tests\n/);
  t.regex(stdout, /pi {2}Raspberry Pi \(64-bit\)\n {2}ARMv8-A, Linux; plenty; tested on an emulated processor\n/);
});

test("assay boards --json gives an object per board, with what is found here", async (t) => {
  const { exitCode, stdout } = await onBareMachine("boards", "--json");
  t.is(exitCode, 0);
  const boards = jsonLines(stdout);
  t.deepEqual(boards.map(({ name }) => name), boardNames());
  t.like(boards.find(({ name }) => name === "esp32c6"), { chip: "RV32IMAC, 512 KB SRAM", ramBytes: 320 * 1024, flashBytes: 0x1d0000, status: "not yet run on hardware" });
  const { requirements } = boards.find(({ name }) => name === "esp32c6") as { requirements: { name: string; found: string | null; install: string }[] };
  t.deepEqual(requirements.map(({ name, found }) => [name, found]), [["Moddable SDK", null], ["ESP-IDF v6.0", null], ["riscv32-esp-elf-gcc", null]]);
});

test("assay doctor says what is missing, with the line that installs it, and ends with exit code 1", async (t) => {
  const { exitCode, stdout } = await onBareMachine("doctor", "--board", "esp32s3");
  t.is(exitCode, 1);
  t.regex(stdout, /^✓ Node\.js 24 {2}/m);
  t.regex(stdout, /^✗ gcc .*\n {4}install it: apt install gcc libc6-dev$/m);
  t.regex(stdout, /^✗ Moddable SDK .*, for esp32s3\n {4}install it: npx xs-dev setup$/m);
  t.regex(stdout, /^✗ ESP-IDF v6\.0 .*, for esp32s3\n {4}install it: git clone -b v6\.0 --recursive https:\/\/github\.com\/espressif\/esp-idf && /m);
  t.regex(stdout, /^✗ xtensa-esp32s3-elf-gcc .*, for esp32s3\n {4}install it: \. "\$IDF_PATH\/export\.sh"/m);
  t.false(stdout.includes("qemu"));
  const all = await onBareMachine("doctor", "--json");
  t.is(all.exitCode, 1);
  t.like(jsonLines(all.stdout).find(({ name }) => name === "riscv32-esp-elf-gcc"), { boards: ["esp32c3", "esp32c6"], found: null });
});

test("assay build for a board without its tools says all that is missing, with the lines", async (t) => {
  const app = join(import.meta.dirname, "..", "..", "examples", "vibration", "app.ts");
  for (const [board, line] of [["esp32c3", "Moddable SDK (checks, preloads and links apps; MODDABLE names it, its tools built): npx xs-dev setup"], ["mps2-an500", "arm-none-eabi-gcc (compiles the firmware): apt install gcc-arm-none-eabi"]] as const) {
    const { exitCode, stdout, stderr } = await onBareMachine("build", app, "--board", board);
    t.is(exitCode, 1);
    t.is(stdout, "");
    t.true(stderr.startsWith(`assay: expected what board ${board} needs on this machine, got none of:\n`) && stderr.includes(`  ${line}\n`), stderr);
  }
});

test("An unknown board is refused with the names of those that there are", async (t) => {
  for (const words of [["doctor", "--board", "esp8266"], ["build", "app.ts", "--board", "esp8266"], ["flash", "app.ts", "--board", "esp8266"], ["monitor", "--board", "esp8266"], ["doctor", "--board", join(folder, "nowhere")], ["doctor", "--board", "../boards/pi\n"]]) {
    const { exitCode, stderr } = await assay(...words);
    t.is(exitCode, 1);
    t.true(stderr.startsWith(`assay: expected a board (${boardNames().join(", ")}) or the path of a folder with a definition.ts, got ${words.at(-1)}`), stderr);
  }
});

test("A board of one's own is a folder anywhere", async (t) => {
  const path = outOfTree(
    "acme",
    `export default {
  name: "acme",
  title: "Acme's board",
  chip: "ACME-1",
  ramBytes: 65536,
  flashBytes: undefined,
  status: "not yet run on hardware",
  requirements: [{ name: "acme-cc", purpose: "compiles for the chip", find: () => undefined, install: "make acme-cc" }],
  async build(app: string, { output = ${JSON.stringify(folder)}, progress }: { output?: string; progress: (line: string) => void }) {
    progress(\`building \${app.split("/").at(-1)}\`);
    return { board: "acme", folder: output, files: { firmware: \`\${output}/acme.bin\` }, flash: { parts: [{ name: "all", bytes: 1000 }], limit: 4000 }, ram: { parts: [], limit: undefined }, notice: \`\${output}/NOTICE\` };
  },
  async flash() {},
  async monitor({ onLine }: { onLine: (line: string) => void }) {
    onLine("hello from acme");
  },
};
`,
  );
  const doctor = await assay("doctor", "--board", path);
  t.is(doctor.exitCode, 1);
  t.regex(doctor.stdout, /^✗ acme-cc {2}compiles for the chip, for acme\n {4}install it: make acme-cc$/m);
  const build = await assay("build", "my-app.ts", "--board", path, "--output", "/tmp/out");
  t.is(build.exitCode, 0, build.stderr);
  t.is(build.stderr, "building my-app.ts\n");
  t.regex(build.stdout, /all +1,000 B\n +together +1,000 B of 4,000 \(25 %\)/);
  t.regex(build.stdout, /firmware +\/tmp\/out\/acme\.bin/);
  t.is((await assay("monitor", "--board", `${path}/`)).stdout, "hello from acme\n");
});

test("A definition that is no board is refused", async (t) => {
  const { exitCode, stderr } = await assay("doctor", "--board", outOfTree("nothing", "export default 7;\n"));
  t.is(exitCode, 1);
  t.regex(stderr, /^assay: expected \S+definition\.ts to export a board as default, got number/);
});
