/**
 * Makes every byte of the vectors anew from their inputs. Pure: runs in Node with noble and on XS with the natives, and both have to come
 * to the same bytes.
 */
import { encodeStatement, type BootClaims, type InferenceClaims } from "assay/statement";
import type { Anchor } from "assay/statement/anchor";
import { encodeCheckpoint } from "assay/statement/checkpoint";
import { deviceId, encodePublicKey, thumbprint, type CurveName, type PublicKey, type Sha256 } from "assay/statement/cose-key";
import { commitInput } from "assay/statement/input";
import { leafHash, nodeHash } from "assay/statement/merkle";
import { encodePolicy } from "assay/statement/policy";
import { proveRegistration, proveRotation, registrationDigest, rotationDigest } from "assay/statement/possession";
import { encodeReceipt } from "assay/statement/receipt";
import { parseSign1, signatureInput } from "assay/statement/sign1";
import type { Signer } from "assay/statement/signer";

/** Inputs in JSON: byte strings are hex, the rest is as in the claims' types. */
export interface Inputs {
  /** what the statement "inference" commits to */
  readonly commitment: { readonly salt: string; readonly window: string };
  readonly registration: { readonly chainId: number; readonly registry: string; readonly owner: string; readonly simulator: boolean };
  readonly device: { readonly curve: CurveName; readonly secret: string };
  /** its next key */
  readonly next: { readonly curve: CurveName; readonly secret: string };
  readonly log: { readonly curve: CurveName; readonly secret: string };
  readonly subject: string;
  readonly statements: readonly { readonly name: string; readonly claims: JsonClaims }[];
  readonly rules: readonly string[];
  readonly anchor: { readonly chainId: number; readonly contract: string; readonly block: number; readonly transaction: string; readonly time: number };
}

type Hex<Type> = Type extends Uint8Array ? string : Type extends readonly (infer Item)[] ? readonly Hex<Item>[] : Type extends object ? { readonly [Key in keyof Type]: Hex<Type[Key]> } : Type;
/** Claims with hex in place of bytes; a boot statement's key is the device's. */
export type JsonClaims = Hex<Omit<BootClaims, "publicKey" | "previous">> | Hex<Omit<InferenceClaims, "previous">>;

/** Everything that can be compared, by name, in hex (ids as text). */
export type Outputs = Record<string, string>;

