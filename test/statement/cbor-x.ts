/** The other way to be strict in Node: decode with cbor-x, encode again with ours, compare. */
import { Decoder, Tag as CborXTag } from "cbor-x";
import { encode, Tag, type CborValue } from "assay/statement/cbor";

const decoder = new Decoder({ mapsAsObjects: false, useRecords: false, int64AsNumber: false } as ConstructorParameters<typeof Decoder>[0]);

/** True if cbor-x reads `bytes` as a value whose deterministic encoding they are. */
export function isCanonicalByCborX(bytes: Uint8Array): boolean {
  try {
    return Buffer.compare(encode(toValue(decoder.decode(Buffer.from(bytes)))), bytes) === 0;
  } catch {
    // cbor-x throws errors of all sorts, and ours for values without an encoding.
    return false;
  }
}

function toValue(value: unknown): CborValue {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(toValue);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [toValue(key), toValue(item)]));
  if (value instanceof CborXTag) return new Tag((value as unknown as { tag: number }).tag, toValue((value as unknown as { value: unknown }).value));
  if (typeof value === "bigint" && (value >= 2n ** 64n || value < -(2n ** 64n))) return bignum(value);
  if (value === null || typeof value === "number" || typeof value === "bigint" || typeof value === "string" || typeof value === "boolean") return value;
  throw new TypeError(`expected a value that our formats have, got ${String(value)}`);
}

function bignum(value: bigint): Tag {
  const hex = (value < 0n ? -1n - value : value).toString(16);
  return new Tag(value < 0n ? 3 : 2, new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")));
}
