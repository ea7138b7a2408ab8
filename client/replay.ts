import { sha256 } from "@noble/hashes/sha2.js";
import { FeaturesError } from "assay/features/features-error";
import { StatementError } from "assay/statement";
import { equalBytes } from "assay/statement/bytes";
import { encode } from "assay/statement/cbor";
import { commitInput } from "assay/statement/input";
import { ModelError } from "assay/tflite/model-error";
import { loadModel, type Model } from "assay/tflite/wasm";
import type { WasmEngine } from "assay/tflite/wasm/engine";
import { frontEndFromDescription } from "./front-end-from-description.ts";
import type { RevealedInput } from "./revealed-input.ts";
import { VerificationError, type VerificationErrorCode } from "./verification-error.ts";

/** What replay needs of an inference statement's claims. */
export interface StatedInference {
  readonly bootCount: number;
  /** the commitment to the input, 32 bytes */
  readonly input: Uint8Array;
  /** `output` is int8 as bytes */
  readonly results: readonly { readonly output: Uint8Array }[];
}

/** What replay needs of a boot statement's claims. */
export interface StatedBoot {
  readonly bootCount: number;
  /** SHA-256 of the model file */
  readonly model: Uint8Array;
  /** SHA-256 of the front end's description as CBOR text */
  readonly frontEnd: Uint8Array;
  readonly channels: readonly string[];
  /** `length` in samples */
  readonly window: { readonly length: number };
}

/** What to replay. */
export interface ReplayOptions {
  readonly statement: StatedInference;
  /** of the same device and boot */
  readonly boot: StatedBoot;
  readonly input: RevealedInput;
  /** the `.tflite` file */
  readonly model: Uint8Array;
  /** of `openEngine`, if engine.wasm does not lie beside its module */
  readonly engine?: WasmEngine;
}

/** What was found equal: all of it, or `replay` throws. */
export interface Replayed {
  /** the revealed input is what the statement commits to, and a window as the boot statement says */
  readonly commitment: "equal";
  /** the front end is the one that the boot statement names */
  readonly frontEnd: "equal";
  /** the model is the one that the boot statement names */
  readonly model: "equal";
  /** front end and model give the stated output for the input, every bit of it */
  readonly output: "equal";
}

/**
 * Operators that remember something from one window to the next (kernel.h of the engine says how), by their names in the schema. What such a model says of a window
 * depends on windows before it.
 */
