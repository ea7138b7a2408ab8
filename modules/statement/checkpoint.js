/** Checkpoints: the log's signed tree heads. */
import { anchorValue, readAnchor } from "assay/statement/anchor";
import { readArray, readBytes, readUint, unexpected } from "assay/statement/claim";
import { decode, encode } from "assay/statement/cbor";
import { headerMap, readHeader } from "assay/statement/header";
import { HASH_LENGTH } from "assay/statement/merkle";
import { LOG_SUBJECT } from "assay/statement/receipt";
import { parseSign1, sign1, signatureInput } from "assay/statement/sign1";
import { StatementError } from "assay/statement/statement-error";
/** Largest checkpoint, in bytes. */
const MAX_CHECKPOINT_LENGTH = 1024;
/**
 * Makes and signs a checkpoint.
 * @throws StatementError `BAD_CLAIMS`
 */
export function encodeCheckpoint(head, header, signer, sha256) {
    const payload = [head.size, head.root, head.anchor === null ? null : anchorValue(head.anchor)];
    readTreeHead(payload);
    return sign1({ protectedHeader: headerMap({ ...header, subject: LOG_SUBJECT }), payload: encode(payload) }, signer, sha256);
}
/**
 * Parses a checkpoint and checks its form.
 * @throws StatementError `BAD_CLAIMS`, `TOO_LARGE`, and the codes of `parseSign1` and `readHeader`
 */
export function parseCheckpoint(bytes, sha256) {
    if (bytes.length > MAX_CHECKPOINT_LENGTH)
        throw new StatementError("TOO_LARGE", `expected a checkpoint of at most ${MAX_CHECKPOINT_LENGTH} bytes, got ${bytes.length}`);
    const object = parseSign1(bytes);
    const { issuer, subject, keyId } = readHeader(object);
    if (subject !== LOG_SUBJECT)
        throw unexpected("subject", LOG_SUBJECT, subject);
    if (object.unprotected.size !== 0)
        throw new StatementError("BAD_HEADER", `expected an empty unprotected header, got ${object.unprotected.size} parameters`);
    if (object.payload === null)
        throw unexpected("payload", "a tree head", null);
    return { ...readTreeHead(decode(object.payload)), issuer, keyId, signature: object.signature, digestToVerify: sha256(signatureInput(object.protectedBytes, object.payload)) };
}
function readTreeHead(value) {
    const [size, root, anchor] = readArray(value, 3, "tree head");
    return { size: readUint(size, "tree size"), root: readBytes(root, HASH_LENGTH, "root"), anchor: anchor === null ? null : readAnchor(anchor, "BAD_CLAIMS") };
}
