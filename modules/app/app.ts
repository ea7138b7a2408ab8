/**
 * What an author writes: `defineApp` describes sensor → window → features → model → result. The same description runs in the
 * simulator, on Linux boards and on microcontrollers (`assay/app/run` is the program around it).
 */
import type { AttestationOptions } from "assay/app/attestation-policy";
import type { FrontEnd } from "assay/features/front-end";
import type { SensorDescription } from "assay/sensor/sensor";

/** What a model said of one window. */
export interface Inference {
  /** the first output tensor, as the model gives it (int8) */
  readonly output: Int8Array;
  /** the real number that element `index` of `output` stands for: scale × (q − zero point) */
  dequantized(index: number): number;
}

/** What an app makes of an inference. */
export interface Result {
  /** 1 to 32 characters */
  readonly label: string;
  /** finite; usually 0 to 1 */
  readonly score: number;
}

/** An app's description. */
export interface AppDefinition {
  /** 1 to 32 characters of a–z, 0–9 and "-": the subject of its statements */
  readonly name: string;
  /** the app's own version, up to 32 characters */
  readonly version: string;
  readonly sensor: SensorDescription;
  /** samples in a window, and samples from one window to the next (both ≥ 1) */
  readonly window: { readonly length: number; readonly hop: number };
  readonly features: FrontEnd;
  /** the `.tflite` file's bytes */
  readonly model: ArrayBuffer;
  readonly interpret: (inference: Inference) => Result;
  /** which windows become statements (default: every one) */
  readonly attest?: AttestationOptions;
}

/** A checked app, as `defineApp` returns it. */
export interface App extends AppDefinition {
  readonly kind: "assay-app";
}

/** Why an app was refused. */
export type AppErrorCode =
  /** a field of the definition out of range */
  | "BAD_DEFINITION"
  /** a field of the device's configuration missing or out of range */
  | "BAD_CONFIG"
  /** the model does not take the window's features, or `interpret` returned something that is no result */
  | "BAD_RESULT";

/** An app that cannot run. */
export class AppError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "AppError";
  readonly code: AppErrorCode;
  constructor(code: AppErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Longest window, in values (length × channels): 16 KB as float32, what a microcontroller can spare twice. */
const LONGEST_WINDOW = 4096;

/** Bounds of `attest`. */
const MOST_HELD_WINDOWS = 1000;
const DAY_SECONDS = 86_400;

function checkAttest({ when, heldWindows, atLeastEverySeconds }: AttestationOptions, hopSeconds: number): void {
  if (when !== "always" && when !== "change") throw new AppError("BAD_DEFINITION", `attest.when: expected "always" or "change", got ${String(when)}`);
  if (when === "always" && (heldWindows !== undefined || atLeastEverySeconds !== undefined)) {
    throw new AppError("BAD_DEFINITION", `attest: expected heldWindows and atLeastEverySeconds with when: "change" only, got them with "always", which states every window`);
  }
  if (heldWindows !== undefined && !(Number.isInteger(heldWindows) && heldWindows >= 1 && heldWindows <= MOST_HELD_WINDOWS)) {
    throw new AppError("BAD_DEFINITION", `attest.heldWindows: expected 1 to ${MOST_HELD_WINDOWS} windows, got ${String(heldWindows)}`);
  }
  if (atLeastEverySeconds !== undefined && !(atLeastEverySeconds >= hopSeconds && atLeastEverySeconds <= DAY_SECONDS)) {
    throw new AppError("BAD_DEFINITION", `attest.atLeastEverySeconds: expected ${hopSeconds} (one hop of the window) to ${DAY_SECONDS}, got ${String(atLeastEverySeconds)}`);
  }
}

/**
 * Checks an app's description.
 *
 * @example
 * export default defineApp({
 *   name: "machine-health",
 *   version: "0.1.0",
 *   sensor: machineLoad({ rate: 10 }),
 *   window: { length: 32, hop: 10 },
 *   features: standardize({ mean, deviation }),
 *   model,
 *   interpret: strongest(["idle", "compute", "io"]),
 * });
 *
 * @throws AppError `BAD_DEFINITION`
 */
export function defineApp(definition: AppDefinition): App {
  const { name, version, window, sensor } = definition;
  if (!/^[a-z0-9-]{1,32}$/.test(name)) throw new AppError("BAD_DEFINITION", `app name: expected 1 to 32 characters of a-z, 0-9 and "-", got "${name}"`);
  if (version.length > 32) throw new AppError("BAD_DEFINITION", `app version: expected at most 32 characters, got ${version.length}`);
  if (!Number.isInteger(window.length) || window.length < 1 || window.length * sensor.channels.length > LONGEST_WINDOW) {
    throw new AppError("BAD_DEFINITION", `window length: expected 1 to ${Math.floor(LONGEST_WINDOW / sensor.channels.length)} samples of ${sensor.channels.length} channels, got ${window.length}`);
  }
  if (!Number.isInteger(window.hop) || window.hop < 1) throw new AppError("BAD_DEFINITION", `window hop: expected a number of samples ≥ 1, got ${window.hop}`);
  if (definition.attest !== undefined) checkAttest(definition.attest, window.hop / sensor.rateHz);
  return { ...definition, kind: "assay-app" };
}

/**
 * An `interpret` for classifiers: the label of the strongest output, and its dequantized value as the score. Of equals the first wins.
 *
 * @param labels one per element of the output tensor
 */
export function strongest(labels: readonly string[]): (inference: Inference) => Result {
  return ({ output, dequantized }) => {
    if (output.length !== labels.length) throw new AppError("BAD_RESULT", `strongest: expected an output of ${labels.length} elements, one per label, got ${output.length}`);
    let best = 0;
    for (let i = 1; i < output.length; i++) if (output[i]! > output[best]!) best = i;
    return { label: labels[best]!, score: dequantized(best) };
  };
}
