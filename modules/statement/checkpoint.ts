/** Checkpoints: the log's signed tree heads. */
import { anchorValue, readAnchor, type Anchor } from "assay/statement/anchor";
import { readArray, readBytes, readUint, unexpected } from "assay/statement/claim";
import { decode, encode, type CborValue } from "assay/statement/cbor";
import type { Sha256 } from "assay/statement/cose-key";
import { headerMap, readHeader } from "assay/statement/header";
import { HASH_LENGTH } from "assay/statement/merkle";
import { LOG_SUBJECT } from "assay/statement/receipt";
import { parseSign1, sign1, signatureInput } from "assay/statement/sign1";
import type { Algorithm, Signer } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";

/** Largest checkpoint, in bytes. */
const MAX_CHECKPOINT_LENGTH = 1024;

/** A tree head. */
export interface TreeHead {
  /** leaves in the tree */
  readonly size: number;
  /** 32 bytes */
  readonly root: Uint8Array;
  /** null until a chain has it */
  readonly anchor: Anchor | null;
}

/** A parsed checkpoint, its signature not verified yet. */
export interface Checkpoint extends TreeHead {
  /** id of the log, made as device ids are */
  readonly issuer: string;
  readonly algorithm: Algorithm;
  readonly keyId: Uint8Array;
  /** r || s, 64 bytes */
  readonly signature: Uint8Array;
  /** SHA-256 of the Sig_structure: what `signature` has to sign */
  readonly digestToVerify: Uint8Array;
}

/**
 * Makes and signs a checkpoint.
 * @throws StatementError `BAD_CLAIMS`
 */
export function encodeCheckpoint(head: TreeHead, header: { readonly issuer: string; readonly keyId: Uint8Array }, signer: Signer, sha256: Sha256): Uint8Array {
  const payload: CborValue = [head.size, head.root, head.anchor === null ? null : anchorValue(head.anchor)];
  readTreeHead(payload);
  return sign1({ protectedHeader: headerMap({ ...header, subject: LOG_SUBJECT }, signer), payload: encode(payload) }, signer, sha256);
}

/**
 * Parses a checkpoint and checks its form.
 * @throws StatementError `BAD_CLAIMS`, `TOO_LARGE`, and the codes of `parseSign1` and `readHeader`
 */
export function parseCheckpoint(bytes: Uint8Array, sha256: Sha256): Checkpoint {
  if (bytes.length > MAX_CHECKPOINT_LENGTH) throw new StatementError("TOO_LARGE", `expected a checkpoint of at most ${MAX_CHECKPOINT_LENGTH} bytes, got ${bytes.length}`);
  const object = parseSign1(bytes);
  const { algorithm, issuer, subject, keyId } = readHeader(object);
  if (subject !== LOG_SUBJECT) throw unexpected("subject", LOG_SUBJECT, subject);
  if (object.unprotected.size !== 0) throw new StatementError("BAD_HEADER", `expected an empty unprotected header, got ${object.unprotected.size} parameters`);
  if (object.payload === null) throw unexpected("payload", "a tree head", null);
  return { ...readTreeHead(decode(object.payload)), algorithm, issuer, keyId, signature: object.signature, digestToVerify: sha256(signatureInput(object.protectedBytes, object.payload)) };
}

function readTreeHead(value: CborValue): TreeHead {
  const [size, root, anchor] = readArray(value, 3, "tree head");
  return { size: readUint(size, "tree size"), root: readBytes(root, HASH_LENGTH, "root"), anchor: anchor === null ? null : readAnchor(anchor, "BAD_CLAIMS") };
}
