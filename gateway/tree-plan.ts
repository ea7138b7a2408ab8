/**
 * Which complete subtrees make up a root or a proof of an RFC 9162 tree: pure arithmetic, so that a store can be asked for all
 * that is needed in one request, and proofs of any two sizes come from the same nodes.
 *
 * Only complete subtrees are known: node (level, index) is the root over the leaves [index·2^level, (index+1)·2^level). It
 * never changes once its last leaf is there. Every other node of a tree of any size is a fold of such nodes.
 */

/** A complete subtree: `index` counts subtrees of 2^level leaves from the left. */
export interface NodePosition {
  readonly level: number;
  readonly index: number;
}

/**
 * A node over a range of leaves: its complete subtrees from left (largest) to right. Their fold from the right,
 * node(a, node(b, c)), is the range's MTH (RFC 9162 §2.1.1).
 */
export type Fold = readonly NodePosition[];

/** The fold that makes the root of the first `size` leaves, `size` ≥ 1. */
export function rootPlan(size: number): Fold {
  return rangeFold(0, size);
}

/** The inclusion path of leaf `index` in the tree of `size` leaves, from the leaf upwards (RFC 9162 §2.1.3.1); 0 ≤ index < size. */
export function inclusionPlan(index: number, size: number): Fold[] {
  const path: Fold[] = [];
  let begin = 0;
  let end = size;
  while (end - begin > 1) {
    const middle = begin + splitPoint(end - begin);
    if (index < middle) {
      path.push(rangeFold(middle, end));
      end = middle;
    } else {
      path.push(rangeFold(begin, middle));
      begin = middle;
    }
  }
  return path.reverse();
}

/** The consistency proof between the trees of `size1` and `size2` leaves (RFC 9162 §2.1.4.1); 0 < size1 ≤ size2. */
export function consistencyPlan(size1: number, size2: number): Fold[] {
  const proof: Fold[] = [];
  let begin = 0;
  let end = size2;
  // SUBPROOF's flag b: the subtree at hand begins at leaf 0 and so is the whole old tree, whose root the verifier has.
  while (end !== size1) {
    const middle = begin + splitPoint(end - begin);
    if (size1 <= middle) {
      proof.push(rangeFold(middle, end));
      end = middle;
    } else {
      proof.push(rangeFold(begin, middle));
      begin = middle;
    }
  }
  if (begin !== 0) proof.push(rangeFold(begin, end));
  return proof.reverse();
}

/**
 * The complete subtrees of [begin, end). Every range of an RFC 9162 tree begins at a multiple of the power of two that is
 * at least its length, so its subtrees are the binary digits of its length, largest first.
 */
function rangeFold(begin: number, end: number): Fold {
  const fold: NodePosition[] = [];
  let position = begin;
  while (position < end) {
    const level = bitLength(end - position) - 1;
    fold.push({ level, index: position / 2 ** level });
    position += 2 ** level;
  }
  return fold;
}

/** The largest power of two below `length`, `length` > 1 (k of RFC 9162 §2.1.1). */
function splitPoint(length: number): number {
  return 2 ** (bitLength(length - 1) - 1);
}

/** Binary digits of a non-negative integer below 2^53: `Math.log2` would round near powers of two. */
function bitLength(value: number): number {
  return value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32));
}
