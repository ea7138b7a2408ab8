/**
 * Commands to the ROM loader and its replies, as bytes.
 *
 * Source: Espressif, esptool documentation, "Serial Protocol": "Command Packet", "Response Packet", "Status Bytes", "ROM Loader Errors", "Commands", "Checksum".
 */
import { FlashError, hex, type FlashErrorCode } from "./flash-error.ts";

/** The commands of the ROM loader that are used here, by their opcode. */
export const COMMANDS = {
  FLASH_BEGIN: 0x02,
  FLASH_DATA: 0x03,
  FLASH_END: 0x04,
  SYNC: 0x08,
  WRITE_REG: 0x09,
  READ_REG: 0x0a,
  SPI_SET_PARAMS: 0x0b,
  SPI_ATTACH: 0x0d,
  CHANGE_BAUDRATE: 0x0f,
  SPI_FLASH_MD5: 0x13,
  GET_SECURITY_INFO: 0x14,
} as const;

/** A command's name. */
export type CommandName = keyof typeof COMMANDS;

/** What the loader answers with when it does not know a command. */
export const ROM_INVALID_MESSAGE = 0x05;

const HEADER_BYTES = 8;
/** Status and error, then two reserved bytes that some replies lack. */
const STATUS_BYTES = 2;

/** A reply, apart. `data` still ends on the status bytes: where they begin depends on the command. */
export interface Reply {
  readonly command: number;
  readonly value: number;
  readonly data: Uint8Array;
}

/** Little-endian 32-bit words as bytes. */
export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(4 * index, value, true));
  return bytes;
}

/** The checksum over the part of a FLASH_DATA command that is written: all bytes and 0xEF, exclusive or. */
export function checksum(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0xef);
}

/** A command before its framing. Data is at most 65535 bytes. */
export function encodeCommand(name: CommandName, data: Uint8Array, sum = 0): Uint8Array {
  if (data.length > 0xffff) throw new FlashError("BAD_OPTION", `expected at most 65535 bytes of data for ${name}, got ${data.length}`);
  const packet = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(packet.buffer);
  view.setUint8(1, COMMANDS[name]);
  view.setUint16(2, data.length, true);
  view.setUint32(4, sum, true);
  packet.set(data, HEADER_BYTES);
  return packet;
}

/** A frame as a reply, or undefined if it is none: another direction, or shorter than it says (bytes were lost). Bytes beyond its length are left out. */
export function decodeReply(frame: Uint8Array): Reply | undefined {
  if (frame.length < HEADER_BYTES + STATUS_BYTES || frame[0] !== 1) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const end = HEADER_BYTES + view.getUint16(2, true);
  if (end < HEADER_BYTES + STATUS_BYTES || end > frame.length) return undefined;
  return { command: frame[1]!, value: view.getUint32(4, true), data: frame.slice(HEADER_BYTES, end) };
}

/** Whether a reply to any command says that its command is unknown. */
export function saysUnsupported(reply: Reply): boolean {
  return reply.data[0] !== 0 && reply.data[1] === ROM_INVALID_MESSAGE;
}

/** The loader's errors: what each means, what to do, and its code here. */
const ROM_ERRORS: Readonly<Record<number, readonly [meaning: string, remedy: string, code?: FlashErrorCode]>> = {
  0x00: ["undefined error", "reset the board and try again"],
  0x01: ["a parameter is invalid", "check offsets and sizes against the chip's flash"],
  0x02: ["the loader is out of memory", "reset the board and try again"],
  0x03: ["the loader could not send", "try a lower baud rate and another cable"],
  0x04: ["the loader could not receive", "try a lower baud rate and another cable"],
  0x05: ["the message's format is invalid", "the chip does not know this command, or is in secure download mode", "UNSUPPORTED_COMMAND"],
  0x06: ["the command ran, its result is wrong", "reset the board and try again"],
  0x07: ["checksum error in a block", "bytes get lost on the line: try a lower baud rate and another cable", "ROM_CHECKSUM"],
  0x08: ["flash write error: what was read back differs", "the flash is worn out, badly powered or wired otherwise; try another supply, then another board", "ROM_FLASH"],
  0x09: ["flash read error", "the flash does not answer: check its supply and, on own boards, its pins", "ROM_FLASH"],
  0x0a: ["flash read length error", "check offsets and sizes against the chip's flash", "ROM_FLASH"],
  0x0b: ["deflate error", "reset the board and try again"],
  0x0c: ["deflate checksum error", "reset the board and try again"],
  0x0d: ["deflate parameter error", "reset the board and try again"],
  0x0e: ["invalid size for RAM", "reset the board and try again"],
  0x0f: ["invalid address for RAM", "reset the board and try again"],
};

/** The error for a status byte that is not 0. */
export function romError(what: string, number: number): FlashError {
  const [meaning, remedy, code = "ROM_ERROR"] = ROM_ERRORS[number] ?? ["an error that Espressif's documentation does not list", "reset the board and try again"];
  return new FlashError(code, `expected the chip to ${what}, got its error ${hex(number)}: ${meaning}; ${remedy}`, { romError: number });
}

/**
 * What a reply carries before its status bytes.
 * @throws FlashError `BAD_REPLY` if it is too short; `ROM_CHECKSUM`, `ROM_FLASH`, `ROM_ERROR`, `UNSUPPORTED_COMMAND` by its status
 */
export function replyData(what: string, reply: Reply, length: number): Uint8Array {
  const { data } = reply;
  // A loader that fails sends its status alone, without the data that would come before it.
  const status = data.length < length + STATUS_BYTES ? 0 : length;
  if (data[status] !== 0) throw romError(what, data[status + 1]!);
  if (data.length < length + STATUS_BYTES) throw new FlashError("BAD_REPLY", `expected ${length + STATUS_BYTES} bytes or more when asking the chip to ${what}, got ${data.length}`);
  return data.subarray(0, length);
}
