/** Judges messages one by one, without a network: what a subscription does with what the broker brings. */
import { StatementError } from "assay/statement";
import { decodeReceiptMessage } from "assay/statement/messages";
import { parseTopic } from "assay/statement/topics";
import type { AnchoredLog } from "./anchor.ts";
import { ChainFollower } from "./chain.ts";
import { statementEvent, type ChainStanding, type Rejected, type RejectionCode, type SubscriptionEvent } from "./events.ts";
import { ReceiptDesk, type StatementPlace } from "./receipt-desk.ts";
import type { SignatureVerifier } from "./signature.ts";
import type { Trust } from "./trust.ts";
import { VerificationError } from "./verification-error.ts";
import { verify } from "./verify.ts";

/** What came so far, by what became of it. */
export interface InspectorCounts {
  /** statements that were yielded */
  verified: number;
  /** receipts that were yielded */
  receipts: number;
  /** messages that went to `onRejected` */
  rejected: number;
  /** repetitions, and what belongs to the time before this subscription: neither yielded nor rejected */
  duplicates: number;
}

/** What an inspector judges by, and whom it tells. */
export interface InspectorOptions {
  readonly trust: Trust;
  /** ids of the devices that are wanted; undefined: all of the trust list */
  readonly devices: ReadonlySet<string> | undefined;
  /** asked for roots; undefined: receipts are verified without the chain */
  readonly log: AnchoredLog | undefined;
  readonly verifySignature: SignatureVerifier | undefined;
  /** statements and receipts that are kept, each, until their counterpart comes */
  readonly pendingLimit: number;
  readonly onEvent: (event: SubscriptionEvent) => void;
  readonly onRejected: (rejected: Rejected) => void;
  /** Unix time in milliseconds, with fractions */
  readonly now: () => number;
}

/** Statements of all devices together that repetitions are recognised among, roughly. */
const RECENT_STATEMENTS = 65_536;

export class Inspector {
  readonly counts: InspectorCounts = { verified: 0, receipts: 0, rejected: 0, duplicates: 0 };
  private readonly options: InspectorOptions;
  private readonly desk: ReceiptDesk;
  private readonly followers = new Map<string, ChainFollower>();
  /** devices that are simulated, as the trust list or their own boot statement says */
  private readonly simulated = new Set<string>();
  /** the trust list without its rule on simulated devices, which is judged here: an inference does not say what its device is */
  private readonly lenient: Trust;
  private readonly recentLimit: number;

  constructor(options: InspectorOptions) {
    this.options = options;
    this.lenient = { ...options.trust, allowSimulated: true };
    this.recentLimit = Math.min(1024, Math.max(64, Math.floor(RECENT_STATEMENTS / Math.max(1, options.trust.devices.length))));
    this.desk = new ReceiptDesk({
      limit: options.pendingLimit,
      log: options.log,
      verify: (statement, receipt) => verify(statement, receipt, this.lenient, this.verifyOptions()),
      onVerified: ({ device, bootCount, sequence, receipt, receivedAt }, statement, { inclusion, anchor }) => {
        this.counts.receipts++;
        options.onEvent({ type: "receipt", device, bootCount, sequence, anchor, inclusion, anchored: anchor.confirmed, statement, receipt, receivedAt, verifiedAt: options.now() });
      },
      onRejected: ({ topic, bytes }, { code, message }) => this.reject(topic, bytes, code, message),
      onOrphan: (orphan) => {
        const { topic, bytes, device, sequence } = orphan;
        if (this.isOld(orphan)) this.counts.duplicates++;
        else this.reject(topic, bytes, "NO_STATEMENT", `expected statement ${sequence} of ${device} for its receipt, got none`);
      },
      onDuplicate: () => this.counts.duplicates++,
    });
  }

