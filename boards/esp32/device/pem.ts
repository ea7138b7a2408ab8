/** Certificates and keys as text (PEM, RFC 7468) or as bytes. */
import { DeviceError } from "assay/esp32/device-error";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Far above a certificate's size. */
const LONGEST = 16384;

function decodeBase64(text: string, name: string): ArrayBuffer {
  const digits = text.replace(/[ \t\r\n]/g, "").replace(/={0,2}$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) throw new DeviceError("BAD_PEM", `${name}: expected base64 between its lines, got another character`);
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
  }
  return bytes.buffer;
}

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/**
 * The DER bytes of every block in a PEM text; bytes that are DER already (they begin with 0x30, a SEQUENCE) are returned as they are.
 *
 * @param name the field, for messages; the content never is in one, since it may be a key
 * @throws DeviceError `BAD_PEM`
 */
export function derOf(source: string | ArrayBuffer, name: string): ArrayBuffer[] {
  if (typeof source !== "string") {
    const bytes = new Uint8Array(source);
    if (bytes[0] === 0x30) return [source];
    return derOf(textOf(bytes.length > LONGEST ? bytes.subarray(0, LONGEST + 1) : bytes), name);
  }
  if (source.length > LONGEST) throw new DeviceError("BAD_PEM", `${name}: expected at most ${LONGEST} characters of PEM, got more`);
  const blocks: ArrayBuffer[] = [];
  const block = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g;
  for (let match = block.exec(source); match !== null; match = block.exec(source)) {
    const der = decodeBase64(match[2]!, name);
    if (new Uint8Array(der)[0] !== 0x30) throw new DeviceError("BAD_PEM", `${name}: expected DER in its PEM, got something else`);
    blocks.push(der);
  }
  if (blocks.length === 0) throw new DeviceError("BAD_PEM", `${name}: expected PEM or DER, got neither`);
  return blocks;
}
