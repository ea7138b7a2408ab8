/**
 * What a program for Linux needs of the machine that runs it, read from the program itself (System V ABI, "gABI"; symbol versions after the Linux Standard Base §10.7).
 * Pure.
 */

/** What a program needs. */
export interface ProgramNeeds {
  /** number of its processor (`e_machine`): 62 x86-64, 183 AArch64, 40 Arm, 243 RISC-V */
  readonly machine: number;
  /** shared libraries, such as "libc.so.6" */
  readonly libraries: readonly string[];
  /** versions of their symbols, such as `{ "libc.so.6": ["GLIBC_2.17", "GLIBC_2.34"] }` */
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

const SHT_DYNAMIC = 6;
const SHT_GNU_VERNEED = 0x6ffffffe;
const DT_NEEDED = 1;

interface Section {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  /** index of the section with its strings */
  readonly link: number;
  /** for a table of needed versions: how many entries it has */
  readonly info: number;
}

class ElfReader {
  private readonly view: DataView;
  readonly is64: boolean;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 52 || this.view.getUint32(0) !== 0x7f454c46) throw new TypeError("ELF: expected a program for Linux, got other bytes");
    if (this.view.getUint8(5) !== 1) throw new TypeError("ELF: expected a little-endian program, got a big-endian one");
    this.is64 = this.view.getUint8(4) === 2;
  }

  half(at: number): number {
    return this.view.getUint16(at, true);
  }

  word(at: number): number {
    return this.view.getUint32(at, true);
  }

  /** An address or offset: 4 or 8 bytes. */
  address(at: number): number {
    return this.is64 ? Number(this.view.getBigUint64(at, true)) : this.word(at);
  }

  text(at: number): string {
    let end = at;
    while (this.view.getUint8(end) !== 0) end++;
    return Buffer.from(this.view.buffer, this.view.byteOffset + at, end - at).toString("latin1");
  }

  sections(): Section[] {
    const wide = this.is64;
    const table = this.address(wide ? 0x28 : 0x20);
    const size = this.half(wide ? 0x3a : 0x2e);
    const count = this.half(wide ? 0x3c : 0x30);
    return Array.from({ length: count }, (_, index) => {
      const at = table + index * size;
      return wide
        ? { type: this.word(at + 4), offset: this.address(at + 0x18), size: this.address(at + 0x20), link: this.word(at + 0x28), info: this.word(at + 0x2c) }
        : { type: this.word(at + 4), offset: this.word(at + 0x10), size: this.word(at + 0x14), link: this.word(at + 0x18), info: this.word(at + 0x1c) };
    });
  }
}

function librariesOf(elf: ElfReader, sections: readonly Section[]): string[] {
  const names: string[] = [];
  const step = elf.is64 ? 16 : 8;
  for (const { type, offset, size, link } of sections) {
    if (type !== SHT_DYNAMIC) continue;
    for (let at = offset; at < offset + size; at += step) if (elf.address(at) === DT_NEEDED) names.push(elf.text(sections[link]!.offset + elf.address(at + step / 2)));
  }
  return names;
}

function versionsOf(elf: ElfReader, sections: readonly Section[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { type, offset, link, info } of sections) {
    if (type !== SHT_GNU_VERNEED) continue;
    const strings = sections[link]!.offset;
    let file = offset;
    for (let i = 0; i < info; i++) {
      const versions = (found[elf.text(strings + elf.word(file + 4))] ??= []);
      let version = file + elf.word(file + 8);
      for (let k = 0; k < elf.half(file + 2); k++) {
        versions.push(elf.text(strings + elf.word(version + 8)));
        version += elf.word(version + 12);
      }
      file += elf.word(file + 12);
    }
  }
  return found;
}

/**
 * Reads a program.
 * @throws TypeError if `bytes` are no little-endian ELF file; RangeError if they are cut short
 */
export function programNeeds(bytes: Uint8Array): ProgramNeeds {
  const elf = new ElfReader(bytes);
  const sections = elf.sections();
  return { machine: elf.half(18), libraries: librariesOf(elf, sections), versions: versionsOf(elf, sections) };
}
