/** What a boot statement says: a CBOR map of EAT claims (RFC 9711) and private-use claims. The layout is in docs/statement.cddl. */
import { readArray, readBytes, readMap, readText, readUint, unexpected } from "assay/statement/claim";
import { Float, type CborMap, type CborValue } from "assay/statement/cbor";
import { publicKeyMap, readPublicKey, type PublicKey } from "assay/statement/cose-key";
import { BOOT_COUNT, CHAIN, readPlace, type Place } from "assay/statement/place";

/** EAT profile of the statements of a device (RFC 9711 §6): this format; ES256K or ESP256, deterministic, unsolicited. */
export const PROFILE = "tag:assay.dev,2026:statement#1";
/** The same of a simulated device, so that no verifier who does not ask for simulated ones takes one for real. */
export const SIMULATOR_PROFILE = "tag:assay.dev,2026:simulator-statement#1";

/** `cnf` (RFC 8747 §3.1); the first key of a boot's claims. */
export const CONFIRMATION = 8;
/** EAT claims: RFC 9711 §4.2.9, §4.3.2, §4.2.6, §4.2.7, §4.2.17. */
const DEBUG_STATUS = 263;
const EAT_PROFILE = 265;
const SOFTWARE_NAME = 270;
const SOFTWARE_VERSION = 271;
const MEASUREMENT_RESULTS = 274;
/** Private-use claims (IANA CWT registry: below -65536). */
const HISTORY_LOST = -70002;
const BOARD = -70003;
const FIRMWARE = -70004;
const MODEL = -70005;
const FRONT_END = -70006;
const CHANNELS = -70007;
const WINDOW = -70008;

/** Method of `cnf` that holds a COSE_Key (RFC 8747 §3.1). */
const COSE_KEY_METHOD = 1;
/** `dbgstat`: debugging is possible. */
const DEBUG_ENABLED = 0;
const DEBUG_STATUS_LIMIT = 4;
/** `measres`: the measurement system, and the results 1 (comparison successful) and 2 (failed). */
const KERNEL_CHECK = "kernels";
const CHECK_SUCCEEDED = 1;
const CHECK_FAILED = 2;
const DIGEST_LENGTH = 32;
/** Longest name, in characters. */
const NAME_LIMIT = 64;
/** Most channels of a sensor. */
const CHANNEL_LIMIT = 64;

/** What runs on the device since this boot. The app's name is the statement's subject. */
export interface BootClaims extends Place {
  readonly kind: "boot";
  /** the device does not know the statement before this one any more, for which `previous` is null */
  readonly historyLost: boolean;
  /** key in use */
  readonly publicKey: PublicKey;
  /** the app's version, 1 to 64 characters */
  readonly version: string;
  /** such as "linux-x64" */
  readonly board: string;
  /** SHA-256 of the firmware: what the board loads and runs */
  readonly firmware: Uint8Array;
  /** SHA-256 of the model file */
  readonly model: Uint8Array;
  /** SHA-256 of the front end's name and parameters */
  readonly frontEnd: Uint8Array;
  /** which kernels run the model, and whether they passed the built-in vectors */
  readonly kernels: { readonly variant: string; readonly selfCheck: boolean };
  /** names of the input's channels, in their order; 1 to 64 */
  readonly channels: readonly string[];
  /** samples in a window, samples from one window to the next, samples per second */
  readonly window: { readonly length: number; readonly hop: number; readonly rate: number };
  /** the board is simulated: what this device says proves nothing about the world */
  readonly simulator: boolean;
}

/** The claims as a value to encode, in deterministic order. */
export function bootPayload(claims: BootClaims, subject: string): CborMap {
  const { window, kernels, simulator } = claims;
  const payload = new Map<CborValue, CborValue>();
  payload.set(CONFIRMATION, new Map([[COSE_KEY_METHOD, publicKeyMap(claims.publicKey)]]));
  if (simulator) payload.set(DEBUG_STATUS, DEBUG_ENABLED);
  payload
    .set(EAT_PROFILE, simulator ? SIMULATOR_PROFILE : PROFILE)
    .set(BOOT_COUNT, claims.bootCount)
    .set(SOFTWARE_NAME, subject)
    .set(SOFTWARE_VERSION, [claims.version])
    .set(MEASUREMENT_RESULTS, [[KERNEL_CHECK, [[kernels.variant, kernels.selfCheck ? CHECK_SUCCEEDED : CHECK_FAILED]]]])
    .set(CHAIN, [claims.sequence, claims.previous]);
  if (claims.historyLost) payload.set(HISTORY_LOST, true);
  return payload
    .set(BOARD, claims.board)
    .set(FIRMWARE, claims.firmware)
    .set(MODEL, claims.model)
    .set(FRONT_END, claims.frontEnd)
    .set(CHANNELS, claims.channels)
    .set(WINDOW, [window.length, window.hop, Number.isInteger(window.rate) ? window.rate : new Float(window.rate)]);
}

