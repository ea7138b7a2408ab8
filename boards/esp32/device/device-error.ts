/** Why an ESP32 board cannot do what it was asked. */
export type DeviceErrorCode =
  /** a field of `mc/config` missing or out of range */
  | "BAD_CONFIG"
  /** something that needs a file system, which these boards have none of */
  | "NO_FILE_SYSTEM"
  /** a sensor that does not answer, or is another one */
  | "NO_SENSOR"
  /** an option of a sensor out of range */
  | "BAD_OPTION"
  /** a certificate or key that is neither PEM nor DER */
  | "BAD_PEM"
  /** a peer that breaks the order of a TLS handshake */
  | "TLS_ORDER";

/** An error of an ESP32 board. The message says what was expected and what came, never a secret. */
export class DeviceError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "DeviceError";
  readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
