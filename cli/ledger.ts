/**
 * The books of a run: which statements devices made, and which of them somebody else has verified and seen anchored.
 */

/** What a run comes to. Counts are of statements, boot statements included, unless said otherwise. */
export interface Summary {
  /** stored by the devices in this run */
  readonly statements: number;
  /** of those, verified by the subscriber: signature and hash chain */
  readonly verified: number;
  /** messages that subscriber or gateway refused */
  readonly rejected: number;
  /** anchored on the chain, as the contract and a verified receipt say */
  readonly anchored: number;
  /** receipts that verified */
  readonly receipts: number;
  /** stored by a device and never seen verified */
  readonly lost: number;
  /** delivered to the subscriber once more */
  readonly duplicates: number;
  /** id of the EVM chain */
  readonly chain: number;
  /** blocks of that chain which hold an anchor of this run */
  readonly blocks: number;
}

/** Counts statements by device and sequence number. */
export class Ledger {
  private readonly made = new Set<string>();
  private readonly verified = new Set<string>();
  private readonly receipted = new Set<string>();
  private readonly blocks = new Set<number>();
  private receipts = 0;

  /** A device has stored a statement. */
  stored(device: string, sequence: number): void {
    this.made.add(key(device, sequence));
  }

  /** The subscriber has verified it. */
  seen(device: string, sequence: number): void {
    this.verified.add(key(device, sequence));
  }

  /** The subscriber has verified a receipt for it. */
  receipt(device: string, sequence: number, block: number): void {
    this.receipts++;
    this.receipted.add(key(device, sequence));
    this.blocks.add(block);
  }

  /** Whether everything that devices stored is verified, and anchored. */
  get complete(): { readonly verified: boolean; readonly anchored: boolean } {
    return { verified: this.made.isSubsetOf(this.verified), anchored: this.made.isSubsetOf(this.receipted) };
  }

  /** The sum of it all. */
  summary(other: { readonly rejected: number; readonly duplicates: number; readonly chain: number }): Summary {
    return {
      statements: this.made.size,
      verified: this.made.intersection(this.verified).size,
      rejected: other.rejected,
      anchored: this.made.intersection(this.receipted).size,
      receipts: this.receipts,
      lost: this.made.difference(this.verified).size,
      duplicates: other.duplicates,
      chain: other.chain,
      blocks: this.blocks.size,
    };
  }
}

function key(device: string, sequence: number): string {
  return `${device}:${sequence}`;
}
