/** Reads one decoded value as what a format expects there. Every reader refuses with `BAD_CLAIMS` unless told another code. */
import { Float, type CborMap, type CborValue } from "assay/statement/cbor";
import { StatementError, type StatementErrorCode } from "assay/statement/statement-error";

type Value = CborValue | undefined;

/** The error that says what was expected of `name` and what kind of value came. */
export function unexpected(name: string, expected: string, got: Value, code: StatementErrorCode = "BAD_CLAIMS"): StatementError {
  return new StatementError(code, `${name}: expected ${expected}, got ${kindOf(got)}`);
}

function kindOf(value: Value): string {
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return `text of ${value.length} characters`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Float) return `the float ${value.value}`;
  return Array.isArray(value) ? `an array of ${value.length}` : value instanceof Map ? "a map" : "a tag";
}

/** An integer from 0 to `limit` (default 2^53 - 1). */
export function readUint(value: Value, name: string, code?: StatementErrorCode, limit: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > limit) throw unexpected(name, `an integer from 0 to ${limit}`, value, code);
  return value as number;
}

/** A byte string of `length` bytes. */
export function readBytes(value: Value, length: number, name: string, code?: StatementErrorCode): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw unexpected(name, `${length} bytes`, value, code);
  return value;
}

/** Text of 1 to `limit` characters without control characters, so that it can be shown as it is. */
export function readText(value: Value, limit: number, name: string, code?: StatementErrorCode): string {
  if (typeof value !== "string" || value.length === 0 || value.length > limit || hasControl(value)) throw unexpected(name, `text of 1 to ${limit} characters, none of them a control character`, value, code);
  return value;
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return true;
    // Line and paragraph separators, and what turns the direction of the text around it (Unicode UAX #9 §2): a label shall look like what it is.
    if ((unit >= 0x2028 && unit <= 0x202e) || (unit >= 0x2066 && unit <= 0x2069)) return true;
  }
  return false;
}

/** True or false. */
export function readBoolean(value: Value, name: string): boolean {
  if (typeof value !== "boolean") throw unexpected(name, "true or false", value);
  return value;
}

/** An array of exactly `length` items, or of any number of them if `length` is undefined. */
export function readArray(value: Value, length: number | undefined, name: string, code?: StatementErrorCode): readonly CborValue[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) throw unexpected(name, length === undefined ? "an array" : `an array of ${length}`, value, code);
  return value as readonly CborValue[];
}

/** A map. */
export function readMap(value: Value, name: string, code?: StatementErrorCode): CborMap {
  if (!(value instanceof Map)) throw unexpected(name, "a map", value, code);
  return value as CborMap;
}
