/** Reads one decoded value as what a format expects there. Every reader refuses with `BAD_CLAIMS` unless told another code. */
import { Float } from "assay/statement/cbor";
import { StatementError } from "assay/statement/statement-error";
/** The error that says what was expected of `name` and what kind of value came. */
export function unexpected(name, expected, got, code = "BAD_CLAIMS") {
    return new StatementError(code, `${name}: expected ${expected}, got ${kindOf(got)}`);
}
function kindOf(value) {
    if (value === undefined)
        return "nothing";
    if (value === null || typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
        return String(value);
    if (typeof value === "string")
        return `text of ${value.length} characters`;
    if (value instanceof Uint8Array)
        return `${value.length} bytes`;
    if (value instanceof Float)
        return `the float ${value.value}`;
    return Array.isArray(value) ? `an array of ${value.length}` : value instanceof Map ? "a map" : "a tag";
}
/** An integer from 0 to `limit` (default 2^53 - 1). */
export function readUint(value, name, code, limit = Number.MAX_SAFE_INTEGER) {
    if (!Number.isSafeInteger(value) || value < 0 || value > limit)
        throw unexpected(name, `an integer from 0 to ${limit}`, value, code);
    return value;
}
/** A byte string of `length` bytes. */
export function readBytes(value, length, name, code) {
    if (!(value instanceof Uint8Array) || value.length !== length)
        throw unexpected(name, `${length} bytes`, value, code);
    return value;
}
/** Text of 1 to `limit` characters without control characters, so that it can be shown as it is. */
export function readText(value, limit, name, code) {
    if (typeof value !== "string" || value.length === 0 || value.length > limit || hasControl(value))
        throw unexpected(name, `text of 1 to ${limit} characters, none of them a control character`, value, code);
    return value;
}
function hasControl(text) {
    for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0))
            return true;
    }
    return false;
}
/** True or false. */
export function readBoolean(value, name) {
    if (typeof value !== "boolean")
        throw unexpected(name, "true or false", value);
    return value;
}
/** An array of exactly `length` items, or of any number of them if `length` is undefined. */
export function readArray(value, length, name, code) {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length))
        throw unexpected(name, length === undefined ? "an array" : `an array of ${length}`, value, code);
    return value;
}
/** A map. */
export function readMap(value, name, code) {
    if (!(value instanceof Map))
        throw unexpected(name, "a map", value, code);
    return value;
}
