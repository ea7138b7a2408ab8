/**
 * Writes an NVS partition, so that a board finds its configuration at its first start. The bytes are those of Espressif's nvs_partition_gen for the same entries in the same order, but where a blob would
 * begin at a page's last entry: that tool writes a chunk of no bytes there, this one begins the next page.
 * The image is not encrypted: with flash encryption or NVS encryption on, it must be encrypted before it is flashed (see provision-plan.ts).
 */
import { FlashError, hex } from "./flash-error.ts";
import { ENTRIES, ENTRY_BYTES, FIRST_ENTRY, INTEGERS, MOST_CHUNKS, NO_CHUNK, NVS_TYPES, PAGE_ACTIVE, PAGE_BYTES, PAGE_FULL, VERSION_2, entryCrc, nvsCrc, type NvsEntry } from "./nvs-format.ts";

/** A string must lie in one page: 125 entries, with the 0 at its end. */
const MOST_STRING_BYTES = (ENTRIES - 1) * ENTRY_BYTES;
const MOST_NAMESPACES = 254;
/** Two pages and the one that NVS keeps free to move entries to. */
const SMALLEST = 3 * PAGE_BYTES;
const LARGEST = 0x1000000;

const bad = (message: string): FlashError => new FlashError("BAD_NVS", message);

/**
 * The image of an NVS partition of `size` bytes. Values never appear in errors, since they may be secret.
 * @throws FlashError `BAD_NVS` if an entry or the size is out of range; `DOES_NOT_FIT` if the entries need more pages
 */
export function encodeNvs(entries: readonly NvsEntry[], size: number): Uint8Array {
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST || size % PAGE_BYTES !== 0) throw bad(`expected a size from ${hex(SMALLEST)} to ${hex(LARGEST)} that is a multiple of ${hex(PAGE_BYTES)}, got ${size}`);
  const writer = new NvsWriter(size);
  const namespaces = new Map<string, number>();
  const seen = new Set<string>();
  for (const entry of entries) {
    const { namespace, key } = entry;
    checkName("namespace", namespace);
    checkName("key", key);
    if (seen.has(`${namespace}\0${key}`)) throw bad(`expected keys that differ within a namespace, got ${namespace}.${key} twice`);
    seen.add(`${namespace}\0${key}`);
    let index = namespaces.get(namespace);
    if (index === undefined) {
      index = namespaces.size + 1;
      if (index > MOST_NAMESPACES) throw bad(`expected at most ${MOST_NAMESPACES} namespaces, got more`);
      namespaces.set(namespace, index);
      // Namespaces are entries of namespace 0, whose value is their number.
      writer.value(0, NVS_TYPES.u8, namespace, Uint8Array.of(index));
    }
    if (entry.type === "string") writer.string(index, key, stringBytes(entry.value, `${namespace}.${key}`));
    else if (entry.type === "blob") writer.blob(index, key, entry.value, `${namespace}.${key}`);
    else writer.value(index, NVS_TYPES[entry.type], key, integerBytes(entry.type, entry.value, `${namespace}.${key}`));
  }
  return writer.image;
}

function checkName(what: string, name: string): void {
  if (!/^[\x21-\x7e][\x20-\x7e]{0,14}$/.test(name)) throw bad(`expected a ${what} of 1 to 15 printable ASCII characters, got ${JSON.stringify(name.slice(0, 40))}`);
}

function integerBytes(type: keyof typeof INTEGERS, value: bigint, name: string): Uint8Array {
  const [bytes, signed] = INTEGERS[type];
  const bits = 8 * bytes;
  const fits = signed ? BigInt.asIntN(bits, value) === value : BigInt.asUintN(bits, value) === value;
  if (!fits) throw bad(`${name}: expected a value that fits ${type}, got one that does not`);
  return Uint8Array.from({ length: bytes }, (_, index) => Number((BigInt.asUintN(bits, value) >> BigInt(8 * index)) & 0xffn));
}

function stringBytes(value: string, name: string): Uint8Array {
  if (value.includes("\0")) throw bad(`${name}: expected a string without the character 0, which ends it on the device`);
  const bytes = Buffer.from(`${value}\0`, "utf8");
  if (bytes.length > MOST_STRING_BYTES) throw bad(`${name}: expected at most ${MOST_STRING_BYTES - 1} bytes of UTF-8, got ${bytes.length - 1}; make it a blob`);
  return bytes;
}

