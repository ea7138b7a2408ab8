/**
 * Who a device is: a key that it makes at its first boot and that never leaves it, and the count of its boots.
 * Device only; what is pure is in `assay/identity/key-store`.
 */
import { loadIdentity, type Identity, type IdentitySource } from "assay/identity/key-store";
import { openCurve, sha256 } from "assay/identity/natives";

export { IdentityError } from "assay/identity/identity-error";
export type { IdentityErrorCode } from "assay/identity/identity-error";
export type { Identity, KeyValueStore } from "assay/identity/key-store";

/**
 * The device's identity; a new one at its first boot.
 * @throws IdentityError `BAD_KEY`, `BAD_BOOT_COUNT`, `BAD_ENTROPY`, `STORE_FAILED`
 */
export function openIdentity(options: Pick<IdentitySource, "store" | "entropy">): Identity {
  return loadIdentity({ store: options.store, entropy: options.entropy, curve: openCurve(), sha256 });
}
