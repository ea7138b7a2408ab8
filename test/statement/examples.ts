/** Statements that tests begin with: a device of two boots, its log, and a receipt. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeStatement, type BootClaims, type InferenceClaims } from "assay/statement";
import type { Anchor } from "assay/statement/anchor";
import { leafHash, nodeHash } from "assay/statement/merkle";
import { encodePolicy } from "assay/statement/policy";
import { encodeReceipt } from "assay/statement/receipt";
import { testKey, type TestKey } from "./keys.ts";

export const device: TestKey = testKey("assay test device");
export const log: TestKey = testKey("assay test log");
/** 14 characters, as long as the size budget of a statement supposes. */
export const subject = "machine-health";

const text = new TextEncoder();

/** SHA-256 of a text: a digest that means something to a reader. */
export function digestOf(value: string): Uint8Array {
  return sha256(text.encode(value));
}

/** The first 16 bytes of a statement's digest. */
export function linkTo(statement: Uint8Array): Uint8Array {
  return sha256(statement).slice(0, 16);
}

/** Claims of a boot; `overrides` changes some. */
export function bootClaims(overrides: Partial<BootClaims> = {}): BootClaims {
  return {
    kind: "boot",
    sequence: 0,
    bootCount: 1,
    previous: null,
    historyLost: false,
    publicKey: device.publicKey,
    version: "1.0.0",
    board: "linux-x64",
    firmware: digestOf("firmware"),
    model: digestOf("model"),
    frontEnd: digestOf("front end"),
    kernels: { variant: "reference", selfCheck: true },
    channels: ["user", "system", "iowait"],
    window: { length: 32, hop: 10, rate: 10 },
    simulator: false,
    ...overrides,
  };
}

/** Claims of an inference; `overrides` changes some. */
export function inferenceClaims(overrides: Partial<InferenceClaims> = {}): InferenceClaims {
  return {
    kind: "inference",
    sequence: 1,
    bootCount: 1,
    previous: linkTo(boot),
    input: digestOf("input"),
    results: [{ output: Uint8Array.of(0x80, 0x10, 0x7f), label: "compute", score: 0.99609375 }],
    beacon: { number: 21_000_000, hash: digestOf("block") },
    time: 1_790_000_000,
    ...overrides,
  };
}

/** Signs claims as `key`'s. */
export function statementOf(claims: BootClaims | InferenceClaims, key: TestKey = device): Uint8Array {
  return encodeStatement(claims, { issuer: key.id, subject, keyId: key.keyId }, key.signer, sha256);
}

export const boot: Uint8Array = statementOf(bootClaims());
export const inference: Uint8Array = statementOf(inferenceClaims());
export const policy: Uint8Array = encodePolicy(["Statements of registered devices whose signature is right and that follow on the statement before."], { issuer: log.id, keyId: log.keyId }, log.signer, sha256);

export const anchor: Anchor = { chainId: 31337, contract: digestOf("contract").slice(0, 20), block: 21_000_007, transaction: digestOf("transaction"), time: 1_790_000_012 };

const [leaf0, leaf1, leaf2] = [policy, boot, inference].map((entry) => leafHash(entry, sha256)) as [Uint8Array, Uint8Array, Uint8Array];
const left = nodeHash(leaf0, leaf1, sha256);
/** Root of the tree [policy, boot, inference]. */
export const root: Uint8Array = nodeHash(left, leaf2, sha256);
/** The receipt of `inference`. */
export const receipt: Uint8Array = encodeReceipt({ treeSize: 3, leafIndex: 2, path: [left], anchor }, root, { issuer: log.id, keyId: log.keyId }, log.signer, sha256);
/** The receipt of `boot`. */
export const bootReceipt: Uint8Array = encodeReceipt({ treeSize: 3, leafIndex: 1, path: [leaf0, leaf2], anchor }, root, { issuer: log.id, keyId: log.keyId }, log.signer, sha256);
