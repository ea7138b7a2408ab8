/**
 * The log's registration policy: what it takes, signed by the log, as entry 0 of the log itself (RFC 9943 §5.1.1.1), so that nobody can
 * change it later without that showing.
 */
import { readArray, readText, unexpected } from "assay/statement/claim";
import { decode, encode, type CborValue } from "assay/statement/cbor";
import type { Sha256 } from "assay/statement/cose-key";
import { headerMap, readHeader } from "assay/statement/header";
import { LOG_SUBJECT } from "assay/statement/receipt";
import { parseSign1, sign1, signatureInput } from "assay/statement/sign1";
import type { Algorithm, Signer } from "assay/statement/signer";
import { StatementError } from "assay/statement/statement-error";

/** Names this format of policies. */
export const POLICY_PROFILE = "tag:assay.dev,2026:log-policy#1";
/** Largest policy, in bytes. */
const MAX_POLICY_LENGTH = 4096;
/** Longest rule, in characters. */
const RULE_LIMIT = 512;

/** A parsed policy, its signature not verified yet. */
export interface Policy {
  /** id of the log, made as device ids are */
  readonly issuer: string;
  readonly algorithm: Algorithm;
  readonly keyId: Uint8Array;
  /** what the log takes, one sentence each, for people */
  readonly rules: readonly string[];
  /** r || s, 64 bytes */
  readonly signature: Uint8Array;
  /** SHA-256 of the Sig_structure: what `signature` has to sign */
  readonly digestToVerify: Uint8Array;
}

/**
 * Makes and signs a policy.
 * @throws StatementError `BAD_CLAIMS`, `TOO_LARGE`
 */
export function encodePolicy(rules: readonly string[], header: { readonly issuer: string; readonly keyId: Uint8Array }, signer: Signer, sha256: Sha256): Uint8Array {
  const payload: CborValue = [POLICY_PROFILE, rules];
  readRules(payload);
  const bytes = sign1({ protectedHeader: headerMap({ ...header, subject: LOG_SUBJECT }, signer), payload: encode(payload) }, signer, sha256);
  if (bytes.length > MAX_POLICY_LENGTH) throw tooLarge(bytes.length);
  return bytes;
}

/**
 * Parses a policy and checks its form.
 * @throws StatementError `BAD_CLAIMS`, `TOO_LARGE`, and the codes of `parseSign1` and `readHeader`
 */
export function parsePolicy(bytes: Uint8Array, sha256: Sha256): Policy {
  if (bytes.length > MAX_POLICY_LENGTH) throw tooLarge(bytes.length);
  const object = parseSign1(bytes);
  const { algorithm, issuer, subject, keyId } = readHeader(object);
  if (subject !== LOG_SUBJECT) throw unexpected("subject", LOG_SUBJECT, subject);
  if (object.unprotected.size !== 0) throw new StatementError("BAD_HEADER", `expected an empty unprotected header, got ${object.unprotected.size} parameters`);
  if (object.payload === null) throw unexpected("payload", "a policy", null);
  return { algorithm, issuer, keyId, rules: readRules(decode(object.payload)), signature: object.signature, digestToVerify: sha256(signatureInput(object.protectedBytes, object.payload)) };
}

function readRules(value: CborValue): readonly string[] {
  const [profile, rules] = readArray(value, 2, "policy");
  if (profile !== POLICY_PROFILE) throw unexpected("profile", POLICY_PROFILE, profile);
  return readArray(rules, undefined, "rules").map((rule) => readText(rule, RULE_LIMIT, "rule"));
}

function tooLarge(length: number): StatementError {
  return new StatementError("TOO_LARGE", `expected a policy of at most ${MAX_POLICY_LENGTH} bytes, got ${length}`);
}
