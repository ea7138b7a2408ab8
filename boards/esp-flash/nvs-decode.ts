/** Reads an NVS partition: what was written with `encodeNvs`, or what a device wrote. Its bytes are hostile: every length and CRC is checked. */
import { FlashError, hex } from "./flash-error.ts";
import { ENTRIES, ENTRY_BYTES, FIRST_ENTRY, INTEGERS, NO_CHUNK, NVS_TYPES, PAGE_ACTIVE, PAGE_BLANK, PAGE_BYTES, PAGE_FULL, VERSION_2, entryCrc, nvsCrc, type NvsEntry, type NvsInteger } from "./nvs-format.ts";

const bad = (message: string): FlashError => new FlashError("BAD_NVS", message);

/** An entry with the bytes that follow it. */
interface RawEntry {
  readonly namespace: number;
  readonly type: number;
  readonly chunk: number;
  readonly key: string;
  /** the eight bytes of the entry itself */
  readonly data: DataView;
  readonly bytes: Uint8Array;
}

/**
 * The entries of an NVS partition, in the order in which they were written. Erased entries and blank pages are passed over.
 * @throws FlashError `BAD_NVS`
 */
export function decodeNvs(image: Uint8Array): NvsEntry[] {
  if (image.length === 0 || image.length % PAGE_BYTES !== 0) throw bad(`expected a multiple of ${PAGE_BYTES} bytes, got ${image.length}`);
  const raw = pagesInOrder(image).flatMap(entriesOf);
  const namespaces = new Map(raw.filter(({ namespace, type }) => namespace === 0 && type === NVS_TYPES.u8).map(({ key, data }) => [data.getUint8(0), key]));
  const chunks = new Map<string, Uint8Array>();
  for (const { namespace, type, key, chunk, bytes } of raw) if (type === NVS_TYPES.blobData) chunks.set(`${namespace} ${chunk} ${key}`, bytes);
  const integers = new Map<number, NvsInteger>(Object.keys(INTEGERS).map((name) => [NVS_TYPES[name as NvsInteger], name as NvsInteger]));
  const entries: NvsEntry[] = [];
  for (const { namespace: index, type, key, data, bytes } of raw) {
    if (index === 0 || type === NVS_TYPES.blobData) continue;
    const namespace = namespaces.get(index);
    if (namespace === undefined) throw bad(`${key}: expected a namespace of number ${index}, got none`);
    const integer = integers.get(type);
    if (integer !== undefined) entries.push({ namespace, key, type: integer, value: integerOf(integer, data) });
    else if (type === NVS_TYPES.string) entries.push({ namespace, key, type: "string", value: stringOf(bytes, `${namespace}.${key}`) });
    else if (type === NVS_TYPES.blobIndex) entries.push({ namespace, key, type: "blob", value: blobOf(chunks, index, key, data, `${namespace}.${key}`) });
    else throw bad(`${namespace}.${key}: expected a type of NVS, got ${hex(type)}`);
  }
  return entries;
}

function pagesInOrder(image: Uint8Array): Uint8Array[] {
  const pages: { readonly sequence: number; readonly page: Uint8Array }[] = [];
  for (let at = 0; at < image.length; at += PAGE_BYTES) {
    const page = image.subarray(at, at + PAGE_BYTES);
    const view = new DataView(page.buffer, page.byteOffset, PAGE_BYTES);
    const state = view.getUint32(0, true);
    if (state === PAGE_BLANK) continue;
    if (state !== PAGE_ACTIVE && state !== PAGE_FULL) throw bad(`page at ${hex(at)}: expected it blank, active or full, got the state ${hex(state)}; it may be encrypted`);
    if (view.getUint32(28, true) !== nvsCrc(page.subarray(4, 28))) throw bad(`page at ${hex(at)}: expected a header that fits its CRC, got another one`);
    if (page[8] !== VERSION_2) throw bad(`page at ${hex(at)}: expected version 2 (${hex(VERSION_2)}), got ${hex(page[8]!)}`);
    pages.push({ sequence: view.getUint32(4, true), page });
  }
  return pages.sort((a, b) => a.sequence - b.sequence).map(({ page }) => page);
}

