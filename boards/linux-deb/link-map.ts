/** What a program's parts take, from the linker's map (GNU ld, `-Map`). Pure. */
import type { Part } from "../board.ts";

/** Sections that are in the file and in memory. */
const LOADED = /^\.(text|rodata|data|bss|eh_frame|gcc_except_table|ARM\.ex(tab|idx)|init_array|fini_array|tbss|tdata|init|fini)\b/;
const LINE = /^ (\.\S+)(?:\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*))?$/;
const CONTINUED = /^\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S.*)$/;

/** Bytes that each object of the map brings into the program, by its path. */
export function objectSizes(map: string): Map<string, number> {
  const sizes = new Map<string, number>();
  const [, laidOut = ""] = map.split("\nLinker script and memory map\n");
  let section = "";
  for (const line of laidOut.split("\n")) {
    const [, name, ownSize, ownObject] = LINE.exec(line) ?? [];
    // The name of a section that is long stands on a line of its own.
    const [, size, object] = name === undefined && section !== "" ? (CONTINUED.exec(line) ?? []) : [line, ownSize, ownObject];
    const which = name ?? section;
    section = name !== undefined && ownSize === undefined ? name : "";
    if (size === undefined || object === undefined || !LOADED.test(which)) continue;
    sizes.set(object, (sizes.get(object) ?? 0) + Number.parseInt(size, 16));
  }
  return sizes;
}

/** The folders of objects (runtime/host-recipe.ts) and what people call what is in them; the first that fits counts. */
const GROUPS: readonly (readonly [folder: string, name: string])[] = [
  ["/objects/xs/", "XS"],
  ["/objects/modules/identity/", "signatures (libsecp256k1)"],
  ["/objects/modules/tflite/", "model engine"],
  ["libmbed", "TLS (Mbed TLS)"],
  ["/objects/", "runtime, board and other modules"],
];

/** Groups the objects; what is not the project's own (start files, libgcc, other archives) is named after its archive. */
export function partsOf(sizes: ReadonlyMap<string, number>): Part[] {
  const parts = new Map<string, number>();
  for (const [object, bytes] of sizes) {
    const group = GROUPS.find(([folder]) => object.includes(folder))?.[1] ?? /([^/]+\.a)(?:\(|$)/.exec(object)?.[1] ?? "C start files";
    parts.set(group, (parts.get(group) ?? 0) + bytes);
  }
  return [...parts].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
}