/** Whether a decoded payload is that of a boot statement, if it is one of ours at all. */
export function isBoot(payload: CborValue): boolean {
  return payload instanceof Map && payload.has(CONFIRMATION);
}

/**
 * The claims in a decoded payload. Claims that are not known are ignored (RFC 9711 §4, RFC 8392 §3).
 * @param subject of the header, which `swname` has to equal (RFC 9597 §2)
 * @throws StatementError `BAD_CLAIMS`, `BAD_KEY`
 */
export function readBoot(payload: CborValue, subject: string): BootClaims {
  const claims = readMap(payload, "boot");
  const profile = claims.get(EAT_PROFILE);
  if (profile !== PROFILE && profile !== SIMULATOR_PROFILE) throw unexpected("eat_profile", `${PROFILE} or ${SIMULATOR_PROFILE}`, profile);
  const simulator = profile === SIMULATOR_PROFILE;
  const name = claims.get(SOFTWARE_NAME);
  if (name !== subject) throw unexpected("swname", "the subject of the header", name);
  const debugStatus = claims.get(DEBUG_STATUS);
  if (debugStatus !== undefined) readUint(debugStatus, "dbgstat", "BAD_CLAIMS", DEBUG_STATUS_LIMIT);
  if (simulator && debugStatus !== DEBUG_ENABLED) throw unexpected("dbgstat", `${DEBUG_ENABLED} in a simulator`, debugStatus);
  const lost = claims.get(HISTORY_LOST);
  if (lost !== undefined && lost !== true) throw unexpected("history lost", "true, or nothing", lost);
  const historyLost = lost === true;
  const [version] = readArray(claims.get(SOFTWARE_VERSION), 1, "swversion");
  const channels = readArray(claims.get(CHANNELS), undefined, "channels");
  if (channels.length === 0 || channels.length > CHANNEL_LIMIT) throw unexpected("channels", `1 to ${CHANNEL_LIMIT}`, channels);
  return {
    kind: "boot",
    ...readPlace(claims, 0, historyLost).place,
    historyLost,
    publicKey: readPublicKey(readMap(claims.get(CONFIRMATION), "cnf").get(COSE_KEY_METHOD)),
    version: readText(version, NAME_LIMIT, "swversion"),
    board: readText(claims.get(BOARD), NAME_LIMIT, "board"),
    firmware: readBytes(claims.get(FIRMWARE), DIGEST_LENGTH, "firmware digest"),
    model: readBytes(claims.get(MODEL), DIGEST_LENGTH, "model digest"),
    frontEnd: readBytes(claims.get(FRONT_END), DIGEST_LENGTH, "front-end digest"),
    kernels: readKernels(claims.get(MEASUREMENT_RESULTS)),
    channels: channels.map((channel) => readText(channel, NAME_LIMIT, "channel")),
    window: readWindow(claims.get(WINDOW)),
    simulator,
  };
}

function readKernels(results: CborValue | undefined): BootClaims["kernels"] {
  const [system] = readArray(results, 1, "measres");
  const [name, checks] = readArray(system, 2, "measres");
  if (name !== KERNEL_CHECK) throw unexpected("measres", `the system ${KERNEL_CHECK}`, name);
  const [check] = readArray(checks, 1, "measres");
  const [variant, result] = readArray(check, 2, "measres");
  if (result !== CHECK_SUCCEEDED && result !== CHECK_FAILED) throw unexpected("self-check", `${CHECK_SUCCEEDED} or ${CHECK_FAILED}`, result);
  return { variant: readText(variant, NAME_LIMIT, "kernel variant"), selfCheck: result === CHECK_SUCCEEDED };
}

function readWindow(window: CborValue | undefined): BootClaims["window"] {
  const [length, hop, rate] = readArray(window, 3, "window");
  // An integral rate is an integer: each rate has one encoding.
  const hertz = rate instanceof Float && !Number.isInteger(rate.value) ? rate.value : readUint(rate, "rate");
  if (!(hertz > 0 && hertz < Infinity)) throw unexpected("rate", "more than 0", rate);
  const place = { length: readUint(length, "window length"), hop: readUint(hop, "hop"), rate: hertz };
  if (place.length === 0 || place.hop === 0) throw unexpected("window", "a length and a hop of 1 or more", window);
  return place;
}
