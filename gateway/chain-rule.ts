/** Does a verified statement extend its device's chain? Judged against what is stored and against what goes into the same batch. */
import type { Statement } from "assay/statement";
import { chainHead, checkSuccessor } from "assay/statement/chain";
import type { ChainProblemCode } from "assay/statement/chain";
import { sha256 } from "./log.ts";
import type { RejectionCode } from "./rejection.ts";
import type { DeviceHead, Store } from "./store.ts";
import type { Refusal } from "./verify.ts";

/** Extends the chain, is in the log already byte for byte, or is refused. */
export type Verdict = "extends" | "redelivered" | Refusal;

/** The heads of the devices' chains: as stored, remembered between batches. */
export class ChainHeads {
  private readonly store: Store;
  private readonly heads = new Map<string, DeviceHead>();

  constructor(store: Store) {
    this.store = store;
  }

  /** Judgement for one batch; nothing is remembered until its heads are taken in by {@link take}. */
  batch(): BatchJudge {
    return new BatchJudge(this.store, (device) => this.headOf(device));
  }

  /** Takes in the heads of a batch that is stored. */
  take(heads: readonly DeviceHead[]): void {
    for (const head of heads) this.heads.set(head.device, head);
  }

  private async headOf(device: string): Promise<DeviceHead | undefined> {
    const known = this.heads.get(device);
    if (known !== undefined) return known;
    const stored = await this.store.head(device);
    if (stored !== undefined) this.heads.set(device, stored);
    return stored;
  }
}

/** Judges the statements of one batch, in order. */
export class BatchJudge {
  private readonly store: Store;
  private readonly storedHead: (device: string) => Promise<DeviceHead | undefined>;
  private readonly moved = new Map<string, DeviceHead>();
  /** Digests of the statements that this batch adds, by device and sequence. */
  private readonly added = new Map<string, Uint8Array>();

  constructor(store: Store, storedHead: (device: string) => Promise<DeviceHead | undefined>) {
    this.store = store;
    this.storedHead = storedHead;
  }

  /** The heads that this batch moved. */
  get heads(): DeviceHead[] {
    return [...this.moved.values()];
  }

  /** The head of a device as this batch leaves it. */
  async headOf(device: string): Promise<DeviceHead | undefined> {
    return this.moved.get(device) ?? (await this.storedHead(device));
  }

  async judge(statement: Statement): Promise<Verdict> {
    const { issuer, sequence, digest } = statement;
    const head = await this.headOf(issuer);
    if (head !== undefined && sequence <= head.sequence) {
      const kept = await this.digestOf(issuer, sequence);
      if (kept !== undefined && Buffer.compare(kept, digest) === 0) return "redelivered";
      return { code: "EQUIVOCATION", reason: `expected one statement with sequence ${sequence} of ${issuer}, got another: both are signed by the device` };
    }
    const problem = checkSuccessor(head, statement);
    if (problem !== undefined) return { code: codeOf(problem.code), reason: problem.message };
    this.moved.set(issuer, { device: issuer, ...chainHead(statement) });
    this.added.set(`${issuer}/${sequence}`, digest);
    return "extends";
  }

  private async digestOf(device: string, sequence: number): Promise<Uint8Array | undefined> {
    const here = this.added.get(`${device}/${sequence}`);
    if (here !== undefined) return here;
    const entry = await this.store.entryOf(device, sequence);
    return entry === undefined ? undefined : sha256(entry.bytes);
  }
}

/** A gap heals when the device sends again; a broken link or boot count never does. */
function codeOf(code: ChainProblemCode): RejectionCode {
  return code === "GAP" ? "OUT_OF_ORDER" : "BROKEN_CHAIN";
}
