/** Changes bytes as an attacker would: blindly, and by the structure of CBOR, of what stands in byte strings too. Runs in browsers too. */
import { decode, encode, Float, Tag, type CborValue } from "assay/statement/cbor";
import { StatementError } from "assay/statement/statement-error";
import type { Random } from "./random.ts";

/** Where an item of CBOR begins, where its head ends, and where the whole of it ends. */
interface Item {
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** Bytes that decoders stumble over: heads of all lengths, indefinite ones, simple values, floats, tags. */
const STRANGE = [0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1f, 0x20, 0x3b, 0x40, 0x58, 0x5b, 0x5f, 0x60, 0x7b, 0x7f, 0x80, 0x9b, 0x9f, 0xa0, 0xbb, 0xbf, 0xc2, 0xd2, 0xdb, 0xf4, 0xf6, 0xf7, 0xf8, 0xf9, 0xfb, 0xff];
/** Lengths that decoders count on too early, and numbers that arithmetic and dates stumble over. */
const LENGTHS = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48, 2 ** 53 - 1, 2 ** 53, 2 ** 63];

/** `bytes` after one to three mutations. @param other whose parts may get in */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes;
  for (let times = 1 + (random.below(4) === 0 ? random.below(3) : 0); times > 0; times--) mutated = mutateOnce(mutated, other, random);
  return mutated;
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return random.bytes(1 + random.below(8));
  const place = random.below(bytes.length);
  const items = itemsOf(bytes);
  const kind = random.below(items.length === 0 ? 7 : 14);
  const item = (): Item => random.pick(items);
  switch (kind) {
    case 0:
    case 1: {
      const copy = bytes.slice();
      for (let flips = 1 + (kind === 0 ? 0 : random.below(8)); flips > 0; flips--) {
        const at = random.below(copy.length);
        copy[at] = (copy[at] as number) ^ (1 << random.below(8));
      }
      return copy;
    }
    case 2: {
      const copy = bytes.slice();
      copy[place] = random.pick(STRANGE);
      return copy;
    }
    case 3:
      return splice(bytes, place, place, random.bytes(1 + random.below(8)));
    case 4:
      return splice(bytes, place, Math.min(bytes.length, place + 1 + random.below(16)), new Uint8Array(0));
    case 5:
      return bytes.slice(0, place);
    case 6:
      return splice(bytes, place, bytes.length, other.subarray(random.below(other.length + 1)));
    case 7: {
      const { start, body } = item();
      return splice(bytes, start, body, head((bytes[start] as number) >> 5, random.pick(LENGTHS), random));
    }
    case 8: {
      const { start, end } = item();
      return splice(bytes, end, end, bytes.subarray(start, end));
    }
    case 9: {
      const [a, b] = [item(), item()].sort((one, two) => one.start - two.start) as [Item, Item];
      if (b.start < a.end) return splice(bytes, a.start, a.end, bytes.subarray(b.start, b.end));
      return splice(splice(bytes, b.start, b.end, bytes.subarray(a.start, a.end)), a.start, a.end, bytes.subarray(b.start, b.end));
    }
    case 10: {
      const { start, end } = item();
      const others = itemsOf(other);
      if (others.length === 0) return splice(bytes, start, end, other);
      const from = random.pick(others);
      return splice(bytes, start, end, other.subarray(from.start, from.end));
    }
    case 11: {
      const { start, end } = item();
      return splice(bytes, start, end, new Uint8Array(0));
    }
    case 12: {
      const { start } = item();
      const copy = bytes.slice();
      copy[start] = ((copy[start] as number) & 0x1f) | (random.below(8) << 5);
      return copy;
    }
    default: {
      const { start, end } = item();
      const depth = 1 + random.below(40);
      return splice(bytes, start, end, Uint8Array.of(...new Uint8Array(depth).fill(random.pick([0x81, 0xc6, 0xd2])), ...bytes.subarray(start, end)));
    }
  }
}

