/** Checks of command-line values, with messages that say what would have been valid. */
import { isDeviceId } from "assay/statement/cose-key";
import { InvalidArgumentError } from "commander";

/** A number from `low` to `high`. */
export function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high)) throw new InvalidArgumentError(`expected a number from ${low} to ${high}, got "${text}"`);
    return value;
  };
}

/** A whole number from `low` to `high`. */
export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high) throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}, got "${text}"`);
    return value;
  };
}

/** A TCP port; 0 picks a free one. */
export const port = integer(0, 65535);

/** A device's id. */
export function deviceId(text: string): string {
  if (!isDeviceId(text)) throw new InvalidArgumentError(`expected the base64url of 32 bytes, 43 characters, got "${text}"`);
  return text;
}

/** An address of an EVM account or contract, such as 0x5FbDB2315678afecb367f032d93F642f64180aa3. */
export function address(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError(`expected 0x and 40 hexadecimal digits, got "${text}"`);
  return text as `0x${string}`;
}
