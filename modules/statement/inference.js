/** What an inference statement says: a CBOR array, for size. The layout is in docs/statement.cddl. */
import { readArray, readBytes, readText, readUint, unexpected } from "assay/statement/claim";
import { Float } from "assay/statement/cbor";
/** Bytes of the link to the statement before. */
export const PREVIOUS_LENGTH = 16;
/** Bytes of a block hash that a statement carries: enough to tell blocks apart, and half a statement's size budget saved. */
export const BEACON_HASH_LENGTH = 8;
const DIGEST_LENGTH = 32;
/** Longest label, in characters. */
const LABEL_LIMIT = 64;
/** Largest output tensor of a result, in bytes. */
const OUTPUT_LIMIT = 1024;
/** The claims as a value to encode. */
export function inferencePayload(claims) {
    return [
        claims.sequence,
        claims.bootCount,
        claims.previous,
        claims.input,
        // A score of -0 is 0: it has no encoding of its own.
        claims.results.map(({ output, label, score }) => [output, label, new Float(Math.fround(score) + 0)]),
        claims.beacon === null ? null : [claims.beacon.number, claims.beacon.hash.slice(0, BEACON_HASH_LENGTH)],
        claims.time,
    ];
}
/**
 * The claims in a decoded payload.
 * @throws StatementError `BAD_CLAIMS`
 */
export function readInference(payload) {
    const [sequence, bootCount, previous, input, results, beacon, time] = readArray(payload, 7, "inference");
    const list = readArray(results, undefined, "results");
    if (list.length === 0)
        throw unexpected("results", "one or more", results);
    return {
        kind: "inference",
        ...readPlace(sequence, bootCount, previous),
        input: readBytes(input, DIGEST_LENGTH, "input"),
        results: list.map(readResult),
        beacon: beacon === null ? null : readBeacon(beacon),
        time: time === null ? null : readUint(time, "time"),
    };
}
/**
 * Sequence number, boot count and link of a statement of either kind.
 * @throws StatementError `BAD_CLAIMS`, also when there is a link at sequence 0 or none after it
 */
export function readPlace(sequence, bootCount, previous) {
    const number = readUint(sequence, "sequence");
    const boots = readUint(bootCount, "boot count");
    if (boots === 0)
        throw unexpected("boot count", "1 or more", bootCount);
    if (number === 0 && previous !== null)
        throw unexpected("previous", "null at sequence 0", previous);
    return { sequence: number, bootCount: boots, previous: number === 0 ? null : readBytes(previous, PREVIOUS_LENGTH, "previous") };
}
function readResult(result) {
    const [output, label, score] = readArray(result, 3, "result");
    if (!(output instanceof Uint8Array) || output.length === 0 || output.length > OUTPUT_LIMIT)
        throw unexpected("output", `1 to ${OUTPUT_LIMIT} bytes`, output);
    if (!(score instanceof Float) || !Number.isFinite(score.value) || Math.fround(score.value) !== score.value)
        throw unexpected("score", "a finite binary32 float", score);
    return { output, label: readText(label, LABEL_LIMIT, "label"), score: score.value };
}
function readBeacon(beacon) {
    const [number, hash] = readArray(beacon, 2, "beacon");
    return { number: readUint(number, "block number"), hash: readBytes(hash, BEACON_HASH_LENGTH, "block hash") };
}
