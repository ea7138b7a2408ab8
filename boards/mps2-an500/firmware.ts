/** The firmware of an app for the MPS2+ board: XS, the runtime, natives and the app's image in one ELF file that QEMU, or a debugger, loads. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildApp } from "../../runtime/build.ts";
import { deviceModules, type BoardModules, type Resource } from "../../runtime/bundle.ts";
import { runProgram, withWorkshop, type DeviceOptions } from "../../runtime/device-build.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { firmwareDefines, firmwareKernels, kernelVariants } from "../../runtime/kernel-table.ts";
import type { Target } from "../../runtime/target.ts";
import { root } from "../emulated.ts";
import { mps2An500 } from "./board.ts";
import { startEmulator } from "./emulator.ts";
import { partitions } from "./partitions.ts";

const folder = join(import.meta.dirname, "firmware");

/** Memory of the machine: slots of 16 bytes, bytes, slots of the value stack, names beside those of XS and the image. */
export interface FirmwareMemory {
  readonly slots: number;
  readonly chunks: number;
  readonly values: number;
  readonly keys: number;
}

/** 192 KB of heap; the rest of the 320 KB is for stacks, tables and the model. */
export const FIRMWARE_MEMORY: FirmwareMemory = { slots: 8704, chunks: 56 * 1024, values: 1280, keys: 256 };

/** What XS's own objects take on 32 bits: measured, with a little to spare; the build fails at once if it is not enough. */
const BUILT_INS = { slots: 4160, chunks: 16_640, values: 640 } as const;

/** The processor, and XS with the same settings as on Linux. */
const target: Target = {
  name: "mps2-an500/firmware",
  board: folder,
  compiler: mps2An500.compiler,
  packages: "gcc-arm-none-eabi libnewlib-arm-none-eabi",
  machine: [
    ...mps2An500.processor,
    // lines for backtraces; they stay in the ELF file
    "-g1",
    // The compiler stores two words at once where they may be unaligned, which this processor refuses.
    "-DmxMisalignedSettersCrash=1",
    `-DBUILT_IN_SLOTS=${BUILT_INS.slots}`,
    `-DBUILT_IN_CHUNK_BYTES=${BUILT_INS.chunks}`,
    `-DBUILT_IN_VALUES=${BUILT_INS.values}`,
  ],
  optimization: ["-O2"],
  link: ["-T", join(folder, "memory.ld"), "--specs=nosys.specs", "-nostartfiles", "-Wl,--gc-sections", "-lm"],
  hasSockets: false,
  without: ["tflite/wasm", "tflite/kernels/simd", "tflite/kernels/table.c", "tflite/kernels/pick.c", "sensor"],
};

const modules: BoardModules = {
  ...deviceModules,
  "embedded:storage/key-value": "runtime/device/key-value-on-flash.ts",
  "assay/board/tls": "boards/mps2-an500/device/tls.ts",
  "assay/board/accelerometer": "boards/mps2-an500/device/accelerometer.ts",
  "assay/board/environment": "boards/mps2-an500/device/environment.ts",
};

/** Options of {@link buildFirmware}. */
export interface FirmwareOptions extends Pick<DeviceOptions, "progress"> {
  /** run the entry as it is, instead of the app that it exports (default false) */
  readonly script?: boolean;
  readonly memory?: FirmwareMemory;
  /** C files beside the firmware's own, absolute: natives of tests */
  readonly sources?: readonly string[];
  /** told which models the firmware will carry, before it is made */
  readonly onResources?: (resources: readonly Resource[]) => Promise<unknown>;
}

/** A firmware. */
export interface Firmware {
  /** absolute path of the ELF file */
  readonly elf: string;
  /** absolute path of the linker's map */
  readonly map: string;
  /** the app's image in it (`.xsa`) */
  readonly image: string;
  readonly codeBytes: number;
  /** what the built-ins of XS take of flash */
  readonly builtInBytes: number;
  readonly memory: FirmwareMemory;
}

/**
 * Builds the firmware of the app in `entry`.
 * @throws RuntimeError `NO_COMPILER`, `COMPILE_FAILED`, `BUNDLE_FAILED`, `BYTECODE_FAILED`, `NO_KERNEL`, `BUILD_LOCKED`
 */
