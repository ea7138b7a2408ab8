/**
 * The client: who subscribes can check every inference without trusting broker, gateway or network. The same code runs in Node and in
 * browsers. `verify` is a pure function of bytes and a trust list; `subscribe` yields only what it has verified.
 */
export { subscribe, type SubscribeOptions, type Subscription } from "./subscribe.ts";
export { SubscribeError, type SubscribeErrorCode } from "./subscribe-error.ts";
export type { BootEvent, ChainStanding, InferenceEvent, ReceiptEvent, Rejected, RejectionCode, SubscriptionEvent } from "./events.ts";
export { verify, type Inclusion, type Verified, type VerifyOptions } from "./verify.ts";
export { proveEquivocation, type EquivocalStatement, type Equivocation } from "./equivocation.ts";
export { VerificationError, type VerificationErrorCode } from "./verification-error.ts";
export type { Revocation, Trust, TrustedDevice, TrustedKey, TrustedLog } from "./trust.ts";
export { confirmAnchor, type AnchoredLog } from "./anchor.ts";
export { confirmCheckpoint, type CheckpointEvidence } from "./checkpoint.ts";
export { encodeBundle, parseBundle, verifyBundle, type Bundle } from "./bundle.ts";
export { formatTrustRoots, parseTrustRoots, type TrustRoots } from "./trust-roots.ts";
export { confirmTime, type BlockSource, type TimeBound, type TimeBracket } from "./time-bracket.ts";
export { chainLog } from "./chain-root.ts";
export { fromTransparent, toTransparent } from "./statement-file.ts";
