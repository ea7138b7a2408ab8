/**
 * The Ed25519 key that signs checkpoints in note form: a key of its own, since C2SP's clients and witnesses know no secp256k1.
 * It stands for the same log as the gateway's own key; who trusts the log by notes is given its verifier key.
 */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { NoteKey } from "../client/note-key.ts";
import { ED25519, formatVerifierKey, noteKey } from "../client/note-key.ts";
import { openKeyFile } from "./key-file.ts";

/** A log's key for notes. The private key stays inside. */
export interface CheckpointKey {
  /** The public key; its name is the log's origin, `assay/<gateway id>`. */
  readonly key: NoteKey;
  /** The same as text, for those who are to trust it. */
  readonly verifierKey: string;
  /** Signs a note's text, 64 bytes (RFC 8032). The same text has the same signature each time. */
  sign(text: string): Uint8Array;
}

/** PKCS #8 of an Ed25519 key before its 32 bytes (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** The origin line of a gateway's log: a schema-less name without spaces and plus, since an id is base64url. */
export function originOf(gatewayId: string): string {
  return `assay/${gatewayId}`;
}

/**
 * Reads the key from its file, or makes one at the first start.
 *
 * @throws {GatewayError} `KEY_FAILED`
 */
export async function openCheckpointKey(file: string, gatewayId: string): Promise<CheckpointKey> {
  // Any 32 bytes are a private key (RFC 8032 §5.1.5).
  const seed = await openKeyFile(file, "the key for checkpoints", (bytes) => bytes.length === 32);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" }) as { x: string };
  const key = noteKey(originOf(gatewayId), ED25519, new Uint8Array(Buffer.from(x, "base64url")));
  return { key, verifierKey: formatVerifierKey(key), sign: (text) => new Uint8Array(sign(null, Buffer.from(text, "utf8"), privateKey)) };
}