/** A value with one part of it, at any depth and in byte strings that hold CBOR too, replaced by another value. */
export function alter(value: CborValue, random: Random): CborValue {
  const within = value instanceof Uint8Array && value.length > 2 && random.below(8) !== 0 ? decoded(value) : undefined;
  if (within !== undefined) return encode(alter(within, random));
  if (value instanceof Map && value.size > 0 && random.below(8) !== 0) {
    const entries = [...value] as [CborValue, CborValue][];
    const [key, inner] = random.pick(entries);
    const what = random.below(12);
    if (what === 0) return new Map(entries.filter(([other]) => other !== key));
    if (what === 1) return new Map([...entries, [random.pick([-70_002, -70_009, 263, 264, 10, 6, 8, 999]), anything(random)]]);
    return new Map(entries.map(([other, kept]) => [other, other === key ? alter(inner, random) : kept]));
  }
  if (Array.isArray(value) && value.length > 0 && random.below(8) !== 0) {
    const at = random.below(value.length);
    const what = random.below(12);
    if (what === 0) return [...value.slice(0, at), ...value.slice(at + 1)];
    if (what === 1) return [...value.slice(0, at), value[at], ...value.slice(at)];
    return value.map((item: CborValue, i: number) => (i === at ? alter(item, random) : item));
  }
  if (typeof value === "number" && random.below(2) === 0) return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, value + random.pick([-1, 1, 2, 100, 2 ** 32, 2 ** 48])));
  return anything(random);
}

/** What bytes are the deterministic encoding of, if it has parts. */
function decoded(bytes: Uint8Array): CborValue | undefined {
  try {
    const value = decode(bytes);
    return value instanceof Map || Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof StatementError) return undefined;
    throw error;
  }
}

function anything(random: Random): CborValue {
  switch (random.below(11)) {
    case 0:
      return random.pick(LENGTHS.filter(Number.isSafeInteger));
    case 1:
      return -1 - random.below(2 ** 31);
    case 2:
      return 2n ** 63n + BigInt(random.uint32());
    case 3:
      return random.bytes(random.pick([0, 1, 8, 16, 20, 31, 32, 33, 64]));
    case 4:
      return random.pick(["", "idle", "x".repeat(64), "x".repeat(65), "\u0000", "é", "\u{1f600}", "\u202e"]);
    case 5:
      return random.pick([true, false, null]);
    case 6:
      return new Float(random.pick([0, 0.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -24]));
    case 7:
      return [];
    case 8:
      return new Map();
    case 9:
      return [anything(random)];
    default:
      return new Tag(random.below(70_000) + 4, random.below(10));
  }
}

function splice(bytes: Uint8Array, from: number, to: number, between: Uint8Array): Uint8Array {
  const spliced = new Uint8Array(from + between.length + bytes.length - to);
  spliced.set(bytes.subarray(0, from));
  spliced.set(between, from);
  spliced.set(bytes.subarray(to), from + between.length);
  return spliced;
}

/** A head of a major type, mostly in the shortest form. */
function head(major: number, argument: number, random: Random): Uint8Array {
  const high = major << 5;
  const form = random.below(8);
  if (form === 0) return Uint8Array.of(high | 31);
  const shortest = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < 2 ** 32 ? 4 : 8;
  const size = form === 1 ? 8 : form === 2 && shortest < 4 ? 4 : shortest;
  if (size === 0) return Uint8Array.of(high | argument);
  const bytes = new Uint8Array(1 + size);
  bytes[0] = high | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27);
  for (let i = size, rest = argument; i > 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

const known = new WeakMap<Uint8Array, readonly Item[]>();

/** All items of well-formed bytes, with those in byte strings that hold CBOR; of other bytes, those before it goes wrong. */
function itemsOf(bytes: Uint8Array): readonly Item[] {
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const items: Item[] = [];
  scan(bytes, 0, bytes.length, 0, items);
  known.set(bytes, items);
  return items;
}

/** Where the item at `at` ends; undefined if it does not end before `limit`. */
function scan(bytes: Uint8Array, at: number, limit: number, depth: number, items: Item[]): number | undefined {
  const initial = bytes[at];
  if (initial === undefined || at >= limit || depth > 24) return undefined;
  const major = initial >> 5;
  const info = initial & 0x1f;
  if (info > 27) return undefined;
  const size = info < 24 ? 0 : 1 << (info - 24);
  const body = at + 1 + size;
  if (body > limit) return undefined;
  let argument = info;
  if (size > 0) {
    argument = 0;
    for (let i = at + 1; i < body; i++) argument = argument * 256 + (bytes[i] as number);
  }
  let end: number | undefined = body;
  if (major === 2 || major === 3) {
    end = body + argument;
    if (end > limit) return undefined;
    // Headers, payloads and proofs are CBOR in a byte string.
    const within: Item[] = [];
    if (major === 2 && argument > 1 && scan(bytes, body, end, depth + 1, within) === end) items.push(...within);
  } else if (major >= 4 && major <= 6) {
    const count = major === 4 ? argument : major === 5 ? 2 * argument : 1;
    for (let i = 0; i < count && end !== undefined; i++) end = scan(bytes, end, limit, depth + 1, items);
  }
  if (end === undefined) return undefined;
  items.push({ start: at, body, end });
  return end;
}
