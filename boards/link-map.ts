/** What a linker put where: sizes out of the map that GNU ld writes (`-Map`). */
import type { Part } from "./board.ts";

/** A piece of an object file in the program. */
export interface Placed {
  /** of the object, such as ".text.main" */
  readonly section: string;
  readonly address: number;
  readonly bytes: number;
  /** path of the object file, `archive(member)` for one of a library */
  readonly object: string;
}

/** Reads a map; sections for debuggers, which have no place, are left out. */
export function readLinkMap(map: string): Placed[] {
  const start = map.indexOf("Linker script and memory map");
  // A long name stands on a line of its own.
  return [...map.slice(start).matchAll(/^ (\.[\w.$-]+|COMMON)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$/gm)].flatMap(([, section = "", address = "", bytes = "", object = ""]) => {
    if (!/^(\.(text|rodata|data|bss|vectors|image|kept|built_ins|ARM\.ex|init|fini|srodata|sdata|sbss)|COMMON)/.test(section)) return [];
    return [{ section, address: Number.parseInt(address, 16), bytes: Number.parseInt(bytes, 16), object }];
  });
}

/** Sums of pieces by the name that `nameOf` gives them, the largest first; pieces without a name are not counted. */
export function sumParts(placed: readonly Placed[], nameOf: (piece: Placed) => string | undefined): Part[] {
  const sums = new Map<string, number>();
  for (const piece of placed) {
    const name = nameOf(piece);
    if (name !== undefined && piece.bytes > 0) sums.set(name, (sums.get(name) ?? 0) + piece.bytes);
  }
  return [...sums].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
}
