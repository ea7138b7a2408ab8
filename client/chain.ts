import type { Statement } from "assay/statement";
import { equalBytes } from "assay/statement/bytes";
import { chainHead, checkSuccessor, isRestart, type ChainHead, type ChainProblem } from "assay/statement/chain";

/** How a statement stands in its device's chain, as far as this follower has seen it. */
export type ChainVerdict =
  /** it follows on the statement before, by number and by digest */
  | { readonly status: "ok" }
  /** following begins with it: what came before is not known here */
  | { readonly status: "start" }
  /** the device says that it has lost its history: following begins again with it, and what came before may be incomplete */
  | { readonly status: "restart" }
  /** its bytes were here already */
  | { readonly status: "duplicate" }
  /** after `GAP` the chain is followed from this statement on; after any other problem the statement is not taken into the chain */
  | { readonly status: "problem"; readonly problem: ChainProblem };

const OK: ChainVerdict = { status: "ok" };
const START: ChainVerdict = { status: "start" };
const RESTART: ChainVerdict = { status: "restart" };
const DUPLICATE: ChainVerdict = { status: "duplicate" };

/**
 * Follows the chain of one device. Give it statements whose signatures are verified.
 *
 * A follower mostly comes late: it sees the retained boot statement, and then an inference of now. So a boot statement may be followed once
 * by a later statement of the same boot without a `GAP`, and the running boot's statement may arrive after its first inference.
 */
export class ChainFollower {
  private readonly recentLimit: number;
  /** digests by boot and sequence: the two together name a statement for life */
  private readonly recent = new Map<string, Uint8Array>();
  private newest: ChainHead | undefined;
  private first = { bootCount: 0, sequence: 0 };
  private joining = false;
  private bootSeen = false;
  /** digest of the newest boot statement: brokers keep it, and bring it again however many statements there were since */
  private boot: Uint8Array | undefined;

  /** @param recentLimit statements that repetitions and forks are recognised among; default 1024 */
  constructor(recentLimit = 1024) {
    this.recentLimit = recentLimit;
  }

  /** The newest statement that was taken into the chain, or undefined. */
  get head(): ChainHead | undefined {
    return this.newest;
  }

  /** Whether a place is before all that this follower has followed. */
  isBeforeStart({ bootCount, sequence }: { readonly bootCount: number; readonly sequence: number }): boolean {
    if (this.newest === undefined) return false;
    return bootCount < this.first.bootCount || (bootCount === this.first.bootCount && sequence < this.first.sequence);
  }

  /** Judges the next statement. */
  follow(statement: Statement): ChainVerdict {
    const known = this.recent.get(placeOf(statement));
    if (known !== undefined && equalBytes(known, statement.digest)) return DUPLICATE;
    if (this.boot !== undefined && equalBytes(this.boot, statement.digest)) return DUPLICATE;
    if (this.newest === undefined) {
      this.joining = statement.kind === "boot";
      return this.take(statement, isRestart(statement) ? RESTART : statement.sequence === 0 && statement.kind === "boot" ? OK : START);
    }
    if (known !== undefined) return { status: "problem", problem: { code: "FORK", message: `expected one statement with sequence ${statement.sequence}, got another one` } };
    if (statement.kind === "boot" && !this.bootSeen && statement.sequence < this.newest.sequence && statement.bootCount === this.newest.bootCount) {
      this.bootSeen = true;
      this.remember(statement);
      return START;
    }
    const problem = checkSuccessor(this.newest, statement);
    if (problem === undefined) return this.take(statement, isRestart(statement) ? RESTART : OK);
    if (problem.code !== "GAP") return { status: "problem", problem };
    if (this.joining && statement.kind === "inference" && statement.bootCount === this.newest.bootCount) return this.take(statement, START);
    return this.take(statement, { status: "problem", problem });
  }

  private take(statement: Statement, verdict: ChainVerdict): ChainVerdict {
    if (this.newest !== undefined) this.joining = false;
    // What is missing after a gap was missed here, and is not from before the start.
    if (verdict.status === "start" || verdict.status === "restart" || this.newest === undefined) this.first = { bootCount: statement.bootCount, sequence: statement.sequence };
    if (statement.kind === "boot") this.bootSeen = true;
    this.newest = chainHead(statement);
    this.remember(statement);
    return verdict;
  }

  private remember(statement: Statement): void {
    if (statement.kind === "boot") this.boot = statement.digest;
    this.recent.set(placeOf(statement), statement.digest);
    if (this.recent.size <= this.recentLimit) return;
    for (const oldest of this.recent.keys()) {
      this.recent.delete(oldest);
      return;
    }
  }
}

function placeOf({ bootCount, sequence }: { readonly bootCount: number; readonly sequence: number }): string {
  return `${bootCount}/${sequence}`;
}
