/**
 * Writes tar archives (POSIX.1-1988 "ustar", as `dpkg` and every `tar` read them) whose bytes follow from their entries alone: everything belongs to root and has one
 * time. Pure.
 */

/** A file or folder of an archive. */
export interface Entry {
  /** relative, without "./", such as "etc/assay" */
  readonly path: string;
  /** permissions, such as 0o644 */
  readonly mode: number;
  /** a folder without them */
  readonly bytes?: Uint8Array;
}

/** 1980-01-01 UTC, in seconds: the time that archives without one commonly have (zip knows none before); some unpackers warn of 1970. */
export const ARCHIVE_TIME = 315_532_800;

const BLOCK = 512;
/** The longest path that goes into a header without a prefix, "./" and a folder's "/" counted. */
const MAX_PATH = 100;

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")}\0`;
}

function header({ path, mode, bytes }: Entry): Uint8Array {
  const name = `./${path}${path === "" || bytes !== undefined ? "" : "/"}`;
  if (Buffer.byteLength(name) > MAX_PATH) throw new RangeError(`tar: expected a path of at most ${MAX_PATH} bytes, got ${name}`);
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes?.length ?? 0, 11), 124);
  block.write(octal(ARCHIVE_TIME, 11), 136);
  // The sum of the header counts its own field as spaces.
  block.write("        ", 148);
  block.write(bytes === undefined ? "5" : "0", 156);
  block.write("ustar\x0000", 257);
  block.write("root", 265);
  block.write("root", 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % BLOCK;
  return rest === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(BLOCK - rest)]);
}

/**
 * An archive with `files` in the order of their paths, the folders above them first (mode 0755, or as `files` has them).
 * @throws RangeError for a path of more than 100 bytes
 */
export function tar(files: readonly Entry[]): Uint8Array {
  const entries = new Map<string, Entry>();
  for (const { path } of files) {
    const names = path.split("/");
    for (let depth = 0; depth < names.length; depth++) {
      const folder = names.slice(0, depth).join("/");
      entries.set(folder, { path: folder, mode: 0o755 });
    }
  }
  for (const file of files) entries.set(file.path, file);
  const sorted = [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return Buffer.concat([...sorted.flatMap((entry) => [header(entry), padded(entry.bytes ?? new Uint8Array(0))]), new Uint8Array(2 * BLOCK)]);
}
