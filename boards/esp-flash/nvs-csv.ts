/**
 * What an NVS partition shall hold, as Espressif's tools write it: lines `key,type,encoding,value`, where `type` is namespace, data or file. Values are in this file or in files that it names, so that
 * no secret is on a command line. Source: ESP-IDF, "NVS Partition Generator Utility", section "CSV File Format".
 */
import { FlashError } from "./flash-error.ts";
import { INTEGERS, type NvsEntry, type NvsInteger } from "./nvs-format.ts";

const TEXT_ENCODINGS = ["string", "hex2bin", "base64", "binary"];

/**
 * Reads such a text. `readFile` gives the bytes of a file that a line names.
 * Values may be in double quotes, with "" for a quote in them; they never appear in errors.
 *
 * @throws FlashError `BAD_NVS` with the line; what `readFile` throws
 */
export function parseNvsCsv(text: string, readFile: (path: string) => Uint8Array): NvsEntry[] {
  const entries: NvsEntry[] = [];
  let namespace: string | undefined;
  let first = true;
  text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).forEach((line, index) => {
    if (line.trim() === "" || line.trim().startsWith("#")) return;
    const fail = (message: string): FlashError => new FlashError("BAD_NVS", `line ${index + 1}: ${message}`);
    const fields = fieldsOf(line, fail);
    if (first && fields.join(",") === "key,type,encoding,value") return void (first = false);
    first = false;
    const [key = "", type = "", encoding = "", value = ""] = fields;
    if (fields.length > 4) throw fail(`expected 4 fields, got ${fields.length}; put a value with commas in double quotes`);
    if (type === "namespace") return void (namespace = key);
    if (type !== "data" && type !== "file") throw fail(`expected the type namespace, data or file, got ${JSON.stringify(type.slice(0, 20))}`);
    if (namespace === undefined) throw fail(`expected a namespace before the key ${key}`);
    const bytes = type === "file" ? readFile(value) : Buffer.from(value, "utf8");
    entries.push({ namespace, key, ...valueOf(encoding, bytes, fail) });
  });
  return entries;
}

type Fail = (message: string) => FlashError;
type Value = NvsEntry extends infer Entry ? (Entry extends NvsEntry ? Omit<Entry, "namespace" | "key"> : never) : never;

function valueOf(encoding: string, bytes: Uint8Array, fail: Fail): Value {
  const text = (): string => Buffer.from(bytes).toString("utf8");
  if (Object.hasOwn(INTEGERS, encoding)) {
    const digits = text().trim();
    if (!/^-?(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(digits)) throw fail(`expected a whole number as ${encoding}, got something else`);
    return { type: encoding as NvsInteger, value: digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits) };
  }
  if (encoding === "string") return { type: "string", value: text() };
  if (encoding === "binary") return { type: "blob", value: bytes };
  if (encoding === "hex2bin") {
    const digits = text().trim();
    if (!/^([0-9a-f]{2})*$/i.test(digits)) throw fail("expected pairs of hexadecimal digits, got something else");
    return { type: "blob", value: Uint8Array.from(Buffer.from(digits, "hex")) };
  }
  if (encoding === "base64") {
    const digits = text().replace(/\s/g, "");
    if (!/^([0-9a-z+/]{4})*([0-9a-z+/]{2}==|[0-9a-z+/]{3}=)?$/i.test(digits)) throw fail("expected base64, got something else");
    return { type: "blob", value: Uint8Array.from(Buffer.from(digits, "base64")) };
  }
  throw fail(`expected the encoding ${[...Object.keys(INTEGERS), ...TEXT_ENCODINGS].join(", ")}, got ${JSON.stringify(encoding.slice(0, 20))}`);
}

/** The fields of a line; in double quotes commas count as text. */
function fieldsOf(line: string, fail: Fail): string[] {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(,|$)/.exec(rest);
    const plain = quoted === null ? /^([^",]*)(,|$)/.exec(rest) : null;
    const match = quoted ?? plain;
    if (match === null) throw fail("expected fields with commas between, got a quote that does not end or begin a field");
    fields.push(quoted === null ? match[1]!.trim() : match[1]!.replaceAll('""', '"'));
    rest = rest.slice(match[0].length);
    if (match[2] === "") return fields;
  }
}
