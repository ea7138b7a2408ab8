/**
 * Receipts (RFC 9942): the log's signed word that a statement is an entry of an anchored tree.
 *
 * The signature covers the root, which is recomputed from the statement and the path, and the protected header. RFC 9942 leaves the tree
 * size unsigned; here the header repeats it, and names the anchor.
 */
import { anchorValue, readAnchor, type Anchor } from "assay/statement/anchor";
import { readArray, readBytes, readMap, readUint, unexpected } from "assay/statement/claim";
import { decode, encode, type CborMap, type CborValue } from "assay/statement/cbor";
import type { Sha256 } from "assay/statement/cose-key";
import { headerMap, readHeader } from "assay/statement/header";
import { HASH_LENGTH } from "assay/statement/merkle";
import { parseSign1, sign1, signatureInput } from "assay/statement/sign1";
import type { Algorithm, Signer } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";

/** Subject of everything that the log says about itself. */
export const LOG_SUBJECT = "assay-log";
/** Largest receipt, in bytes: a path of 64 hashes and the rest. */
export const MAX_RECEIPT_LENGTH = 4096;

/** RFC 9942 §2: verifiable data structure, its proofs, and RFC9162_SHA256. */
const DATA_STRUCTURE_LABEL = 395;
const PROOFS_LABEL = 396;
const RFC9162_SHA256 = 1;
/** Inclusion proofs of RFC9162_SHA256 (RFC 9942 §5.2). */
const INCLUSION = -1;
/** Private-use claims of the header. */
const TREE_SIZE = -70020;
const ANCHOR = -70021;
/** A tree of 2^53 leaves has paths of 53 hashes. */
const PATH_LIMIT = 64;

/** Where an entry stands in an anchored tree. */
export interface ReceiptProof {
  /** leaves in the tree */
  readonly treeSize: number;
  /** index of the entry, from 0 */
  readonly leafIndex: number;
  /** inclusion path, hashes of 32 bytes from the leaf up */
  readonly path: readonly Uint8Array[];
  /** where the tree's head is anchored */
  readonly anchor: Anchor;
}

/** A parsed receipt. Neither its signature nor its path has been checked yet. */
export interface Receipt extends ReceiptProof {
  /** id of the log, made as device ids are */
  readonly issuer: string;
  readonly algorithm: Algorithm;
  /** thumbprint of the log's key, 32 bytes */
  readonly keyId: Uint8Array;
  /** r || s, 64 bytes */
  readonly signature: Uint8Array;
  /** protected header as received */
  readonly protectedBytes: Uint8Array;
}

/**
 * Makes and signs a receipt.
 * @param root of the tree, 32 bytes
 * @throws StatementError `BAD_RECEIPT` for values that the format has no room for
 */
export function encodeReceipt(proof: ReceiptProof, root: Uint8Array, header: { readonly issuer: string; readonly keyId: Uint8Array }, signer: Signer, sha256: Sha256): Uint8Array {
  readBytes(root, HASH_LENGTH, "root", "BAD_RECEIPT");
  const inclusion = encode([proof.treeSize, proof.leafIndex, proof.path]);
  readInclusion(inclusion);
  const protectedHeader = headerMap(
    { ...header, subject: LOG_SUBJECT },
    signer,
    [
      [TREE_SIZE, proof.treeSize],
      [ANCHOR, anchorValue(proof.anchor)],
    ],
    [[DATA_STRUCTURE_LABEL, RFC9162_SHA256]],
  );
  const unprotected: CborMap = new Map([[PROOFS_LABEL, new Map([[INCLUSION, [inclusion]]])]]);
  return sign1({ protectedHeader, unprotected, detached: root }, signer, sha256);
}

/**
 * Parses a receipt and checks its form.
 * @throws StatementError `BAD_RECEIPT`, `TOO_LARGE`, and the codes of `parseSign1` and `readHeader`
 */
export function parseReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length > MAX_RECEIPT_LENGTH) throw new StatementError("TOO_LARGE", `expected a receipt of at most ${MAX_RECEIPT_LENGTH} bytes, got ${bytes.length}`);
  const object = parseSign1(bytes);
  const { algorithm, issuer, subject, keyId, claims } = readHeader(object, { claims: 2, parameters: 1 });
  if (subject !== LOG_SUBJECT) throw unexpected("subject", LOG_SUBJECT, subject, "BAD_RECEIPT");
  const structure = object.protectedHeader.get(DATA_STRUCTURE_LABEL);
  if (structure !== RFC9162_SHA256) throw unexpected("vds", `${RFC9162_SHA256} (RFC9162_SHA256)`, structure, "BAD_RECEIPT");
  if (object.payload !== null) throw unexpected("payload", "none", object.payload, "BAD_RECEIPT");
  if (object.unprotected.size !== 1) throw new StatementError("BAD_RECEIPT", `expected proofs only in the unprotected header, got ${object.unprotected.size} parameters`);
  const proofs = readMap(object.unprotected.get(PROOFS_LABEL), "vdp", "BAD_RECEIPT");
  if (proofs.size !== 1) throw unexpected("vdp", "inclusion proofs only", proofs, "BAD_RECEIPT");
  const [inclusion] = readArray(proofs.get(INCLUSION), 1, "inclusion proofs", "BAD_RECEIPT");
  if (!(inclusion instanceof Uint8Array)) throw unexpected("inclusion proof", "a byte string", inclusion, "BAD_RECEIPT");
  const proof = readInclusion(inclusion);
  const signedSize = readUint(claims.get(TREE_SIZE), "tree size", "BAD_RECEIPT");
  if (signedSize !== proof.treeSize) throw new StatementError("BAD_RECEIPT", `expected a proof for the signed tree size ${signedSize}, got one for ${proof.treeSize}`);
  return { algorithm, issuer, keyId, ...proof, anchor: readAnchor(claims.get(ANCHOR), "BAD_RECEIPT"), signature: object.signature, protectedBytes: object.protectedBytes };
}

/** SHA-256 of the receipt's Sig_structure with `root` as its payload: what the receipt's signature has to sign. */
export function receiptDigest(receipt: Receipt, root: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(signatureInput(receipt.protectedBytes, root));
}

function readInclusion(bytes: Uint8Array): Omit<ReceiptProof, "anchor"> {
  const [size, index, path] = readArray(decode(bytes), 3, "inclusion proof", "BAD_RECEIPT");
  const treeSize = readUint(size, "tree size", "BAD_RECEIPT");
  const leafIndex = readUint(index, "leaf index", "BAD_RECEIPT");
  if (leafIndex >= treeSize) throw unexpected("leaf index", `less than ${treeSize}`, index, "BAD_RECEIPT");
  const hashes = readArray(path, undefined, "path", "BAD_RECEIPT");
  // RFC 9942 §5.2 wants one hash at least; the tree of one leaf has none.
  if (hashes.length > PATH_LIMIT || (hashes.length === 0) !== (treeSize === 1)) throw unexpected("path", `1 to ${PATH_LIMIT} hashes`, path, "BAD_RECEIPT");
  return { treeSize, leafIndex, path: hashes.map((hash: CborValue) => readBytes(hash, HASH_LENGTH, "hash", "BAD_RECEIPT")) };
}
