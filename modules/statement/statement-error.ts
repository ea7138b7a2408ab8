/** Why bytes were refused, or could not be made. */
export type StatementErrorCode =
  /** not well-formed or not valid CBOR: truncated, reserved bits, text that is not UTF-8, bytes after the end */
  | "NOT_CBOR"
  /** valid CBOR, but not its only deterministic encoding (RFC 8949 §4.2.1) */
  | "NOT_CANONICAL"
  /** nested more than 16 deep */
  | "TOO_DEEP"
  /** more bytes than the format allows */
  | "TOO_LARGE"
  /** CBOR that these formats have no use for: `undefined`, other simple values, tags beyond 2^53 */
  | "UNSUPPORTED_VALUE"
  /** a JavaScript value that has no deterministic encoding */
  | "NOT_ENCODABLE"
  /** not a tagged COSE_Sign1 */
  | "NOT_SIGN1"
  /** a header parameter is missing, of the wrong type, not allowed here, or critical and unknown */
  | "BAD_HEADER"
  /** another algorithm than ES256K, ESP256 and ES256 */
  | "BAD_ALGORITHM"
  /** the payload does not say what its kind has to say */
  | "BAD_CLAIMS"
  /** not r || s of 32 bytes each */
  | "BAD_SIGNATURE_LENGTH"
  /** not a public key of the right length and form */
  | "BAD_KEY"
  /** a receipt whose header or proof is not as RFC 9942 and the profile have it */
  | "BAD_RECEIPT"
  /** a message on a topic that is not what belongs there */
  | "BAD_MESSAGE";

/** Bytes that are not what the formats of this room allow, or values that do not fit into them. */
export class StatementError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "StatementError";
  readonly code: StatementErrorCode;
  constructor(code: StatementErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
