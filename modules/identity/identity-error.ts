/** Why a device has no identity. */
export type IdentityErrorCode =
  /** the stored key is not one that this code has written */
  | "BAD_KEY"
  /** the stored boot count is missing, is not one that this code has written, or cannot grow any more */
  | "BAD_BOOT_COUNT"
  /** the entropy source failed, gave another number of bytes, or nothing that is a secret key */
  | "BAD_ENTROPY"
  /** there is no key with that thumbprint to change over to */
  | "NO_SUCH_KEY"
  /** the store refused, or did not keep what was written */
  | "STORE_FAILED";

/** A device's key or boot count cannot be had. Messages never contain a secret. */
export class IdentityError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "IdentityError";
  readonly code: IdentityErrorCode;
  constructor(code: IdentityErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
