/** What can go wrong between TypeScript sources and a running image. */
export type RuntimeErrorCode =
  /** there is no C compiler on this machine */
  | "NO_COMPILER"
  /** the C compiler or linker refused a file */
  | "COMPILE_FAILED"
  /** the TypeScript of an app cannot be bundled: a syntax error, a module that is not there */
  | "BUNDLE_FAILED"
  /** XS cannot compile the bundle */
  | "BYTECODE_FAILED"
  /** another process holds the build folder and does not let go */
  | "BUILD_LOCKED"
  /** a model is no sound `.tflite` file */
  | "INVALID_MODEL"
  /** a model has operators that the engine lacks */
  | "NO_KERNEL";

/** An error of the runtime's build. The message says what was expected and what came. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
