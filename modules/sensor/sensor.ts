/**
 * Sample sources in the manner of ECMA-419's sensor class pattern: `constructor(options)`, `sample()`, `close()`.
 */

/** An open sensor. */
export interface Sensor {
  /**
   * One sample, a value per channel in the order and units of `SensorDescription.channels`, or undefined when there is none yet.
   * The array may be reused by the next call.
   */
  sample(): ArrayLike<number> | undefined;
  close(): void;
}

/** What an app says of its sensor: enough to open it, or to play a recording in its place. */
export interface SensorDescription {
  readonly name: string;
  /** channel names in order; a recording must have columns of these names */
  readonly channels: readonly string[];
  /** samples per second, Hz */
  readonly rateHz: number;
  open(): Sensor;
}

/** Why a sensor could not be opened or read. */
export type SensorErrorCode =
  /** a rate, or another option, out of range */
  | "BAD_OPTION"
  /** the hardware or the kernel's file is not there, or does not answer */
  | "UNAVAILABLE"
  /** a recording lacks a column of the sensor, or holds something that is not a number */
  | "BAD_TRACE";

/** A sensor that cannot give samples. */
export class SensorError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "SensorError";
  readonly code: SensorErrorCode;
  constructor(code: SensorErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
