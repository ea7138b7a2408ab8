/**
 * The append-only log: an RFC 9162 tree over SHA-256 whose complete subtrees are in the store. An append costs O(1) hashes on
 * average and no reads; a root or proof reads O(log n) nodes in one request and costs O(log n) hashes. In memory are only
 * the roots of the at most 53 complete subtrees at the right edge.
 */
import { hash } from "node:crypto";
import { GatewayError } from "./gateway-error.ts";
import { completedBy, consistencyPlan, inclusionPlan, rootPlan } from "./tree-plan.ts";
import type { Fold, NodePosition } from "./tree-plan.ts";

/** A stored node: the hash of a complete subtree. */
export interface LogNode extends NodePosition {
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

/** Where the complete subtrees are kept. */
export interface LogNodes {
  /** The hashes of nodes, in the order asked for; fails if one is absent. */
  readLogNodes(positions: readonly NodePosition[]): Promise<Uint8Array[]>;
}

/** Leaves prepared for the log, not yet part of it: the nodes are stored first, then {@link MerkleLog.commit} takes them in. */
export interface Growth {
  /** Size of the log before. */
  readonly from: number;
  /** Size of the log after. */
  readonly size: number;
  /** Nodes to store. */
  readonly nodes: readonly LogNode[];
  readonly edge: readonly LogNode[];
}

/** A tree head. */
export interface TreeHead {
  /** Number of leaves, ≥ 0. */
  readonly size: number;
  /** 32 bytes; SHA-256 of nothing for size 0 (RFC 9162 §2.1.1). */
  readonly root: Uint8Array;
}

/** SHA-256 by OpenSSL in one call: three times as fast as a hash object for inputs of this size. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash("sha256", bytes, "buffer"));
}

export class MerkleLog {
  private readonly nodes: LogNodes;
  private edge: readonly LogNode[];
  private leaves: number;
  /** The prefix 0x01 stays in place: 0x01 || left || right (RFC 9162 §2.1.1). */
  private readonly input = new Uint8Array(65).fill(1, 0, 1);

  private constructor(nodes: LogNodes, size: number, edge: readonly LogNode[]) {
    this.nodes = nodes;
    this.leaves = size;
    this.edge = edge;
  }

  /** Opens the log of `size` leaves whose nodes are in the store. */
  static async open(nodes: LogNodes, size: number): Promise<MerkleLog> {
    const positions = size === 0 ? [] : rootPlan(size);
    const hashes = await nodes.readLogNodes(positions);
    return new MerkleLog(nodes, size, positions.map((position, i) => ({ ...position, hash: hashes[i] as Uint8Array })));
  }

  /** Number of leaves. */
  get size(): number {
    return this.leaves;
  }

  /** The current root. */
  get head(): TreeHead {
    return { size: this.leaves, root: this.fold(this.edge.map((node) => node.hash)) };
  }

  /** Computes what appending leaves changes, and changes nothing: a store that fails leaves the log as it was. */
  prepare(leafHashes: readonly Uint8Array[]): Growth {
    const nodes: LogNode[] = [];
    const edge = [...this.edge];
    let size = this.leaves;
    for (const leaf of leafHashes) {
      let hashNow = leaf;
      for (const position of completedBy(size)) {
        // Each level above the leaf closes the subtree that stood at the right edge.
        if (position.level > 0) hashNow = this.node((edge.pop() as LogNode).hash, hashNow);
        nodes.push({ ...position, hash: hashNow });
      }
      edge.push(nodes.at(-1) as LogNode);
      size++;
    }
    return { from: this.leaves, size, nodes, edge };
  }

  /** Takes in what {@link prepare} computed and the store now holds. */
  commit(growth: Growth): void {
    if (growth.from !== this.leaves) throw new GatewayError("STORE_FAILED", `expected a growth prepared at size ${this.leaves}, got one of size ${growth.from}`);
    this.leaves = growth.size;
    this.edge = growth.edge;
  }

  /** The root over the first `size` leaves, 1 ≤ size ≤ current size. */
  async rootAt(size: number): Promise<Uint8Array> {
    this.expectSize(size);
    return (await this.evaluate([rootPlan(size)]))[0] as Uint8Array;
  }

  /** The inclusion path of leaf `index` in the tree of `size` leaves (RFC 9162 §2.1.3.1). */
  async inclusionProof(index: number, size: number): Promise<Uint8Array[]> {
    this.expectSize(size);
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`expected a leaf index in 0…${size - 1}, got ${index}`);
    return this.evaluate(inclusionPlan(index, size));
  }

  /** The consistency proof between two sizes of the log (RFC 9162 §2.1.4.1), 1 ≤ size1 ≤ size2 ≤ current size. */
  async consistencyProof(size1: number, size2: number): Promise<Uint8Array[]> {
    this.expectSize(size2);
    if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2) throw new RangeError(`expected an older size in 1…${size2}, got ${size1}`);
    return this.evaluate(consistencyPlan(size1, size2));
  }

  private async evaluate(folds: readonly Fold[]): Promise<Uint8Array[]> {
    const hashes = await this.nodes.readLogNodes(folds.flat());
    let next = 0;
    return folds.map((fold) => this.fold(hashes.slice(next, (next += fold.length))));
  }

  private fold(hashes: readonly Uint8Array[]): Uint8Array {
    if (hashes.length === 0) return sha256(new Uint8Array(0));
    return hashes.reduceRight((right, left) => this.node(left, right));
  }

  private node(left: Uint8Array, right: Uint8Array): Uint8Array {
    this.input.set(left, 1);
    this.input.set(right, 33);
    return sha256(this.input);
  }

  private expectSize(size: number): void {
    if (!Number.isSafeInteger(size) || size < 1 || size > this.leaves) throw new RangeError(`expected a tree size in 1…${this.leaves}, got ${size}`);
  }
}
