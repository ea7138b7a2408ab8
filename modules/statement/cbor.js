/**
 * Deterministic CBOR (RFC 8949 §4.2.1): one encoding for each value, and a decoder that takes nothing else.
 *
 * What §4.2.2 leaves open is settled so: integers are never floats; a float stays a float (`Float`); NaN is f97e00; -0.0 does not exist;
 * bignums (tags 2 and 3) hold only what 64 bits do not; `undefined` and unassigned simple values do not exist.
 * Written for small heaps: one growing buffer, and no temporaries for maps that are already in order.
 */
import { floatWidth, fromHalfBits, halfBits, HALF_NAN } from "assay/statement/float";
import { StatementError } from "assay/statement/statement-error";
import { readUtf8, utf8Length, writeUtf8 } from "assay/statement/utf8";
/** Arrays, maps and tags may be nested this deep. */
export const MAX_DEPTH = 16;
/** A tagged value (RFC 8949 §3.4). */
export class Tag {
    tag;
    value;
    /** @param tag 0 to 2^53 - 1 */
    constructor(tag, value) {
        this.tag = tag;
        this.value = value;
    }
}
/** A floating-point number, also when its value is integral. */
export class Float {
    value;
    constructor(value) {
        this.value = value;
    }
}
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const SIMPLE = 7;
const TWO_32 = 2 ** 32;
const INITIAL_BYTES = 128;
/**
 * The deterministic encoding of a value. A `number` is an integer if it is one, else a float; `Float` forces a float.
 * Map entries may come in any order.
 * @throws StatementError `NOT_ENCODABLE` for -0, integers beyond 64 bits, unsafe integers as `number`, lone surrogates, a key twice; `TOO_DEEP`
 */
export function encode(value) {
    const writer = new Writer();
    writer.value(value, 0);
    return writer.bytes.slice(0, writer.length);
}
/**
 * The value that `bytes` are the deterministic encoding of. Byte strings are copies.
 * @throws StatementError `NOT_CBOR`, `NOT_CANONICAL`, `TOO_DEEP`, `UNSUPPORTED_VALUE`
 */
