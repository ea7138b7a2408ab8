/** Statements for the contracts, with one part or another changed. */
import { encode, Float } from "assay/statement/cbor";
import type { CborMap, CborValue } from "assay/statement/cbor";
import { encodeSign1, signatureInput } from "assay/statement/sign1";
import { hexToBytes } from "viem";
import type { Hex } from "viem";
import { sha256 } from "../../gateway/log.ts";
import type { DeviceKey } from "./device-keys.ts";

/** What can be said of a statement; the rest is fixed. */
export interface StatementParts {
  readonly bootCount?: number | bigint;
  readonly sequence?: number | bigint;
  readonly label?: string;
  /** Number of a block, and the first 8 bytes of its hash. */
  readonly beacon?: { readonly block: number | bigint; readonly hash: Uint8Array };
  /** Claims beside or instead of those of an inference. */
  readonly claims?: CborMap;
  /** Parameters beside or instead of those of a statement. */
  readonly header?: CborMap;
  /** 32 bytes that change the nonce of the signature and nothing else. */
  readonly entropy?: Uint8Array;
}

const issuer = "hL3O9jhX_9B_2725ULflazYSg-zgChWeLwRoLwj82jk";

/** The protected header of a statement by this key. */
export function headerOf(key: DeviceKey): CborMap {
  return new Map<number, CborValue>([[1, key.algorithm], [4, hexToBytes(key.thumbprint).subarray(0, 8)], [15, new Map([[1, issuer], [2, "machine-health"]])]]);
}

/** An inference statement. */
export function statement(key: DeviceKey, parts: StatementParts = {}): Uint8Array {
  const { bootCount = 3, sequence = 41, label = "compute", beacon } = parts;
  const results = [[Uint8Array.of(128, 16, 127), label, new Float(0.99609375)], [Uint8Array.of(1), "second", new Float(0.1)]];
  const chain = [sequence, new Uint8Array(16).fill(7), new Uint8Array(32).fill(8), results, beacon?.block ?? null];
  const claims = new Map<CborValue, CborValue>([[6, 1_790_000_000], [267, bootCount], [-70001, chain], ...(beacon === undefined ? [] : [[10, beacon.hash] as const]), ...(parts.claims ?? [])]);
  return signed(key, encode(new Map([...headerOf(key), ...(parts.header ?? [])])), encode(claims), parts.entropy);
}

/** A boot statement: claim -70001 has two items only. */
export function bootStatement(key: DeviceKey): Uint8Array {
  const claims = new Map<CborValue, CborValue>([
    [8, new Map([[1, new Map<number, CborValue>([[1, 2], [-1, 8], [-2, new Uint8Array(32)], [-3, new Uint8Array(32)]])]])],
    [265, "tag:assay,2026:1"], [267, 3], [270, "machine-health"], [271, ["1.0.0"]], [274, [["assay", [["model", 1]]]]],
    [-70001, [0, null]], [-70002, new Map([["app", new Uint8Array(32)]])],
  ]);
  return signed(key, encode(headerOf(key)), encode(claims));
}

/** A statement of any two parts, signed. */
export function signed(key: DeviceKey, header: Uint8Array, payload: Uint8Array, entropy?: Uint8Array): Uint8Array {
  return encodeSign1({ protectedHeader: header, payload, signature: key.sign(sha256(signatureInput(header, payload)), entropy) });
}

/** The digest that the statement of these parts is signed by. */
export function digestOf(header: Uint8Array, payload: Uint8Array): Uint8Array {
  return sha256(signatureInput(header, payload));
}

/** The same statement with another signature. */
export function withSignature(bytes: Uint8Array, change: (signature: Uint8Array) => Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes.subarray(0, -64), ...change(bytes.subarray(-64)));
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
