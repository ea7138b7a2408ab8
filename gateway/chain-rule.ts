/** Does a verified statement extend its device's chain? Judged against what is stored and against what goes into the same batch. */
import { parseStatement } from "assay/statement";
import type { Statement } from "assay/statement";
import { equalBytes } from "assay/statement/bytes";
import { chainHead, checkSuccessor } from "assay/statement/chain";
import { sha256 } from "./log.ts";
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
  /** The statements that this batch adds, by device, boot and sequence. */
  private readonly added = new Map<string, Statement>();

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

  /** @param keyIndex number of the key that has signed it among the device's keys, from 0 */
  async judge(statement: Statement, keyIndex: number): Promise<Verdict> {
    const { issuer, bootCount, sequence, digest } = statement;
    const head = await this.headOf(issuer);
    const problem = checkSuccessor(head, statement);
    if (problem !== undefined && problem.code !== "GAP") {
      const kept = await this.statementAt(issuer, bootCount, sequence);
      if (kept !== undefined) {
        if (equalBytes(kept.digest, digest)) return "redelivered";
        if (equalBytes(kept.digestToVerify, statement.digestToVerify)) return { code: "REPLAY", reason: `expected statement ${sequence} of ${issuer} once, got it with another signature` };
        return { code: "EQUIVOCATION", reason: `expected one statement with sequence ${sequence} of boot ${bootCount} of ${issuer}, got another: both are signed by the device` };
      }
    }
    if (problem !== undefined) return { code: problem.code, reason: problem.message };
    // The whole key, where the statement itself has only the beginning of its id.
    if (head !== undefined && statement.kind === "inference" && keyIndex !== head.keyIndex) return { code: "KEY_CHANGED", reason: `expected key ${head.keyIndex} of ${issuer} until its next boot, got key ${keyIndex}` };
    if (head !== undefined && keyIndex < head.keyIndex) return { code: "RETIRED_KEY", reason: `expected key ${head.keyIndex} of ${issuer} or a later one, got key ${keyIndex}` };
    this.moved.set(issuer, { device: issuer, keyIndex, ...chainHead(statement) });
    this.added.set(`${issuer}/${bootCount}/${sequence}`, statement);
    return "extends";
  }

  private async statementAt(device: string, bootCount: number, sequence: number): Promise<Statement | undefined> {
    const here = this.added.get(`${device}/${bootCount}/${sequence}`);
    if (here !== undefined) return here;
    const entry = await this.store.entryOf(device, bootCount, sequence);
    return entry === undefined ? undefined : parseStatement(entry.bytes, sha256);
  }
}
