/**
 * Who a device is: a key that it makes at its first boot and that never leaves it, and the count of its boots.
 * Device only; what is pure is in `assay/identity/key-store`.
 */
import { activateKey as activate, loadIdentity, type Identity, type IdentitySource } from "assay/identity/key-store";
import { openCurve, sha256 } from "assay/identity/natives";

export { IdentityError } from "assay/identity/identity-error";
export type { IdentityErrorCode } from "assay/identity/identity-error";
export type { Identity, KeyValueStore, RotationProof } from "assay/identity/key-store";

/** The board's part of an identity. */
export type IdentityOptions = Pick<IdentitySource, "store" | "entropy">;

/**
 * The device's identity; a new one at its first boot.
 * @throws IdentityError `BAD_KEY`, `BAD_BOOT_COUNT`, `BAD_ENTROPY`, `STORE_FAILED`
 */
export function openIdentity({ store, entropy }: IdentityOptions): Identity {
  return loadIdentity({ store, entropy, curve: openCurve(), sha256 });
}

/**
 * Changes over to the key that a rotation has prepared; to be called before `openIdentity`.
 * @param print the new key's thumbprint, 32 bytes
 * @throws IdentityError `NO_SUCH_KEY`, `BAD_KEY`, `STORE_FAILED`
 */
export function activateKey({ store, entropy }: IdentityOptions, print: Uint8Array): void {
  activate({ store, entropy, curve: openCurve(), sha256 }, print);
}
