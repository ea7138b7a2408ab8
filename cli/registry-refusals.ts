/** What the DeviceRegistry contract's errors mean to the person who called it. */
import type { deviceRegistryAbi } from "../contracts/abi.ts";
import type { ContractErrorName } from "viem";

/** A sentence for each error: what was wrong, and what to do. */
const SENTENCES: Readonly<Partial<Record<ContractErrorName<typeof deviceRegistryAbi>, string>>> = {
  AlgorithmMismatch: "the statement names an algorithm of another curve than the device's key; no device signs so, take the statement as the log has it",
  AlgorithmUnknown: "the statement's algorithm is none that the contract knows; give a statement of a device, without changes",
  AlreadyRegistered: "this key is a device's already, or was; a device needs a key of its own",
  BadSignature: "the signature is not this key's; take the line as the device reports it, for this chain, registry and owner",
  BondNotReleased: "the bond was not asked for, or less than 7 days ago; wait until then",
  BondTooLarge: "a bond has less than 2^128 wei; deposit less",
  ClaimMissing: "the statement lacks a claim that every statement has; give a statement of a device, without changes",
  DifferentNumbers: "the two statements have different numbers, so both may stand; give two of one boot count and sequence number",
  KeyIndexOutOfRange: "the device has had fewer keys; see assay device list",
  KeyNotOfDevice: "that key is not one of this device; see assay device list for its keys",
  NoBond: "the device has no bond",
  NoValue: "the deposit is 0 wei; give an amount",
  NotOnCurve: "the public key is no point of its curve; take the line as the device reports it",
  NotOwner: "only the device's owner may do this; give the owner's account with --account (the first address is yours, the second the owner's)",
  OwnerIsZero: "a device needs an owner; give an address other than zero",
  PaymentFailed: "the account did not take the ether; report with an account that takes payments",
  ReasonReserved: "a device is revoked for equivocation by its two statements only; see assay equivocation",
  RevocationNotEarlier: "the key is revoked already, and a revocation can only be moved to an earlier time; give a --since before the second of these times",
  RevokedDevice: "the device has equivocated and is revoked for good; set it up anew, with a new key",
  RevokedKey: "the key in use is revoked, and a revoked key cannot hand over to another; set the device up anew, with a new key",
  SameStatement: "both are one statement, whatever their signatures are; an equivocation needs two",
  SinceOutOfRange: "a revocation begins at second 1 at the earliest and now, by the chain's clock, at the latest; give such a --since",
  StatementMalformed: "a statement has something else there; give a statement of a device, without changes",
  StatementTooLong: "a statement has at most 4,096 bytes; give a statement of a device, without changes",
  StatementTruncated: "the statement ends too early; give the whole statement",
  UnknownDevice: "no device has this id in this registry; register it first, or see assay device list",
  UnknownKey: "no device has or had this key in this registry; register the device first, or see assay device list",
};

/** What a revert of the registry means, such as `NotOwner(0x…, 0x…): only the device's owner may do this; …`. */
export function describeRefusal(name: string, args: readonly unknown[]): string {
  const sentence = Object.hasOwn(SENTENCES, name) ? SENTENCES[name as keyof typeof SENTENCES] : undefined;
  return `${name}(${args.map(String).join(", ")}): ${sentence ?? "the contract is newer than this program; look the error up in its source"}`;
}
