/** Fields that trust files and the report lines of devices have in common, as schemas. */
import { decodePublicKey, isDeviceId } from "assay/statement/cose-key";
import * as v from "valibot";

/** A device's or a log's id. */
export const deviceIdField = v.pipe(v.string(), v.check(isDeviceId, "expected the base64url of 32 bytes, 43 characters"));

/** `length` bytes in hex. */
export function bytesField(length: number) {
  return v.pipe(
    v.string(),
    v.regex(new RegExp(`^[0-9a-f]{${2 * length}}$`), `expected ${length} bytes, ${2 * length} lower-case hexadecimal digits`),
    v.transform((hex) => fromHex(hex)),
  );
}

/** A public key: its COSE_Key (RFC 9052 §7) in hex. */
export const publicKeyField = v.pipe(
  v.string(),
  v.regex(/^a40102200[18]215820[0-9a-f]{64}225820[0-9a-f]{64}$/, "expected the COSE_Key of a public key, 150 lower-case hexadecimal digits"),
  v.transform((hex) => decodePublicKey(fromHex(hex))),
);

/** An address of an EVM account or contract. */
export const addressField = v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{40}$/, "expected 0x and 40 hexadecimal digits"), v.transform((text) => text as `0x${string}`));

/** An EIP-155 chain id. */
export const chainIdField = v.pipe(v.number(), v.integer(), v.minValue(1));

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
