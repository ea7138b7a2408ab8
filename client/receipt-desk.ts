/** Brings receipts and statements together, in whichever order they come, and asks the chain for each root once. */
import { VerificationError } from "./verification-error.ts";
import { confirmAnchor, type AnchoredLog } from "./anchor.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { Verified } from "./verify.ts";

/** What names a statement. */
export interface StatementPlace {
  readonly device: string;
  readonly bootCount: number;
  readonly sequence: number;
}

/** A receipt as it came. */
export interface IncomingReceipt extends StatementPlace {
  readonly topic: string;
  readonly receipt: Uint8Array;
  /** the whole message */
  readonly bytes: Uint8Array;
  readonly receivedAt: number;
}

/** A statement that waits for its receipt; `done` once it has one. */
interface Waiting {
  readonly statement: Uint8Array;
  done: boolean;
}

/** What the desk does with its findings. */
export interface ReceiptDeskOptions {
  /** statements, and receipts, that are kept until their counterpart comes */
  readonly limit: number;
  /** undefined: the chain is not asked */
  readonly log: AnchoredLog | undefined;
  /** verifies a statement that was verified before, together with its receipt */
  readonly verify: (statement: Uint8Array, receipt: Uint8Array) => Verified;
  readonly onVerified: (receipt: IncomingReceipt, statement: Uint8Array, verified: Required<Pick<Verified, "inclusion" | "anchor">>) => void;
  readonly onRejected: (receipt: IncomingReceipt, error: VerificationError) => void;
  /** a receipt for which no statement came */
  readonly onOrphan: (receipt: IncomingReceipt) => void;
  readonly onDuplicate: () => void;
}

/** Times that a chain which does not have a root yet, or does not answer, is asked again; and the pause before the first of them, doubled each time. */
const RETRIES = 4;
const PAUSE_MS = 250;
/** Roots that are remembered as found on the chain. */
const ROOTS = 256;

export class ReceiptDesk {
  private readonly options: ReceiptDeskOptions;
  private readonly statements: BoundedMap<string, Waiting>;
  private readonly receipts: BoundedMap<string, IncomingReceipt>;
  private readonly checks = new BoundedMap<string, Promise<unknown>>(ROOTS);
  private closed = false;

  constructor(options: ReceiptDeskOptions) {
    this.options = options;
    this.statements = new BoundedMap(options.limit);
    this.receipts = new BoundedMap(options.limit, (_key, receipt) => options.onOrphan(receipt));
  }

  /** Takes a verified statement, and its receipt if that is here already. */
  statement(place: StatementPlace, statement: Uint8Array): void {
    const key = keyOf(place);
    this.statements.set(key, { statement, done: false });
    const receipt = this.receipts.get(key);
    if (receipt === undefined) return;
    this.receipts.delete(key);
    this.receipt(receipt);
  }

  /** Whether a statement is here, with or without its receipt. */
  knows(place: StatementPlace): boolean {
    return this.statements.get(keyOf(place)) !== undefined;
  }

  /** Takes a receipt; keeps it if its statement is not here yet. */
  receipt(incoming: IncomingReceipt): void {
    const key = keyOf(incoming);
    const waiting = this.statements.get(key);
    if (waiting === undefined) {
      // Only the first is kept: who floods with forged ones can crowd out a receipt of his own device, not memory.
      if (this.receipts.get(key) === undefined) this.receipts.set(key, incoming);
      else this.options.onDuplicate();
      return;
    }
    if (waiting.done) return this.options.onDuplicate();
    let verified: Verified;
    try {
      verified = this.options.verify(waiting.statement, incoming.receipt);
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error;
      return this.options.onRejected(incoming, error);
    }
    const { inclusion, anchor } = verified;
    if (inclusion === undefined || anchor === undefined) throw new TypeError("expected inclusion and anchor of a verified receipt");
    waiting.done = true;
    const { log } = this.options;
    if (log === undefined) return this.options.onVerified(incoming, waiting.statement, { inclusion, anchor });
    this.ask({ inclusion, anchor }, log).then(
      () => {
        if (!this.closed) this.options.onVerified(incoming, waiting.statement, { inclusion, anchor: { ...anchor, confirmed: true } });
      },
      (error: unknown) => {
        waiting.done = false;
        if (!this.closed) this.options.onRejected(incoming, error instanceof VerificationError ? error : new VerificationError("RPC_FAILED", "expected an answer of the chain, got an error", { cause: error }));
      },
    );
  }

  /** No findings are reported any more. */
  close(): void {
    this.closed = true;
  }

  /** Asks the chain once for all receipts that say the same of one tree, its anchor included; failures are not remembered. */
  private ask(verified: Required<Pick<Verified, "inclusion" | "anchor">>, log: AnchoredLog): Promise<unknown> {
    const { inclusion, anchor } = verified;
    const key = JSON.stringify([inclusion.size, [...inclusion.root], anchor.chainId, [...anchor.contract], anchor.block, anchor.time, [...anchor.transaction]]);
    const running = this.checks.get(key);
    if (running !== undefined) return running;
    const check = this.askPatiently(verified, log);
    this.checks.set(key, check);
    check.catch(() => this.checks.delete(key));
    return check;
  }

  private async askPatiently(verified: Pick<Verified, "inclusion" | "anchor">, log: AnchoredLog): Promise<unknown> {
    for (let retry = 0; ; retry++) {
      try {
        return await confirmAnchor(verified, log);
      } catch (error) {
        const passing = error instanceof VerificationError && (error.code === "RPC_FAILED" || error.code === "NOT_ANCHORED");
        if (!passing || retry === RETRIES || this.closed) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** retry));
      }
    }
  }
}

function keyOf({ device, bootCount, sequence }: StatementPlace): string {
  return `${device}/${bootCount}/${sequence}`;
}
