/** Whom the attackers of these tests attack: a device of each curve with its life so far, a log that took it in, and who trusts them. */
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { encode, type CborMap, type CborValue } from "assay/statement/cbor";
import type { CurveName } from "assay/statement/cose-key";
import { encodeSign1, parseSign1, signatureInput } from "assay/statement/sign1";
import { algorithmOf, type Signer } from "assay/statement/signer";
import type { Trust, TrustedDevice } from "../../client/trust.ts";
import { VerificationError, type VerificationErrorCode } from "../../client/verification-error.ts";
import { StatingDevice } from "../client/device.ts";
import { signerFor, testKey, type TestKey } from "../statement/keys.ts";
import { TestLog } from "./test-log.ts";

export const curves: readonly CurveName[] = ["secp256k1", "P-256"];

/** The name of the algorithm of a curve, for titles. */
export function algorithmName(curve: CurveName): string {
  return curve === "secp256k1" ? "ES256K" : "ESP256";
}

/** The key of this name on a curve. */
export function keyOn(curve: CurveName, name: string): TestKey {
  return testKey(`${name} on ${curve}`, (secret) => signerFor(secret, curve));
}

/** A device of a trust list that has one key. */
export function trusted({ id, publicKey }: TestKey): TrustedDevice {
  return { id, keys: [{ publicKey }] };
}

/** Trust in some devices and in one log. */
export function trustIn(log: TestKey, ...devices: readonly TestKey[]): Trust {
  return { devices: devices.map(trusted), logs: [{ id: log.id, publicKey: log.publicKey }] };
}

export interface Party {
  readonly curve: CurveName;
  readonly device: StatingDevice;
  readonly key: TestKey;
  readonly boot: Uint8Array;
  readonly inference: Uint8Array;
  /** the inference after `inference` */
  readonly next: Uint8Array;
  /** a second boot, after `next` */
  readonly secondBoot: Uint8Array;
  /** an inference after that */
  readonly last: Uint8Array;
  /** has all five, after its policy; its key is of the same curve */
  readonly log: TestLog;
  readonly receipts: readonly Uint8Array[];
  /** of `inference` */
  readonly receipt: Uint8Array;
  readonly trust: Trust;
}

/** A device that has booted twice, and its log. */
export async function partyOf(curve: CurveName, name = "victim"): Promise<Party> {
  const device = new StatingDevice(keyOn(curve, name));
  const [boot, inference, next, secondBoot, last] = [device.boot(), device.infer("compute"), device.infer("idle"), device.boot(), device.infer("io")];
  const log = await TestLog.open(keyOn(curve, "log"));
  log.append(boot, inference, next, secondBoot, last);
  const receipts = await Promise.all(device.statements.map((statement) => log.receiptOf(statement)));
  return { curve, device, key: device.key, boot, inference, next, secondBoot, last, log, receipts, receipt: receipts[1] as Uint8Array, trust: trustIn(log.key, device.key) };
}

/** The code that something is refused with, or "accepted". Any other exception is thrown on: nothing else may come of hostile bytes. */
export function verdictOf(body: () => unknown): VerificationErrorCode | "accepted" {
  try {
    body();
    return "accepted";
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
}

/** The same of something that asks a chain. */
export async function verdictOfAsync(body: () => Promise<unknown>): Promise<VerificationErrorCode | "accepted"> {
  try {
    await body();
    return "accepted";
  } catch (error) {
    if (error instanceof VerificationError) return error.code;
    throw error;
  }
}

/** A copy with one bit turned round. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** A COSE_Sign1 of any two parts, rightly signed: what a hostile device, or a hostile log, can make. */
export function signedObject(signer: Signer, protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeSign1({ protectedHeader: protectedBytes, payload, signature: signer.sign(sha256(signatureInput(protectedBytes, payload))) });
}

/** A statement once more, with other header parameters, and signed again. */
export function withHeader(signer: Signer, statement: Uint8Array, changes: CborMap): Uint8Array {
  const { protectedHeader, payload } = parseSign1(statement);
  return signedObject(signer, encode(new Map<CborValue, CborValue>([...protectedHeader, ...changes])), payload as Uint8Array);
}

/** The same object with another signature. */
export function withSignature(object: Uint8Array, change: (signature: Uint8Array) => Uint8Array): Uint8Array {
  return Uint8Array.of(...object.subarray(0, -64), ...change(object.slice(-64)));
}

/** Order of a curve's group. */
export function orderOf(curve: CurveName): bigint {
  return (curve === "P-256" ? p256 : secp256k1).Point.Fn.ORDER;
}

/** The other signature with the same r, n - s: ECDSA takes it just as well. */
export function highS(curve: CurveName, signature: Uint8Array): Uint8Array {
  return Uint8Array.of(...signature.subarray(0, 32), ...bigEndian(orderOf(curve) - BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`)));
}

/** 32 bytes. */
export function bigEndian(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
}

/** The algorithm that belongs to a curve. */
export function rightAlgorithm(curve: CurveName): number {
  return algorithmOf(curve);
}
