/**
 * QEMU's RISC-V board with a small 32-bit core: rv32imac, as in an ESP32-C3. Start-up code and C library are picolibc's, which calls the program's name itself; code
 * and data share the board's memory at 0x80000000.
 */
import { semihosting, type EmulatedBoard } from "../emulated.ts";

const memory = ["__flash=0x80000000", "__flash_size=16M", "__ram=0x81000000", "__ram_size=48M"];

export const rv32Virt: EmulatedBoard = {
  name: "rv32-virt",
  compiler: "riscv64-unknown-elf-gcc",
  emulator: "qemu-system-riscv32",
  processor: ["-march=rv32imac", "-mabi=ilp32", "--specs=picolibc.specs"],
  sources: [],
  link: ["--crt0=semihost", "--oslib=semihost", ...memory.map((symbol) => `-Wl,--defsym=${symbol}`)],
  options: (program, parameters) => ["-M", "virt", "-m", "64M", "-bios", "none", "-nographic", "-semihosting-config", semihosting(parameters), "-kernel", program],
};
