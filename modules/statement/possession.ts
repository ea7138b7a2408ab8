/**
 * Proofs that a device has its keys, for the DeviceRegistry contract: signatures over a Sig_structure (RFC 9052 §4.4) that the contract puts
 * together itself, so all parts have a fixed length. They name chain and contract, so that none counts elsewhere, and the owner, so that
 * whoever copies one from the mempool can only register the device for that very owner. Bytes: docs/statement.cddl.
 */
import { encode, type CborValue } from "assay/statement/cbor";
import { thumbprint, type PublicKey, type Sha256 } from "assay/statement/cose-key";
import { ALGORITHM_LABEL, encodeProtected, signatureInput } from "assay/statement/sign1";
import { algorithmOf, type Signer } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";

/** Bytes of an EVM address. */
const ADDRESS_LENGTH = 20;
const DIGEST_LENGTH = 32;
const CHAIN_ID_LENGTH = 32;
const COUNT_LENGTH = 4;

/** A DeviceRegistry. */
export interface RegistryPlace {
  /** EIP-155 chain id */
  readonly chainId: number;
  /** address of the contract, 20 bytes */
  readonly registry: Uint8Array;
}

/** Who a device is registered for. */
export interface Registration extends RegistryPlace {
  /** address of the account that may rotate its keys and revoke it, 20 bytes */
  readonly owner: Uint8Array;
  /** the device is simulated: what it says proves nothing about the world */
  readonly simulator: boolean;
}

/** The change of a device's key. */
export interface Rotation extends RegistryPlace {
  /** thumbprint of the device's first key, 32 bytes */
  readonly device: Uint8Array;
  readonly newKey: PublicKey;
  /** keys that the device has had so far, 1 or more: no proof counts twice */
  readonly keyCount: number;
}

/** What a device signs to be registered, 32 bytes. @throws StatementError `NOT_ENCODABLE` */
export function registrationDigest(registration: Registration, key: PublicKey, sha256: Sha256): Uint8Array {
  const { chainId, registry, owner, simulator } = registration;
  return proofDigest(["assay-register", bigEndian(chainId, CHAIN_ID_LENGTH), exactly(registry, ADDRESS_LENGTH), exactly(owner, ADDRESS_LENGTH), simulator], key, sha256);
}

/** A device's proof that it has its key: 64 bytes. */
export function proveRegistration(registration: Registration, signer: Signer, sha256: Sha256): Uint8Array {
  return signer.sign(registrationDigest(registration, signer.publicKey, sha256));
}

/** What the key in use, and the new one, each sign to change from one to the other, 32 bytes. @throws StatementError `NOT_ENCODABLE` */
export function rotationDigest(rotation: Rotation, key: PublicKey, sha256: Sha256): Uint8Array {
  const { chainId, registry, device, newKey, keyCount } = rotation;
  const place = [bigEndian(chainId, CHAIN_ID_LENGTH), exactly(registry, ADDRESS_LENGTH)];
  return proofDigest(["assay-rotate", ...place, exactly(device, DIGEST_LENGTH), thumbprint(newKey, sha256), bigEndian(keyCount, COUNT_LENGTH)], key, sha256);
}

/** The half of a rotation's proof that `signer` gives: 64 bytes. */
export function proveRotation(rotation: Rotation, signer: Signer, sha256: Sha256): Uint8Array {
  return signer.sign(rotationDigest(rotation, signer.publicKey, sha256));
}

function proofDigest(payload: readonly CborValue[], key: PublicKey, sha256: Sha256): Uint8Array {
  return sha256(signatureInput(encodeProtected(new Map([[ALGORITHM_LABEL, algorithmOf(key.curve)]])), encode(payload)));
}

function bigEndian(value: number, length: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || (length < 7 && value >= 256 ** length)) throw new StatementError("NOT_ENCODABLE", `expected an integer of ${length} bytes, got ${value}`);
  const bytes = new Uint8Array(length);
  for (let i = length - 1, rest = value; rest > 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new StatementError("NOT_ENCODABLE", `expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}
