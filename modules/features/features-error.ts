/** Why a front end was refused. */
export type FeaturesErrorCode =
  /** lists of different lengths, or of another length than the sensor has channels; a window of another length than the front end is made for */
  | "BAD_LENGTH"
  /** a parameter that is not finite, or a deviation that is not positive */
  | "BAD_PARAMETER"
  /** a sample that is not finite, or far beyond what a sensor gives */
  | "BAD_SAMPLE";

/** A front end with parameters that cannot be meant, or a window that it cannot take. */
export class FeaturesError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "FeaturesError";
  readonly code: FeaturesErrorCode;
  constructor(code: FeaturesErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
