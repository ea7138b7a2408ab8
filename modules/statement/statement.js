/**
 * Signed statements: what a device says about itself (boot) and about its results (inference).
 *
 * A statement is a COSE_Sign1 (RFC 9052) that RFC 9943 calls a Signed Statement, in deterministic CBOR. Its statements form one chain
 * over a device's life (`assay/statement/chain`). Exact bytes: docs/statement.cddl.
 */
import { bootPayload, readBoot } from "assay/statement/boot";
import { decode, encode } from "assay/statement/cbor";
import { headerMap, readHeader } from "assay/statement/header";
import { inferencePayload, readInference } from "assay/statement/inference";
import { parseSign1, sign1, signatureInput } from "assay/statement/sign1";
import { StatementError } from "assay/statement/statement-error";
export { StatementError };
/** Largest statement, in bytes. One result of a three-class model takes at most 256. */
export const MAX_STATEMENT_LENGTH = 4096;
/**
 * Makes and signs a statement.
 * @returns the tagged COSE_Sign1 with an empty unprotected header
 * @throws StatementError `BAD_CLAIMS`, `BAD_HEADER`, `BAD_KEY`, `NOT_ENCODABLE` for values that the format has no room for; `TOO_LARGE`
 */
export function encodeStatement(claims, header, signer, sha256) {
    const payload = claims.kind === "boot" ? bootPayload(claims, header.subject) : inferencePayload(claims);
    // What would be refused elsewhere is not made in the first place.
    if (claims.kind === "boot")
        readBoot(payload, header.subject);
    else
        readInference(payload);
    const bytes = sign1({ protectedHeader: headerMap(header), payload: encode(payload) }, signer, sha256);
    if (bytes.length > MAX_STATEMENT_LENGTH)
        throw tooLarge(bytes.length);
    return bytes;
}
/**
 * Parses a statement and checks its form, not its signature.
 * @throws StatementError with every code but `NOT_ENCODABLE`, `BAD_RECEIPT` and `BAD_MESSAGE`
 */
export function parseStatement(bytes, sha256) {
    const { object, payload } = parseEnvelope(bytes);
    const header = readHeader(object);
    const content = decode(payload);
    const claims = Array.isArray(content) ? readInference(content) : readBoot(content, header.subject);
    const { sequence, bootCount, previous } = claims;
    const { issuer, subject, keyId } = header;
    const own = new Uint8Array(bytes.length);
    own.set(bytes);
    const common = { issuer, subject, keyId, sequence, bootCount, previous, signature: object.signature, digestToVerify: sha256(signatureInput(object.protectedBytes, payload)), digest: sha256(own), bytes: own };
    return claims.kind === "boot" ? { kind: "boot", claims, ...common } : { kind: "inference", claims, ...common };
}
/**
 * The kind of a statement that was made here and needs no checks: cheap enough for a device to ask before it publishes.
 * @throws StatementError as `parseSign1`
 */
export function statementKind(bytes) {
    const { payload } = parseEnvelope(bytes);
    return payload[0] !== undefined && payload[0] >> 5 === 4 ? "inference" : "boot";
}
function parseEnvelope(bytes) {
    if (bytes.length > MAX_STATEMENT_LENGTH)
        throw tooLarge(bytes.length);
    const object = parseSign1(bytes);
    if (object.unprotected.size !== 0)
        throw new StatementError("BAD_HEADER", `expected an empty unprotected header, got ${object.unprotected.size} parameters`);
    if (object.payload === null)
        throw new StatementError("BAD_CLAIMS", "expected a payload, got none");
    return { object, payload: object.payload };
}
function tooLarge(length) {
    return new StatementError("TOO_LARGE", `expected a statement of at most ${MAX_STATEMENT_LENGTH} bytes, got ${length}`);
}
