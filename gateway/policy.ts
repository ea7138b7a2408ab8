/** Entry 0 of the log: what the log takes, signed by the gateway (RFC 9943 §5.1.1.1). */
import { PROFILE, SIMULATOR_PROFILE } from "assay/statement/boot";
import { leafHash } from "assay/statement/merkle";
import { encodePolicy } from "assay/statement/policy";
import type { Address } from "viem";
import type { GatewayIdentity } from "./identity.ts";
import { sha256 } from "./log.ts";
import type { MerkleLog } from "./log.ts";
import type { Store } from "./store.ts";

/** Begins an empty log with the registration policy. */
export async function registerPolicy(store: Store, log: MerkleLog, identity: GatewayIdentity, chain: { readonly chainId: number; readonly registry: Address; readonly log: Address }): Promise<void> {
  const rules = [
    `Entries after this one are statements of the profiles ${PROFILE} and ${SIMULATOR_PROFILE}: COSE_Sign1, ES256K or ESP256 with low S, deterministic CBOR, empty unprotected header.`,
    `Each is signed by a key that DeviceRegistry ${chain.registry} on chain ${chain.chainId} has for its issuer, and that was not revoked when it came in.`,
    "The statements of an issuer are entered in the order of their sequence numbers, from 0, without gaps, each linked to the one before it. They begin anew only with a boot statement that says that the history is lost.",
    "Entries are never changed, removed or reordered.",
    `Tree heads are anchored in AttestationLog ${chain.log} on chain ${chain.chainId}.`,
  ];
  const bytes = encodePolicy(rules, { issuer: identity.id, keyId: identity.keyId }, identity.signer, sha256);
  const growth = log.prepare([leafHash(bytes, sha256)]);
  const entry = { leaf: 0, kind: "policy", issuer: identity.id, bootCount: null, sequence: null, bytes, receivedAt: Date.now() } as const;
  await store.commit({ entries: [entry], tiles: growth.tiles, heads: [], rejections: [] });
  log.commit(growth);
}