  /** Judges one message. Throws only what `onEvent` and `onRejected` throw. */
  receive(topic: string, bytes: Uint8Array): void {
    const receivedAt = this.options.now();
    const place = parseTopic(topic);
    if (place === undefined || !("device" in place) || place.kind === "ack" || place.kind === "state") return this.reject(topic, bytes, "WRONG_TOPIC", "expected a topic for statements or receipts, got another");
    if (this.options.devices !== undefined && !this.options.devices.has(place.device)) return;
    try {
      if (place.kind === "receipt") this.receipt(topic, place.device, bytes, receivedAt);
      else this.statement(topic, place.device, place.kind === "boot" ? "boot" : "inference", bytes, receivedAt);
    } catch (error) {
      if (error instanceof VerificationError) this.reject(topic, bytes, error.code, error.message);
      else throw error;
    }
  }

  /** Nothing is reported any more, also not what the chain is still being asked about. */
  close(): void {
    this.desk.close();
  }

  private statement(topic: string, device: string, kind: "boot" | "inference", bytes: Uint8Array, receivedAt: number): void {
    const { statement, registration } = verify(bytes, undefined, this.lenient, this.verifyOptions());
    if (registration.simulator) this.simulated.add(statement.issuer);
    if (this.options.trust.allowSimulated !== true && this.simulated.has(statement.issuer)) return this.reject(topic, bytes, "SIMULATED_DEVICE", `expected a device in hardware, got the simulated ${statement.issuer}`);
    if (statement.issuer !== device || statement.kind !== kind) return this.reject(topic, bytes, "WRONG_TOPIC", `expected a statement of kind ${kind} by ${device}, got ${statement.kind} by ${statement.issuer}`);
    let follower = this.followers.get(device);
    if (follower === undefined) {
      follower = new ChainFollower(this.recentLimit);
      this.followers.set(device, follower);
    }
    const verdict = follower.follow(statement);
    let chain: ChainStanding;
    if (verdict.status === "duplicate") {
      this.counts.duplicates++;
      return;
    } else if (verdict.status === "problem") {
      const { code, message } = verdict.problem;
      if (code === "REPLAY" && this.isOld({ device, bootCount: statement.bootCount, sequence: statement.sequence })) {
        this.counts.duplicates++;
        return;
      }
      if (code !== "GAP") return this.reject(topic, bytes, code, message);
      chain = code;
    } else {
      chain = verdict.status;
    }
    this.counts.verified++;
    this.options.onEvent(statementEvent(statement, chain, receivedAt, this.options.now()));
    this.desk.statement({ device, bootCount: statement.bootCount, sequence: statement.sequence }, statement.bytes);
  }

  private receipt(topic: string, device: string, bytes: Uint8Array, receivedAt: number): void {
    let message: ReturnType<typeof decodeReceiptMessage>;
    try {
      message = decodeReceiptMessage(bytes);
    } catch (cause) {
      if (!(cause instanceof StatementError)) throw cause;
      return this.reject(topic, bytes, cause.code === "BAD_MESSAGE" ? "BAD_MESSAGE" : (cause.code as RejectionCode), cause.message);
    }
    const { trust } = this.options;
    if (!trust.devices.some(({ id }) => id === device)) return this.reject(topic, bytes, "UNKNOWN_DEVICE", `expected a device of the trust list, got ${device}`);
    const { bootCount, sequence, receipt } = message;
    const place = { device, bootCount, sequence };
    if (this.isOld(place) && !this.desk.knows(place)) {
      this.counts.duplicates++;
      return;
    }
    this.desk.receipt({ topic, ...place, receipt, bytes, receivedAt });
  }

  /** Whether a statement is from before this subscription. */
  private isOld(place: StatementPlace): boolean {
    return this.followers.get(place.device)?.isBeforeStart(place) === true;
  }

  private verifyOptions(): { verifySignature?: SignatureVerifier } {
    const { verifySignature } = this.options;
    return verifySignature === undefined ? {} : { verifySignature };
  }

  private reject(topic: string, bytes: Uint8Array, code: RejectionCode, message: string): void {
    this.counts.rejected++;
    this.options.onRejected({ topic, code, message, bytes });
  }
}
