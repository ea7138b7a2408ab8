/** Why a model was not loaded, or not run. */
export type ModelErrorCode =
  /** an offset, a length or a string leaves the file: the bytes are damaged */
  | "MALFORMED"
  /** no TensorFlow Lite file of schema version 3 */
  | "NOT_A_MODEL"
  /** the model needs operators, or versions of them, that the engine lacks; the message lists them all */
  | "MISSING_OPERATORS"
  /** sound, but the engine lacks that kind of tensor, graph or option */
  | "UNSUPPORTED"
  /** an index out of range, an operator before what it needs, an output that is no operator's to write */
  | "INVALID_GRAPH"
  /** a shape, a type or the size of constant data that contradict each other */
  | "INVALID_TENSOR"
  /** a scale or zero point that is missing or out of range */
  | "INVALID_QUANTIZATION"
  /** an operator whose options or operands do not fit each other */
  | "INVALID_OPERATOR"
  /** more memory or work than the engine's limits */
  | "TOO_LARGE"
  /** the board has not enough memory left */
  | "MEMORY"
  /** an input of another type or length than the model's, or an index that it has not */
  | "INPUT"
  /** the model was closed */
  | "CLOSED";

const codes: readonly string[] = Object.freeze([
  "MALFORMED",
  "NOT_A_MODEL",
  "MISSING_OPERATORS",
  "UNSUPPORTED",
  "INVALID_GRAPH",
  "INVALID_TENSOR",
  "INVALID_QUANTIZATION",
  "INVALID_OPERATOR",
  "TOO_LARGE",
  "MEMORY",
  "INPUT",
  "CLOSED",
] satisfies readonly ModelErrorCode[]);

function isCode(text: string): text is ModelErrorCode {
  return codes.includes(text);
}

/** An error of a model; `code` says which, the message names operator and tensor and says what was expected and what came. */
export class ModelError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "ModelError";
  readonly code: ModelErrorCode;
  constructor(code: ModelErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** From what the engine in C returns: "CODE: message". */
  static fromEngine(text: string): ModelError {
    const colon = text.indexOf(": ");
    const code = text.slice(0, colon);
    if (!isCode(code)) throw new Error(`expected a code of the engine, got ${text}`);
    return new ModelError(code, text.slice(colon + 2));
  }
}
