/** Why a simulated device could not do what was asked. */
export type HostSimErrorCode =
  /** the device ended before it said what was waited for */
  | "DEVICE_ENDED"
  /** the device did not say in time what was waited for */
  | "TIMEOUT"
  /** another program listens on the port */
  | "PORT_IN_USE";

/** A simulated device that did not do what was asked. */
export class HostSimError extends Error {
  readonly code: HostSimErrorCode;
  constructor(code: HostSimErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "HostSimError";
    this.code = code;
  }
}