export function decode(bytes) {
    const reader = new Reader(bytes);
    const value = reader.value(0);
    if (reader.position !== bytes.length)
        throw new StatementError("NOT_CBOR", `expected the end after ${reader.position} bytes, got ${bytes.length} bytes`);
    return value;
}
/** Bytewise order of `a[aStart, aEnd)` and `b[bStart, bEnd)`: negative, 0 or positive. */
function compare(a, aStart, aEnd, b, bStart, bEnd) {
    const length = Math.min(aEnd - aStart, bEnd - bStart);
    for (let i = 0; i < length; i++) {
        const difference = a[aStart + i] - b[bStart + i];
        if (difference !== 0)
            return difference;
    }
    return aEnd - aStart - (bEnd - bStart);
}
/** What is wrong with a bignum's content, or undefined: preferred serialization keeps 64-bit integers out of tags 2 and 3 (RFC 8949 §3.4.3). */
function bignumProblem(tag, content) {
    if (tag !== 2 && tag !== 3)
        return undefined;
    if (!(content instanceof Uint8Array))
        return "a byte string in a bignum";
    return content.length > 8 && content[0] !== 0 ? undefined : "a bignum of more than 8 bytes without leading zeros";
}
class Writer {
    bytes = new Uint8Array(INITIAL_BYTES);
    length = 0;
    value(value, depth) {
        if (typeof value === "number")
            this.number(value);
        else if (typeof value === "bigint")
            this.bigint(value);
        else if (typeof value === "string") {
            const length = utf8Length(value);
            this.head(TEXT, length);
            const offset = this.reserve(length);
            writeUtf8(value, this.bytes, offset);
        }
        else if (value === null)
            this.head(SIMPLE, 22);
        else if (typeof value === "boolean")
            this.head(SIMPLE, value ? 21 : 20);
        else if (value instanceof Uint8Array) {
            this.head(BYTES, value.length);
            const offset = this.reserve(value.length);
            this.bytes.set(value, offset);
        }
        else if (value instanceof Float)
            this.float(value.value);
        else {
            if (depth === MAX_DEPTH)
                throw new StatementError("TOO_DEEP", `expected at most ${MAX_DEPTH} levels`);
            if (value instanceof Tag)
                this.tag(value, depth + 1);
            else if (value instanceof Map)
                this.map(value, depth + 1);
            else if (Array.isArray(value)) {
                this.head(ARRAY, value.length);
                for (const item of value)
                    this.value(item, depth + 1);
            }
            else
                throw new StatementError("NOT_ENCODABLE", `expected a CBOR value, got ${typeof value}`);
        }
    }
    /** Makes room for `count` bytes; returns where they go. `bytes` may be another array afterwards. */
    reserve(count) {
        const offset = this.length;
        this.length += count;
        if (this.length > this.bytes.length) {
            const grown = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
            grown.set(this.bytes);
            this.bytes = grown;
        }
        return offset;
    }
    head(major, argument) {
        const high = major << 5;
        const size = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < TWO_32 ? 4 : 8;
        const offset = this.reserve(1 + size);
        this.bytes[offset] = size === 0 ? high | argument : high | (size === 1 ? 24 : size === 2 ? 25 : size === 4 ? 26 : 27);
        for (let i = size; i > 0; i--) {
            this.bytes[offset + i] = argument % 256;
            argument = Math.floor(argument / 256);
        }
    }
    number(value) {
        if (!Number.isInteger(value))
            this.float(value);
        else if (!Number.isSafeInteger(value))
            throw new StatementError("NOT_ENCODABLE", `expected a safe integer, a bigint or a Float, got ${value}`);
        else if (value >= 0 && 1 / value > 0)
            this.head(UNSIGNED, value);
        else if (value < 0)
            this.head(NEGATIVE, -1 - value);
        else
            throw new StatementError("NOT_ENCODABLE", "expected 0, got -0");
    }
    bigint(value) {
        if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER))
            return this.number(Number(value));
        const magnitude = value < 0n ? -1n - value : value;
        if (magnitude >> 64n !== 0n)
            throw new StatementError("NOT_ENCODABLE", "expected an integer of 64 bits, got a larger one");
        const offset = this.reserve(9);
        this.bytes[offset] = ((value < 0n ? NEGATIVE : UNSIGNED) << 5) | 27;
        new DataView(this.bytes.buffer).setBigUint64(offset + 1, magnitude);
    }
    float(value) {
        if (value === 0 && 1 / value < 0)
            throw new StatementError("NOT_ENCODABLE", "expected 0, got -0");
        const width = floatWidth(value);
        const offset = this.reserve(1 + width);
        this.bytes[offset] = (SIMPLE << 5) | (width === 2 ? 25 : width === 4 ? 26 : 27);
        const view = new DataView(this.bytes.buffer);
        if (width === 2)
            view.setUint16(offset + 1, halfBits(value));
        else if (width === 4)
            view.setFloat32(offset + 1, value);
        else
            view.setFloat64(offset + 1, value);
    }
    tag({ tag, value }, depth) {
        if (!Number.isSafeInteger(tag) || tag < 0)
            throw new StatementError("NOT_ENCODABLE", `expected a tag from 0 to 2^53 - 1, got ${tag}`);
        const problem = bignumProblem(tag, value);
        if (problem !== undefined)
            throw new StatementError("NOT_ENCODABLE", `expected ${problem}`);
        this.head(TAG, tag);
        this.value(value, depth);
    }
    map(map, depth) {
        this.head(MAP, map.size);
        const start = this.length;
        let keyStart = start;
        let keyEnd = start;
        for (const [key, value] of map) {
            const from = this.length;
            this.value(key, depth);
            const order = keyEnd === start ? -1 : compare(this.bytes, keyStart, keyEnd, this.bytes, from, this.length);
            if (order >= 0) {
                this.length = start;
                return this.unsortedMap(map, depth);
            }
            keyStart = from;
            keyEnd = this.length;
            this.value(value, depth);
        }
    }
    unsortedMap(map, depth) {
        const keys = [];
        for (const [key, value] of map) {
            const from = this.length;
            this.value(key, depth);
            keys.push({ key: this.bytes.slice(from, this.length), value });
            this.length = from;
        }
        keys.sort((a, b) => compare(a.key, 0, a.key.length, b.key, 0, b.key.length));
        keys.forEach(({ key, value }, i) => {
            const before = keys[i - 1]?.key;
            if (before !== undefined && compare(before, 0, before.length, key, 0, key.length) === 0)
                throw new StatementError("NOT_ENCODABLE", "expected every map key once");
            const offset = this.reserve(key.length);
            this.bytes.set(key, offset);
            this.value(value, depth);
        });
    }
}
class Reader {
    position = 0;
    bytes;
    constructor(bytes) {
        this.bytes = bytes;
    }
    value(depth) {
        const initial = this.unsigned(1);
        const major = initial >> 5;
        const info = initial & 0x1f;
        if (major === SIMPLE)
            return this.simple(info);
        const argument = this.argument(major, info);
        if (major === UNSIGNED)
            return argument;
        if (major === NEGATIVE)
            return typeof argument === "bigint" || argument === Number.MAX_SAFE_INTEGER ? -1n - BigInt(argument) : -1 - argument;
        if (major === BYTES) {
            const start = this.skip(argument);
            // Not `slice` of what came in: a Buffer's slice is a view of it.
            const copy = new Uint8Array(this.position - start);
            copy.set(this.bytes.subarray(start, this.position));
            return copy;
        }
        if (major === TEXT) {
            const start = this.skip(argument);
            return readUtf8(this.bytes, start, this.position);
        }
        if (depth === MAX_DEPTH)
            throw new StatementError("TOO_DEEP", `expected at most ${MAX_DEPTH} levels, got more at offset ${this.position - 1}`);
        if (major === TAG)
            return this.tag(argument, depth + 1);
        // Every item takes a byte at least: a huge count is refused before anything is made of it.
        if (argument > (this.bytes.length - this.position) / (major === MAP ? 2 : 1))
            throw this.truncated();
        return major === ARRAY ? this.array(Number(argument), depth + 1) : this.map(Number(argument), depth + 1);
    }
    /** The big-endian unsigned integer in the next `count` (1, 2, 4) bytes. */
    unsigned(count) {
        const end = this.position + count;
        if (end > this.bytes.length)
            throw this.truncated();
        let value = 0;
        while (this.position < end)
            value = value * 256 + this.bytes[this.position++];
        return value;
    }
    argument(major, info) {
        if (info < 24)
            return info;
        if (info === 31 && major !== UNSIGNED && major !== NEGATIVE && major !== TAG)
            throw this.notCanonical("a definite length");
        if (info > 27)
            throw new StatementError("NOT_CBOR", `expected additional information below 28, got ${info} at offset ${this.position - 1}`);
        const first = this.unsigned(info === 24 ? 1 : info === 25 ? 2 : 4);
        if (info < 27) {
            if (first < (info === 24 ? 24 : info === 25 ? 0x100 : 0x10000))
                throw this.notCanonical("the shortest argument");
            return first;
        }
        const second = this.unsigned(4);
        if (first === 0)
            throw this.notCanonical("the shortest argument");
        return first < 0x200000 ? first * TWO_32 + second : (BigInt(first) << 32n) | BigInt(second);
    }
    /** Steps over `length` bytes; returns where they begin. */
    skip(length) {
        const start = this.position;
        if (length > this.bytes.length - start)
            throw this.truncated();
        this.position = start + Number(length);
        return start;
    }
    array(length, depth) {
        const items = [];
        for (let i = 0; i < length; i++)
            items.push(this.value(depth));
        return items;
    }
    map(size, depth) {
        const map = new Map();
        let keyStart = 0;
        let keyEnd = 0;
        for (let i = 0; i < size; i++) {
            const from = this.position;
            const key = this.value(depth);
            if (i > 0 && compare(this.bytes, keyStart, keyEnd, this.bytes, from, this.position) >= 0)
                throw this.notCanonical("map keys once each and in bytewise order");
            keyStart = from;
            keyEnd = this.position;
            map.set(key, this.value(depth));
        }
        return map;
    }
    tag(tag, depth) {
        if (typeof tag === "bigint")
            throw new StatementError("UNSUPPORTED_VALUE", `expected a tag below 2^53, got ${tag}`);
        const value = this.value(depth);
        const problem = bignumProblem(tag, value);
        if (problem !== undefined)
            throw this.notCanonical(problem);
        return new Tag(tag, value);
    }
    simple(info) {
        if (info === 20)
            return false;
        if (info === 21)
            return true;
        if (info === 22)
            return null;
        if (info >= 25 && info <= 27)
            return this.float(1 << (info - 24));
        if (info > 27)
            throw new StatementError("NOT_CBOR", `expected a simple value, got additional information ${info} at offset ${this.position - 1}`);
        // RFC 8949 §3.3: f8 is for 32 to 255 only
        if (info === 24 && this.unsigned(1) < 32)
            throw new StatementError("NOT_CBOR", `expected a simple value from 32 to 255 at offset ${this.position - 1}`);
        throw new StatementError("UNSUPPORTED_VALUE", `expected false, true or null, got another simple value at offset ${this.position - 1}`);
    }
    float(width) {
        const start = this.skip(width);
        const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + start, width);
        const bits = width === 2 ? view.getUint16(0) : 0;
        const value = width === 2 ? fromHalfBits(bits) : width === 4 ? view.getFloat32(0) : view.getFloat64(0);
        if (floatWidth(value) !== width || (value !== value && bits !== HALF_NAN))
            throw this.notCanonical("the shortest float");
        if (value === 0 && 1 / value < 0)
            throw this.notCanonical("0.0 without a sign");
        return new Float(value);
    }
    truncated() {
        return new StatementError("NOT_CBOR", `expected more than ${this.bytes.length} bytes`);
    }
    notCanonical(expected) {
        return new StatementError("NOT_CANONICAL", `expected ${expected}, got otherwise at offset ${this.position}`);
    }
}