function entriesOf(page: Uint8Array): RawEntry[] {
  const entries: RawEntry[] = [];
  let span: number;
  for (let index = 0; index < ENTRIES; index += span) {
    span = 1;
    // Two bits an entry: 10 is written.
    if (((page[32 + (index >> 2)]! >> (2 * (index & 3))) & 3) !== 2) continue;
    const at = FIRST_ENTRY + index * ENTRY_BYTES;
    const entry = page.subarray(at, at + ENTRY_BYTES);
    const data = new DataView(entry.buffer, entry.byteOffset + 24, 8);
    if (new DataView(entry.buffer, entry.byteOffset, ENTRY_BYTES).getUint32(4, true) !== entryCrc(entry)) throw bad(`entry ${index}: expected bytes that fit its CRC, got others; they may be encrypted`);
    const [namespace, type, , chunk] = entry;
    span = entry[2]!;
    if (span < 1 || index + span > ENTRIES) throw bad(`entry ${index}: expected a span of 1 to ${ENTRIES - index}, got ${span}`);
    const key = Buffer.from(entry.subarray(8, 24)).toString("latin1");
    const end = key.indexOf("\0");
    if (end < 1 || !/^[\x20-\x7e]+$/.test(key.slice(0, end))) throw bad(`entry ${index}: expected a key of 1 to 15 printable ASCII characters, got something else`);
    const variable = type === NVS_TYPES.string || type === NVS_TYPES.blobData;
    const size = variable ? data.getUint16(0, true) : 0;
    if (span !== 1 + Math.ceil(size / ENTRY_BYTES)) throw bad(`entry ${index}: expected a span of ${1 + Math.ceil(size / ENTRY_BYTES)} for ${size} bytes, got ${span}`);
    const bytes = page.slice(at + ENTRY_BYTES, at + ENTRY_BYTES + size);
    if (variable && data.getUint32(4, true) !== nvsCrc(bytes)) throw bad(`entry ${index}: expected data that fits its CRC, got other data`);
    entries.push({ namespace: namespace!, type: type!, chunk: chunk ?? NO_CHUNK, key: key.slice(0, end), data, bytes });
  }
  return entries;
}

function integerOf(type: NvsInteger, data: DataView): bigint {
  const [bytes, signed] = INTEGERS[type];
  const all = data.getBigUint64(0, true);
  return signed ? BigInt.asIntN(8 * bytes, all) : BigInt.asUintN(8 * bytes, all);
}

function stringOf(bytes: Uint8Array, name: string): string {
  if (bytes.at(-1) !== 0) throw bad(`${name}: expected a string that ends with 0`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, -1));
  } catch (error) {
    throw new FlashError("BAD_NVS", `${name}: expected UTF-8, got other bytes`, { cause: error });
  }
}

function blobOf(chunks: ReadonlyMap<string, Uint8Array>, namespace: number, key: string, index: DataView, name: string): Uint8Array {
  const [size, count, first] = [index.getUint32(0, true), index.getUint8(4), index.getUint8(5)];
  const parts: Uint8Array[] = [];
  for (let chunk = first; chunk < first + count; chunk++) {
    const part = chunks.get(`${namespace} ${chunk} ${key}`);
    if (part === undefined) throw bad(`${name}: expected ${count} chunks from number ${first} on, got none of number ${chunk}`);
    parts.push(part);
  }
  const bytes = Uint8Array.from(Buffer.concat(parts));
  if (bytes.length !== size) throw bad(`${name}: expected a blob of ${size} bytes, got ${bytes.length} in ${count} chunks`);
  return bytes;
}
