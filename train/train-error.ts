/** Why a model could not be trained, quantized, written or run. */
export type TrainErrorCode =
  /** a layer that the writer does not know; the message lists those that it does */
  | "UNSUPPORTED_LAYER"
  /** a known layer with an option that has no counterpart among the operators written */
  | "UNSUPPORTED_OPTION"
  /** a model with an output that is not computed, or given twice */
  | "UNSUPPORTED_GRAPH"
  /** calibration or training data that is empty, of another shape than the input, or not finite */
  | "BAD_DATA"
  /** weights, or numbers computed from them, that are not finite: training diverged */
  | "BAD_WEIGHTS"
  /** tfjs-tflite refused the file or failed to run it */
  | "RUN_FAILED";

/** Training, quantization or writing that cannot go on. */
export class TrainError extends Error {
  readonly code: TrainErrorCode;
  constructor(code: TrainErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "TrainError";
    this.code = code;
  }
}