export async function buildFirmware(entry: string, options: FirmwareOptions = {}): Promise<Firmware> {
  const { script = false, memory = FIRMWARE_MEMORY, sources = [], progress } = options;
  let resources: readonly Resource[] = [];
  const image = await buildApp(entry, {
    script,
    modules,
    ...(progress === undefined ? {} : { progress }),
    onResources: async (found) => {
      resources = found;
      await options.onResources?.(found);
    },
  });
  const models = resources.filter(({ name }) => name.endsWith(".tflite")).map(({ file }) => new Uint8Array(readFileSync(file)));
  const name = `${image.file.replace(/^.*\//, "").replace(/\.xsa$/, "")}${sources.length === 0 ? "" : "-with-sources"}`;
  return withWorkshop(target, progress === undefined ? {} : { progress }, async ({ recipe, deviceUnits, linkDevice, write }) => {
    const defines = models.length === 0 ? ["-DTFLITE_TERSE"] : firmwareDefines(models);
    // The engine's objects depend on the models' types: one folder for each combination.
    const engineSet = `engine-${createHash("sha256").update(defines.join()).digest("hex").slice(0, 8)}`;
    const units = deviceUnits.map((unit) => (unit.source.includes("/modules/tflite/") ? { ...unit, flags: [...unit.flags, ...defines], object: join(engineSet, unit.object) } : unit));
    const digest = createHash("sha256").update(readFileSync(image.file)).digest("hex");
    mkdirSync(join(root, "build", target.name), { recursive: true });
    const map = join(root, "build", target.name, `${name}.map`);
    const generated = [
      write({ name: `${name}-kernels`, text: firmwareKernels(models, kernelVariants["cortex-m-dsp"]), flags: [`-I${join(root, "modules", "tflite")}`, ...defines] }),
      write({ name: `${name}-settings`, text: settings(memory), flags: [`-I${folder}`] }),
      // The digest makes the compiler see that the image has changed.
      write({ name: `${name}-image`, text: imageSource(image.file, digest) }),
    ];
    const extra = sources.map((source) => recipe.generated(source, [`-I${folder}`]));
    const empty = await linkDevice(`${name}.elf`, [...units, ...generated, ...extra], [`-Wl,-Map=${map}`]);
    progress?.("making the built-ins of XS");
    const elf = join(root, "build", target.name, `${name}-whole.elf`);
    const builtInBytes = await makeBuiltIns(empty, elf);
    return { elf, map, image: image.file, codeBytes: image.codeBytes, builtInBytes, memory };
  });
}

/** Where the built-ins stand: memory.ld and built-ins.c. */
const PLACE = { address: 0x160000, bytes: 128 * 1024 } as const;
const MADE = 0x4d414445;

/**
 * Lets a firmware whose place for the built-ins is empty make them, and puts what it made there; returns how many bytes that are.
 * @throws RuntimeError `COMPILE_FAILED` if it does not make them; BoardError `MISSING_REQUIREMENT` without QEMU
 */
async function makeBuiltIns(empty: string, whole: string): Promise<number> {
  const stamp = `${whole}.made-of`;
  const digest = createHash("sha256").update(readFileSync(empty)).digest("hex");
  if (existsSync(whole) && existsSync(stamp)) {
    const [of, bytes] = readFileSync(stamp, "utf8").split(" ");
    if (of === digest) return Number(bytes);
  }
  const scratch = mkdtempSync(join(tmpdir(), "assay-built-ins-"));
  try {
    const lines: string[] = [];
    const made = Promise.withResolvers<void>();
    const emulator = await startEmulator({ elf: empty, onLine: (line) => (lines.push(line), line === "assay: built-ins made" && made.resolve()) });
    const place = join(scratch, "built-ins");
    try {
      const ended = emulator.ended.then((code) => Promise.reject(new RuntimeError("COMPILE_FAILED", `expected the firmware to make the built-ins of XS, got exit code ${code}: ${lines.join("; ")}`)));
      const late = AbortSignal.timeout(60_000);
      const tooLate = new Promise<never>((_, reject) => late.addEventListener("abort", () => reject(new RuntimeError("COMPILE_FAILED", `expected the firmware to make the built-ins of XS within 60 s, got: ${lines.join("; ")}`))));
      await Promise.race([made.promise, ended, tooLate]);
      ended.catch(() => {});
      await emulator.saveMemory(PLACE.address, PLACE.bytes, place);
    } finally {
      await emulator.cutPower();
    }
    const bytes = readFileSync(place);
    if (bytes.readUInt32LE(0) !== MADE) throw new RuntimeError("COMPILE_FAILED", "expected the built-ins of XS at their place, got other bytes");
    const used = bytes.readUInt32LE(8);
    copyFileSync(empty, join(scratch, "whole.elf"));
    const { status, output } = await runProgram("arm-none-eabi-objcopy", ["--update-section", `.built_ins=${place}`, join(scratch, "whole.elf")], scratch);
    if (status !== 0) throw new RuntimeError("COMPILE_FAILED", `expected objcopy to put the built-ins into the firmware, got:\n${output.trim()}`);
    copyFileSync(join(scratch, "whole.elf"), `${whole}.unfinished`);
    renameSync(`${whole}.unfinished`, whole);
    writeFileSync(stamp, `${digest} ${used}`);
    return used;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function settings({ slots, chunks, values, keys }: FirmwareMemory): string {
  const rows = partitions.map(({ name, offset, bytes }) => `    { "${name}", ${offset}u, ${bytes}u },\n`).join("");
  return `/* Generated from firmware.ts and partitions.ts: the memory of the machine, and the flash chip. */
#include "mps2.h"

const assay_limits mps2_limits = { .slots = ${slots}, .chunks = ${chunks}, .values = ${values}, .keys = ${keys} };
const flash_partition mps2_partitions[] = {
${rows}};
const size_t mps2_partition_count = sizeof mps2_partitions / sizeof mps2_partitions[0];
`;
}

function imageSource(file: string, digest: string): string {
  return `/* Generated: the app's image, in place in flash. SHA-256 ${digest} */
__asm__(".section .image, \\"a\\"\\n\\t.balign 16\\n\\t.global assay_app, assay_app_end\\n\\tassay_app: .incbin ${JSON.stringify(file).replaceAll('"', '\\"')}\\n\\tassay_app_end:\\n\\t.byte 0\\n\\t.previous");
`;
}