export const REMEMBERING: ReadonlySet<string> = new Set(["ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "SVDF", "SignalFilterBankSpectralSubtraction", "UNIDIRECTIONAL_SEQUENCE_LSTM", "VAR_HANDLE"]);

/**
 * Computes an inference again, from the revealed input, and compares it with the statement. Label and score are not compared: they are made of the output by a function
 * of the app, which no statement names.
 *
 * Whose the statements are is not checked here: `verify` both before. Input and model may come from anywhere.
 *
 * @throws VerificationError `INPUT_MISMATCH`, `FRONT_END_MISMATCH`, `MODEL_MISMATCH`, `OUTPUT_MISMATCH`, `UNSUPPORTED_REPLAY`; the errors of `openEngine` without an `engine`
 */
export async function replay({ statement, boot, input, model, engine }: ReplayOptions): Promise<Replayed> {
  const [result, ...others] = statement.results;
  if (result === undefined || others.length > 0) throw new VerificationError("UNSUPPORTED_REPLAY", `expected a statement of one result, got ${statement.results.length}`);
  if (statement.bootCount !== boot.bootCount) throw new VerificationError("UNSUPPORTED_REPLAY", `expected the boot statement of boot ${statement.bootCount}, got that of boot ${boot.bootCount}`);
  checkInput(statement, boot, input);
  expectEqual("FRONT_END_MISMATCH", "front end's digest", boot.frontEnd, frontEndDigest(input.frontEnd));
  expectEqual("MODEL_MISMATCH", "model's digest", boot.model, sha256(model));
  const frontEnd = frontEndFromDescription(input.frontEnd);
  const loaded = await load(model, engine);
  try {
    compare(result.output, stated(() => loaded.run(frontEnd.apply(valuesOf(input.window), boot.channels.length))));
  } finally {
    loaded.close();
  }
  return { commitment: "equal", frontEnd: "equal", model: "equal", output: "equal" };
}

function checkInput(statement: StatedInference, { window, channels }: StatedBoot, input: RevealedInput): void {
  expectEqual("INPUT_MISMATCH", "commitment to the input", statement.input, commitInput(input.salt, input.window, sha256));
  const bytes = 4 * window.length * channels.length;
  if (input.window.length !== bytes) throw new VerificationError("INPUT_MISMATCH", `window: expected ${bytes} bytes for ${window.length} samples of ${channels.length} channels, got ${input.window.length}`);
}

function frontEndDigest(description: string): Uint8Array {
  try {
    return sha256(encode(description));
  } catch (cause) {
    if (!(cause instanceof StatementError)) throw cause;
    // Text that UTF-8 has no bytes for: no device has named it.
    throw new VerificationError("FRONT_END_MISMATCH", `front end's description: ${cause.message}`, { cause });
  }
}

function expectEqual(code: VerificationErrorCode, name: string, expected: Uint8Array, got: Uint8Array): void {
  if (!equalBytes(expected, got)) throw new VerificationError(code, `${name}: expected ${hex(expected)} (stated), got ${hex(got)}`);
}

async function load(bytes: Uint8Array, engine: WasmEngine | undefined): Promise<Model> {
  let model: Model;
  try {
    model = await loadModel(bytes, engine);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    // It is the file that the device names; what is missing may be there in another version.
    throw new VerificationError("UNSUPPORTED_REPLAY", `expected a model that this engine runs, got ${cause.code}: ${cause.message}`, { cause });
  }
  const problem = problemOf(model);
  if (problem === undefined) return model;
  model.close();
  throw new VerificationError("UNSUPPORTED_REPLAY", problem);
}

function problemOf({ operators, outputs, kernels }: Model): string | undefined {
  const remembering = operators.find((name) => REMEMBERING.has(name));
  if (remembering !== undefined) return `expected a model that forgets each window, got one with ${remembering}: its output depends on windows before this one`;
  if (outputs[0]?.type !== "int8") return `expected a model whose output is int8, got ${outputs[0]?.type}`;
  return kernels.selfCheck ? undefined : `expected an engine that gets its built-in vectors right on this machine, got one whose kernels "${kernels.variant}" do not`;
}

/** What comes of a computation that the device claims to have made: if it cannot be made, the claim is wrong. */
function stated<Value>(body: () => Value): Value {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof FeaturesError) && !(cause instanceof ModelError)) throw cause;
    throw new VerificationError("OUTPUT_MISMATCH", `output: expected one (stated), got none (replayed): ${cause.message}`, { cause });
  }
}

/** On any machine, whatever the order of its bytes. */
function valuesOf(window: Uint8Array): Float32Array {
  const view = new DataView(window.buffer, window.byteOffset, window.byteLength);
  return Float32Array.from({ length: window.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

function compare(expected: Uint8Array, values: ArrayLike<number | bigint>): void {
  const got = values as Int8Array;
  if (got.length !== expected.length) throw new VerificationError("OUTPUT_MISMATCH", `output: expected ${expected.length} elements (stated), got ${got.length} (replayed)`);
  const signed = Int8Array.from(expected);
  const different = Array.from(signed.keys()).filter((i) => signed[i] !== got[i]);
  const [first] = different;
  if (first === undefined) return;
  throw new VerificationError("OUTPUT_MISMATCH", `output, element ${first}: expected ${signed[first]} (stated), got ${got[first]} (replayed); ${different.length} of ${got.length} elements differ`);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
