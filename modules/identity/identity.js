/**
 * Who a device is: a key that it makes at its first boot and that never leaves it, and the count of its boots.
 * Device only; what is pure is in `assay/identity/key-store`.
 */
import { loadIdentity } from "assay/identity/key-store";
import { curve, sha256 } from "assay/identity/natives";
export { IdentityError } from "assay/identity/identity-error";
/**
 * The device's identity; a new one at its first boot.
 * @throws IdentityError `BAD_KEY`, `BAD_BOOT_COUNT`, `BAD_ENTROPY`, `STORE_FAILED`
 */
export function openIdentity(options) {
    return loadIdentity({ store: options.store, entropy: options.entropy, curve, sha256 });
}
