/** COSE_Sign1 (RFC 9052 §4.2), tagged, over the strict CBOR of this room. */
import { decode, encode, Tag } from "assay/statement/cbor";
import { StatementError } from "assay/statement/statement-error";
/** CBOR tag of COSE_Sign1. */
export const SIGN1_TAG = 18;
/** Header labels (RFC 9052 §3.1). */
export const ALGORITHM_LABEL = 1;
export const CRITICAL_LABEL = 2;
export const KEY_ID_LABEL = 4;
const SIGNATURE_CONTEXT = "Signature1";
const NO_BYTES = new Uint8Array(0);
const NO_HEADER = new Map();
/** The protected header as a byte string: an empty one has no bytes (RFC 9052 §3). */
export function encodeProtected(header) {
    return header.size === 0 ? NO_BYTES : encode(header);
}
/** The tagged COSE_Sign1. */
export function encodeSign1(parts) {
    const header = parts.protectedHeader;
    return encode(new Tag(SIGN1_TAG, [header instanceof Uint8Array ? header : encodeProtected(header), parts.unprotected ?? NO_HEADER, parts.payload, parts.signature]));
}
/**
 * The Sig_structure (RFC 9052 §4.4) whose SHA-256 is signed.
 * @param protectedBytes the protected header as received
 * @param payload what is signed, attached or not
 */
export function signatureInput(protectedBytes, payload) {
    const empty = protectedBytes.length === 1 && protectedBytes[0] === 0xa0;
    return encode([SIGNATURE_CONTEXT, empty ? NO_BYTES : protectedBytes, NO_BYTES, payload]);
}
/**
 * Makes and signs a COSE_Sign1.
 * @param parts `detached` is signed but not carried; else `payload` is both
 */
export function sign1(parts, signer, sha256) {
    const protectedHeader = encodeProtected(parts.protectedHeader);
    const signed = "payload" in parts ? parts.payload : parts.detached;
    const signature = signer.sign(sha256(signatureInput(protectedHeader, signed)));
    return encodeSign1({ protectedHeader, unprotected: parts.unprotected ?? NO_HEADER, payload: "payload" in parts ? signed : null, signature });
}
/**
 * Parses a tagged COSE_Sign1 in deterministic encoding, protected header included.
 * @throws StatementError `NOT_SIGN1`; `BAD_HEADER` if a label stands in both headers, or if there is a `crit`, since none is understood; the codes of `decode`
 */
export function parseSign1(bytes) {
    const object = decode(bytes);
    if (!(object instanceof Tag) || object.tag !== SIGN1_TAG)
        throw new StatementError("NOT_SIGN1", "expected tag 18");
    const parts = object.value;
    if (!Array.isArray(parts) || parts.length !== 4)
        throw new StatementError("NOT_SIGN1", "expected an array of 4 in tag 18");
    const [protectedBytes, unprotected, payload, signature] = parts;
    if (!(protectedBytes instanceof Uint8Array))
        throw new StatementError("NOT_SIGN1", "expected a byte string as protected header");
    if (!(unprotected instanceof Map))
        throw new StatementError("NOT_SIGN1", "expected a map as unprotected header");
    if (payload !== null && !(payload instanceof Uint8Array))
        throw new StatementError("NOT_SIGN1", "expected a byte string or null as payload");
    if (!(signature instanceof Uint8Array))
        throw new StatementError("NOT_SIGN1", "expected a byte string as signature");
    const header = protectedBytes.length === 0 ? NO_HEADER : decode(protectedBytes);
    if (!(header instanceof Map))
        throw new StatementError("NOT_SIGN1", "expected a map in the protected header");
    const protectedHeader = header;
    for (const label of unprotected.keys())
        if (protectedHeader.has(label))
            throw new StatementError("BAD_HEADER", `expected each label in one header, got ${String(label)} in both`);
    if (protectedHeader.has(CRITICAL_LABEL) || unprotected.has(CRITICAL_LABEL))
        throw new StatementError("BAD_HEADER", "expected no critical header parameters");
    return { protectedBytes, protectedHeader, unprotected: unprotected, payload, signature };
}
