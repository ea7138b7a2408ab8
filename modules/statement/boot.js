/** What a boot statement says: a CBOR map of EAT claims (RFC 9711) and private-use claims. The layout is in docs/statement.cddl. */
import { readArray, readBoolean, readBytes, readMap, readText, readUint, unexpected } from "assay/statement/claim";
import { Float } from "assay/statement/cbor";
import { publicKeyMap, readPublicKey } from "assay/statement/cose-key";
import { readPlace } from "assay/statement/inference";
/** EAT profile of these statements (RFC 9711 §6): ES256K, deterministic, unsolicited. */
export const PROFILE = "tag:assay.dev,2026:statement#1";
/** CWT and EAT claims: RFC 8747 §3.1; RFC 9711 §4.2.9, §4.3.2, §4.2.12, §4.2.6, §4.2.7. */
const CONFIRMATION = 8;
const DEBUG_STATUS = 263;
const EAT_PROFILE = 265;
const BOOT_COUNT = 267;
const SOFTWARE_NAME = 270;
const SOFTWARE_VERSION = 271;
/** Private-use claims (IANA CWT registry: below -65536). */
const SEQUENCE = -70001;
const PREVIOUS = -70002;
const BOARD = -70003;
const FIRMWARE = -70004;
const MODEL = -70005;
const FRONT_END = -70006;
const KERNELS = -70007;
const CHANNELS = -70008;
const WINDOW = -70009;
const SIMULATOR = -70010;
/** Method of `cnf` that holds a COSE_Key (RFC 8747 §3.1). */
const COSE_KEY_METHOD = 1;
/** `dbgstat`: debugging is possible. */
const DEBUG_ENABLED = 0;
const DEBUG_STATUS_LIMIT = 4;
const DIGEST_LENGTH = 32;
/** Longest name, in characters. */
const NAME_LIMIT = 64;
/** Most channels of a sensor. */
const CHANNEL_LIMIT = 64;
/** The claims as a value to encode, in deterministic order. */
export function bootPayload(claims, subject) {
    const { window, kernels } = claims;
    const payload = new Map();
    payload.set(CONFIRMATION, new Map([[COSE_KEY_METHOD, publicKeyMap(claims.publicKey)]]));
    if (claims.simulator)
        payload.set(DEBUG_STATUS, DEBUG_ENABLED);
    return payload
        .set(EAT_PROFILE, PROFILE)
        .set(BOOT_COUNT, claims.bootCount)
        .set(SOFTWARE_NAME, subject)
        .set(SOFTWARE_VERSION, [claims.version])
        .set(SEQUENCE, claims.sequence)
        .set(PREVIOUS, claims.previous)
        .set(BOARD, claims.board)
        .set(FIRMWARE, claims.firmware)
        .set(MODEL, claims.model)
        .set(FRONT_END, claims.frontEnd)
        .set(KERNELS, [kernels.variant, kernels.selfCheck])
        .set(CHANNELS, claims.channels)
        .set(WINDOW, [window.length, window.hop, Number.isInteger(window.rate) ? window.rate : new Float(window.rate)])
        .set(SIMULATOR, claims.simulator);
}
/**
 * The claims in a decoded payload. Claims that are not known are ignored (RFC 9711 §4, RFC 8392 §3).
 * @param subject of the header, which `swname` has to equal (RFC 9597 §2)
 * @throws StatementError `BAD_CLAIMS`, `BAD_KEY`
 */
export function readBoot(payload, subject) {
    const claims = readMap(payload, "boot");
    const profile = claims.get(EAT_PROFILE);
    if (profile !== PROFILE)
        throw unexpected("eat_profile", PROFILE, profile);
    const name = claims.get(SOFTWARE_NAME);
    if (name !== subject)
        throw unexpected("swname", "the subject of the header", name);
    const simulator = readBoolean(claims.get(SIMULATOR), "simulator");
    const debugStatus = claims.get(DEBUG_STATUS);
    if (debugStatus !== undefined)
        readUint(debugStatus, "dbgstat", "BAD_CLAIMS", DEBUG_STATUS_LIMIT);
    if (simulator && debugStatus !== DEBUG_ENABLED)
        throw unexpected("dbgstat", `${DEBUG_ENABLED} in a simulator`, debugStatus);
    const [version] = readArray(claims.get(SOFTWARE_VERSION), 1, "swversion");
    const [variant, selfCheck] = readArray(claims.get(KERNELS), 2, "kernels");
    const channels = readArray(claims.get(CHANNELS), undefined, "channels");
    if (channels.length === 0 || channels.length > CHANNEL_LIMIT)
        throw unexpected("channels", `1 to ${CHANNEL_LIMIT}`, channels);
    return {
        kind: "boot",
        ...readPlace(claims.get(SEQUENCE), claims.get(BOOT_COUNT), claims.get(PREVIOUS)),
        publicKey: readPublicKey(readMap(claims.get(CONFIRMATION), "cnf").get(COSE_KEY_METHOD)),
        version: readText(version, NAME_LIMIT, "swversion"),
        board: readText(claims.get(BOARD), NAME_LIMIT, "board"),
        firmware: readBytes(claims.get(FIRMWARE), DIGEST_LENGTH, "firmware digest"),
        model: readBytes(claims.get(MODEL), DIGEST_LENGTH, "model digest"),
        frontEnd: readBytes(claims.get(FRONT_END), DIGEST_LENGTH, "front-end digest"),
        kernels: { variant: readText(variant, NAME_LIMIT, "kernel variant"), selfCheck: readBoolean(selfCheck, "self-check") },
        channels: channels.map((channel) => readText(channel, NAME_LIMIT, "channel")),
        window: readWindow(claims.get(WINDOW)),
        simulator,
    };
}
function readWindow(window) {
    const [length, hop, rate] = readArray(window, 3, "window");
    // An integral rate is an integer: each rate has one encoding.
    const hertz = rate instanceof Float && !Number.isInteger(rate.value) ? rate.value : readUint(rate, "rate");
    if (!(hertz > 0 && hertz < Infinity))
        throw unexpected("rate", "more than 0", rate);
    const place = { length: readUint(length, "window length"), hop: readUint(hop, "hop"), rate: hertz };
    if (place.length === 0 || place.hop === 0)
        throw unexpected("window", "a length and a hop of 1 or more", window);
    return place;
}
