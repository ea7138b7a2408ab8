/** What builds for ESP32 boards need on this machine. */
import type { Requirement } from "../board.ts";
import { findProgram } from "../requirements.ts";
import { idfFolder, moddableFolder, type Esp32Board } from "./build.ts";

const IDF = "git clone -b v6.0 --recursive https://github.com/espressif/esp-idf && esp-idf/install.sh esp32,esp32s3,esp32c3,esp32c6 && export IDF_PATH=$PWD/esp-idf";

/** The compilers that the Moddable SDK calls. */
const COMPILERS: Readonly<Record<Esp32Board, string>> = {
  esp32: "xtensa-esp32-elf-gcc",
  esp32s3: "xtensa-esp32s3-elf-gcc",
  esp32c3: "riscv32-esp-elf-gcc",
  esp32c6: "riscv32-esp-elf-gcc",
};

/** Without it nothing is built. */
export const moddableSdk: Requirement = {
  name: "Moddable SDK",
  purpose: "checks, preloads and links apps; MODDABLE names it, its tools built",
  find: () => moddableFolder(),
  install: "npx xs-dev setup",
};

/** Without these an app is linked, and nothing is compiled for the chip. */
export function firmwareRequirements(board: Esp32Board): readonly Requirement[] {
  const compiler = COMPILERS[board];
  return [
    { name: "ESP-IDF v6.0", purpose: "compiles the firmware; IDF_PATH names it", find: () => idfFolder(), install: IDF },
    { name: compiler, purpose: "compiles for the chip", find: () => findProgram(compiler), install: '. "$IDF_PATH/export.sh" (it puts ESP-IDF\'s compilers on the PATH of this shell)' },
  ];
}