class NvsWriter {
  readonly image: Uint8Array;
  readonly #view: DataView;
  #page = -1;
  #next = ENTRIES;

  constructor(size: number) {
    this.image = new Uint8Array(size).fill(0xff);
    this.#view = new DataView(this.image.buffer);
    this.#turnPage();
  }

  /** A whole number, or a namespace. */
  value(namespace: number, type: number, key: string, bytes: Uint8Array): void {
    if (this.#next === ENTRIES) this.#turnPage();
    const data = new Uint8Array(8).fill(0xff);
    data.set(bytes);
    this.#entry(this.#header(namespace, type, 1, NO_CHUNK, key, data));
  }

  string(namespace: number, key: string, bytes: Uint8Array): void {
    const span = 1 + Math.ceil(bytes.length / ENTRY_BYTES);
    // As Espressif's generator does, a string does not take a page's last entry unless it needs the page for itself.
    if (this.#next + span >= ENTRIES && this.#next > 0) this.#turnPage();
    this.#variable(namespace, NVS_TYPES.string, span, NO_CHUNK, key, bytes);
  }

  blob(namespace: number, key: string, bytes: Uint8Array, name: string): void {
    // Where only a header fits, Espressif's generator would write a chunk of no bytes.
    if (this.#next >= ENTRIES - 1) this.#turnPage();
    let [chunks, done] = [0, 0];
    do {
      const room = (ENTRIES - this.#next - 1) * ENTRY_BYTES;
      const chunk = bytes.subarray(done, done + room);
      if (chunks === MOST_CHUNKS) throw bad(`${name}: expected a blob of at most ${MOST_CHUNKS} chunks, got more`);
      this.#variable(namespace, NVS_TYPES.blobData, 1 + Math.ceil(chunk.length / ENTRY_BYTES), chunks, key, chunk);
      done += chunk.length;
      chunks++;
      if (done < bytes.length || room - chunk.length < ENTRY_BYTES) this.#turnPage();
    } while (done < bytes.length);
    const data = new Uint8Array(8).fill(0xff);
    new DataView(data.buffer).setUint32(0, bytes.length, true);
    data.set([chunks, 0], 4);
    this.#entry(this.#header(namespace, NVS_TYPES.blobIndex, 1, NO_CHUNK, key, data));
  }

  #variable(namespace: number, type: number, span: number, chunk: number, key: string, bytes: Uint8Array): void {
    const data = new Uint8Array(8).fill(0xff);
    const view = new DataView(data.buffer);
    view.setUint16(0, bytes.length, true);
    view.setUint32(4, nvsCrc(bytes), true);
    this.#entry(this.#header(namespace, type, span, chunk, key, data));
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) this.#entry(bytes.subarray(at, at + ENTRY_BYTES));
  }

  #header(namespace: number, type: number, span: number, chunk: number, key: string, data: Uint8Array): Uint8Array {
    const entry = new Uint8Array(ENTRY_BYTES);
    entry.set([namespace, type, span, chunk]);
    entry.set(Buffer.from(key, "latin1"), 8);
    entry.set(data, 24);
    new DataView(entry.buffer).setUint32(4, entryCrc(entry), true);
    return entry;
  }

  #entry(bytes: Uint8Array): void {
    const page = this.#page * PAGE_BYTES;
    this.image.set(bytes, page + FIRST_ENTRY + this.#next * ENTRY_BYTES);
    // Two bits an entry: 11 is empty, 10 is written.
    this.image[page + 32 + (this.#next >> 2)]! &= ~(1 << (2 * (this.#next & 3)));
    this.#next++;
  }

  #turnPage(): void {
    const pages = this.image.length / PAGE_BYTES;
    // One page stays blank, for NVS to move entries to.
    if (this.#page + 1 >= pages - 1) throw new FlashError("DOES_NOT_FIT", `expected entries for an NVS partition of ${pages} pages, of which one stays blank, got more`);
    if (this.#page >= 0) this.#view.setUint32(this.#page * PAGE_BYTES, PAGE_FULL, true);
    this.#page++;
    this.#next = 0;
    const page = this.#page * PAGE_BYTES;
    this.#view.setUint32(page, PAGE_ACTIVE, true);
    this.#view.setUint32(page + 4, this.#page, true);
    this.image[page + 8] = VERSION_2;
    this.#view.setUint32(page + 28, nvsCrc(this.image.subarray(page + 4, page + 28)), true);
  }
}