/** Makes the outputs. The links between the statements, and the tree of policy and statements, follow from their order. */
export function reproduce(inputs: Inputs, signerOf: (secret: Uint8Array, curve: CurveName) => Signer, sha256: Sha256): Outputs {
  const outputs: Outputs = {};
  const device = key("device", inputs.device);
  const next = key("next", inputs.next);
  const log = key("log", inputs.log);

  function key(name: string, { secret, curve }: Inputs["device"]): { issuer: string; keyId: Uint8Array; signer: Signer } {
    const signer = signerOf(fromHex(secret), curve);
    const print = thumbprint(signer.publicKey, sha256);
    outputs[`${name}.point`] = toHex(signer.publicKey.point);
    outputs[`${name}.coseKey`] = toHex(encodePublicKey(signer.publicKey));
    outputs[`${name}.thumbprint`] = toHex(print);
    outputs[`${name}.id`] = deviceId(print);
    return { issuer: deviceId(print), keyId: print, signer };
  }

  function object(name: string, bytes: Uint8Array, detached?: Uint8Array): void {
    const { protectedBytes, payload, signature } = parseSign1(bytes);
    const input = signatureInput(protectedBytes, payload ?? detached ?? new Uint8Array(0));
    outputs[`${name}.protected`] = toHex(protectedBytes);
    if (payload !== null) outputs[`${name}.payload`] = toHex(payload);
    outputs[`${name}.signatureInput`] = toHex(input);
    outputs[`${name}.signedDigest`] = toHex(sha256(input));
    outputs[`${name}.signature`] = toHex(signature);
    outputs[`${name}.bytes`] = toHex(bytes);
  }

  const entries = [encodePolicy(inputs.rules, log, log.signer, sha256)];
  object("policy", entries[0] as Uint8Array);
  let previous: Uint8Array | null = null;
  for (const { name, claims } of inputs.statements) {
    const bytes: Uint8Array = encodeStatement(toClaims(claims, "historyLost" in claims && claims.historyLost ? null : previous, device.signer.publicKey), { ...device, subject: inputs.subject }, device.signer, sha256);
    object(name, bytes);
    const digest = sha256(bytes);
    outputs[`${name}.digest`] = toHex(digest);
    previous = digest.slice(0, 16);
    entries.push(bytes);
  }
  outputs["commitment"] = toHex(commitInput(fromHex(inputs.commitment.salt), fromHex(inputs.commitment.window), sha256));
  proofs();

  const leaves = entries.map((entry) => leafHash(entry, sha256));
  leaves.forEach((leaf, i) => (outputs[`leaf.${i}`] = toHex(leaf)));
  const root = treeHash(leaves);
  outputs["root"] = toHex(root);
  const anchor: Anchor = { ...inputs.anchor, contract: fromHex(inputs.anchor.contract), transaction: fromHex(inputs.anchor.transaction) };
  inputs.statements.forEach(({ name }, i) => {
    const path = inclusionPath(i + 1, leaves);
    outputs[`${name}.path`] = path.map(toHex).join(" ");
    object(`${name}.receipt`, encodeReceipt({ treeSize: leaves.length, leafIndex: i + 1, path, anchor }, root, log, log.signer, sha256), root);
  });
  object("checkpoint", encodeCheckpoint({ size: leaves.length, root, anchor }, log, log.signer, sha256));
  return outputs;

  /** What the DeviceRegistry is shown. */
  function proofs(): void {
    const { chainId, simulator } = inputs.registration;
    const place = { chainId, registry: fromHex(inputs.registration.registry) };
    const registration = { ...place, owner: fromHex(inputs.registration.owner), simulator };
    const rotation = { ...place, device: thumbprint(device.signer.publicKey, sha256), newKey: next.signer.publicKey, keyCount: 1 };
    outputs["registration.signedDigest"] = toHex(registrationDigest(registration, device.signer.publicKey, sha256));
    outputs["registration.signature"] = toHex(proveRegistration(registration, device.signer, sha256));
    outputs["rotation.byCurrent.signedDigest"] = toHex(rotationDigest(rotation, device.signer.publicKey, sha256));
    outputs["rotation.byCurrent.signature"] = toHex(proveRotation(rotation, device.signer, sha256));
    outputs["rotation.byNew.signedDigest"] = toHex(rotationDigest(rotation, next.signer.publicKey, sha256));
    outputs["rotation.byNew.signature"] = toHex(proveRotation(rotation, next.signer, sha256));
  }

  /** MTH and PATH of RFC 9162 §2.1.1 and §2.1.3.1, as they are written there. */
  function treeHash(nodes: readonly Uint8Array[]): Uint8Array {
    const [only] = nodes;
    if (only === undefined) throw new RangeError("expected a leaf at least");
    return nodes.length === 1 ? only : nodeHash(treeHash(nodes.slice(0, split(nodes.length))), treeHash(nodes.slice(split(nodes.length))), sha256);
  }

  function inclusionPath(index: number, nodes: readonly Uint8Array[]): Uint8Array[] {
    if (nodes.length === 1) return [];
    const k = split(nodes.length);
    return index < k ? [...inclusionPath(index, nodes.slice(0, k)), treeHash(nodes.slice(k))] : [...inclusionPath(index - k, nodes.slice(k)), treeHash(nodes.slice(0, k))];
  }
}

function split(size: number): number {
  let k = 1;
  while (k * 2 < size) k *= 2;
  return k;
}

function toClaims(claims: JsonClaims, previous: Uint8Array | null, publicKey: PublicKey): BootClaims | InferenceClaims {
  if (claims.kind === "boot") return { ...claims, previous, publicKey, firmware: fromHex(claims.firmware), model: fromHex(claims.model), frontEnd: fromHex(claims.frontEnd) };
  return {
    ...claims,
    previous,
    input: fromHex(claims.input),
    results: claims.results.map((result) => ({ ...result, output: fromHex(result.output) })),
    beacon: claims.beacon === null ? null : { number: claims.beacon.number, hash: fromHex(claims.beacon.hash) },
  };
}

/** Bytes as hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

/** The bytes that hex stands for. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
