/** Merkle trees of RFC 9162 §2.1 with SHA-256: hashes of leaves and nodes, and the checks of proofs. Sizes up to 2^53 - 1. */
import { equalBytes } from "assay/statement/bytes";
/** Bytes of a hash. */
export const HASH_LENGTH = 32;
/** Hash of a leaf: SHA-256(00 || entry). The entry of a statement is the whole statement with an empty unprotected header. */
export function leafHash(entry, sha256) {
    const input = new Uint8Array(1 + entry.length);
    input.set(entry, 1);
    return sha256(input);
}
/** Hash of an inner node: SHA-256(01 || left || right). */
export function nodeHash(left, right, sha256) {
    const input = new Uint8Array(1 + 2 * HASH_LENGTH);
    input[0] = 1;
    input.set(left, 1);
    input.set(right, 1 + HASH_LENGTH);
    return sha256(input);
}
/**
 * The root that a leaf's inclusion path leads to (RFC 9162 §2.1.3.2), or undefined if no tree of that size has such a path.
 * @param index of the leaf, from 0
 * @param size leaves in the tree
 */
export function rootFromInclusion(leaf, index, size, path, sha256) {
    if (!isSize(index) || !isSize(size) || index >= size || leaf.length !== HASH_LENGTH || !path.every(isHash))
        return undefined;
    const walk = new Walk(index, size - 1);
    let root = leaf;
    for (const sibling of path) {
        if (walk.atTop)
            return undefined;
        root = walk.step() ? nodeHash(sibling, root, sha256) : nodeHash(root, sibling, sha256);
    }
    return walk.atTop ? root : undefined;
}
/** Whether the leaf with this hash is the entry `index` of the tree of `size` leaves with this root. Never throws. */
export function verifyInclusion(leaf, index, size, path, root, sha256) {
    const computed = rootFromInclusion(leaf, index, size, path, sha256);
    return computed !== undefined && equalBytes(computed, root);
}
/**
 * Whether the tree of `size1` leaves is what the tree of `size2` leaves began with (RFC 9162 §2.1.4.2). Never throws.
 * Nothing is proven of an empty tree, so `size1` = 0 is false; equal sizes need equal roots and an empty path.
 */
export function verifyConsistency(size1, size2, path, root1, root2, sha256) {
    if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2)
        return false;
    if (size1 === size2)
        return path.length === 0 && equalBytes(root1, root2);
    if (!isHash(root1) || !isHash(root2) || !path.every(isHash))
        return false;
    const walk = new Walk(size1 - 1, size2 - 1);
    // A complete old tree is a node of the new one, so its root begins the path and is not sent.
    const complete = walk.skipComplete();
    const first = complete ? root1 : path[0];
    if (first === undefined || path.length === 0)
        return false;
    let old = first;
    let now = first;
    for (const sibling of complete ? path : path.slice(1)) {
        if (walk.atTop)
            return false;
        if (walk.step()) {
            old = nodeHash(sibling, old, sha256);
            now = nodeHash(sibling, now, sha256);
        }
        else {
            now = nodeHash(now, sibling, sha256);
        }
    }
    return walk.atTop && equalBytes(old, root1) && equalBytes(now, root2);
}
/** The way from a leaf up to the root: fn and sn of RFC 9162, in arithmetic, since shifts have 32 bits only. */
class Walk {
    node;
    last;
    constructor(node, last) {
        this.node = node;
        this.last = last;
    }
    get atTop() {
        return this.last === 0;
    }
    /** Goes up from the last node of complete subtrees; true if that leads to the top of the old tree. */
    skipComplete() {
        while (this.node % 2 === 1)
            this.up();
        return this.node === 0;
    }
    /** Takes one sibling; true if it stands to the left. */
    step() {
        const left = this.node % 2 === 1 || this.node === this.last;
        if (left)
            while (this.node % 2 === 0 && this.node !== 0)
                this.up();
        this.up();
        return left;
    }
    up() {
        this.node = Math.floor(this.node / 2);
        this.last = Math.floor(this.last / 2);
    }
}
function isSize(value) {
    return Number.isSafeInteger(value) && value >= 0;
}
function isHash(hash) {
    return hash.length === HASH_LENGTH;
}
