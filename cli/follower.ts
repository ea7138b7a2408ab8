/** Follows a broker as a subscriber that trusts nobody, and prints what it has verified. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AnchoredLog } from "../client/anchor.ts";
import type { BootEvent, InferenceEvent, ReceiptEvent, Rejected, SubscriptionEvent } from "../client/events.ts";
import { toTransparent } from "../client/statement-file.ts";
import { subscribe, type Subscription } from "../client/subscribe.ts";
import type { Trust } from "../client/trust.ts";
import type { Ledger } from "./ledger.ts";
import { proven, shortDevice, timeOfDay, unproven, type Output } from "./output.ts";

/** What a follower is given. */
export interface FollowerOptions {
  /** mqtt://host:port */
  readonly broker: string;
  readonly trust: Trust;
  /** the contract to ask for roots; without it a receipt proves the log's signature only */
  readonly log?: AnchoredLog | undefined;
  readonly output: Output;
  /** folder for transparent statements, one file per statement with its receipt */
  readonly save?: string | undefined;
  readonly ledger?: Ledger | undefined;
}

/** Receipts of one anchor come within a moment of each other: they are printed as one line. */
const GATHER_MS = 150;

/** A running follower. */
export class Follower {
  /** resolves when the subscription stands */
  readonly ready: Promise<void>;
  /** rejects if the subscription fails for good; never resolves */
  readonly failed: Promise<never>;
  private readonly options: FollowerOptions;
  private readonly subscription: Subscription;
  private readonly ending = new AbortController();
  private readonly consumed: Promise<void>;
  private readonly gathered = new Map<string, ReceiptEvent[]>();
  private gathering: NodeJS.Timeout | undefined;

  constructor(options: FollowerOptions) {
    this.options = options;
    const connected = Promise.withResolvers<void>();
    this.ready = connected.promise;
    this.subscription = subscribe({
      broker: options.broker,
      trust: options.trust,
      ...(options.log === undefined ? {} : { log: options.log }),
      signal: this.ending.signal,
      onConnection: (up) => (up ? connected.resolve() : this.disconnected()),
      onRejected: (rejected) => this.rejection(rejected),
    });
    this.consumed = this.consume();
    this.failed = new Promise((_, reject) => this.consumed.catch(reject));
    // Whoever waits for `failed` hears of it; a failure while closing is told by `close`.
    this.failed.catch(() => {});
  }

  /** messages that did not verify */
  get rejected(): number {
    return this.subscription.counts.rejected;
  }

  /** statements that came once more */
  get duplicates(): number {
    return this.subscription.counts.duplicates;
  }

  /** Ends the subscription, prints what is still gathered, and waits for files under way. */
  async close(): Promise<void> {
    this.ending.abort();
    await this.consumed;
    this.printReceipts();
  }

  private async consume(): Promise<void> {
    const { save, ledger, output } = this.options;
    if (save !== undefined) await mkdir(save, { recursive: true });
    for await (const event of this.subscription) {
      this.json(event);
      if (event.type === "inference") output.text(inferenceLine(event));
      // Boots are many and say little; but what came before this one may be incomplete, and no later line would say so.
      if (event.type === "boot" && event.chain === "restart") output.text(restartLine(event));
      if (event.type !== "receipt") {
        ledger?.seen(event.device, event.sequence);
        continue;
      }
      ledger?.receipt(event.device, event.sequence, event.anchor.block);
      this.gather(event);
      if (save !== undefined) await saveStatement(save, event);
    }
  }

  private gather(event: ReceiptEvent): void {
    const key = `${event.device} ${event.anchor.block}`;
    this.gathered.set(key, [...(this.gathered.get(key) ?? []), event]);
    this.gathering ??= setTimeout(() => this.printReceipts(), GATHER_MS);
  }

  private printReceipts(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    for (const events of this.gathered.values()) this.options.output.text(receiptLine(events));
    this.gathered.clear();
  }

  private disconnected(): void {
    if (!this.ending.signal.aborted) this.options.output.note(`lost the connection to ${this.options.broker}; trying again`);
  }

  private rejection({ topic, code, message, bytes }: Rejected): void {
    const { output } = this.options;
    output.note(`${timeOfDay(Date.now())}  ${unproven(`${code}: ${message}`)} (${bytes.length} bytes on ${printable(topic)})`);
    output.json({ event: "rejected", topic, code, message, bytes: bytes.length });
  }

  private json(event: SubscriptionEvent): void {
    const { device, sequence, receivedAt, verifiedAt } = event;
    const common = { event: event.type, device, sequence, receivedAt, verifiedAt };
    if (event.type === "receipt") {
      const { block, transaction, chainId } = event.anchor;
      this.options.output.json({ ...common, chainId, block, transaction: hex(transaction), index: event.inclusion.index, size: event.inclusion.size, root: hex(event.inclusion.root), onChain: event.anchored });
    } else {
      const result = event.type === "inference" ? { label: event.label, score: event.score } : {};
      this.options.output.json({ ...common, app: event.subject, bootCount: event.claims.bootCount, ...result, signature: true, chain: event.chain, bytes: event.statement.length });
    }
  }
}

function inferenceLine(event: InferenceEvent): string {
  const { verifiedAt, device, label, score, sequence, chain } = event;
  const standing = { ok: proven("chain"), start: "· chain starts here", restart: unproven("chain: begins anew, the device has lost its history"), GAP: unproven("chain: statements before it are missing") }[chain];
  return `${timeOfDay(verifiedAt)}  ${shortDevice(device)}  ${label.padEnd(8)} ${score.toFixed(2)}  #${String(sequence).padEnd(5)} ${proven("signature")}  ${standing}`;
}

function restartLine({ verifiedAt, device, sequence, bootCount }: BootEvent): string {
  return `${timeOfDay(verifiedAt)}  ${shortDevice(device)}  boot ${String(bootCount).padEnd(8)} #${String(sequence).padEnd(5)} ${proven("signature")}  ${unproven("chain: begins anew, the device has lost its history")}`;
}

/** A stranger's text as it may be shown: terminals act upon some characters. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, 128)).replaceAll(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
}

function receiptLine(events: readonly ReceiptEvent[]): string {
  const [first] = events;
  if (first === undefined) throw new RangeError("receiptLine: expected at least one receipt, got none");
  const sequences = events.map(({ sequence }) => sequence).sort((a, b) => a - b);
  const [low, high] = [sequences[0], sequences.at(-1)];
  const span = low === high ? `#${low}` : `#${low}–#${high}`;
  return `${timeOfDay(first.verifiedAt)}  ${shortDevice(first.device)}  ${proven("receipt")} ${span}  block ${first.anchor.block}  transaction ${hex(first.anchor.transaction)}`;
}

/** Files appear whole: whoever watches the folder never reads half of one. */
async function saveStatement(folder: string, { device, bootCount, sequence, statement, receipt }: ReceiptEvent): Promise<void> {
  const file = join(folder, `${device}-${bootCount}-${sequence}.cose`);
  await writeFile(`${file}.part`, toTransparent(statement, [receipt]));
  await rename(`${file}.part`, file);
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}
