// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Proof checks of an RFC 9162 Merkle tree over SHA-256
/// @notice A leaf is SHA-256(0x00 || entry), an inner node SHA-256(0x01 || left || right) (RFC 9162 §2.1.1); the two
/// prefixes keep an inner node from being passed off as a leaf. Hashing uses the precompile at address 2, so proofs
/// made by any RFC 9162 log verify as they are.
/// @dev A root does not commit to its size: a proof for one size also passes for another whose tree takes the same turns.
/// What is proven is about the leaves below the root; a size is bound by where it is kept beside the root.
/// Sizes and indices are uint64, as in RFC 9162 §4.10 (`tree_size`). A proof of a tree of that size has at most 65
/// elements; a longer one fails in the loop as soon as the path is at its end, so the work done is bounded by the size.
library MerkleProof9162 {
    /// @notice The SHA-256 precompile did not answer (out of gas).
    error Sha256Failed();

    /// @notice The hash of the leaf that holds `entry` (RFC 9162 §2.1.1).
    /// @param entry The bytes of the log entry.
    function hashLeaf(bytes calldata entry) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), entry));
    }

    /// @notice The hash of an inner node (RFC 9162 §2.1.1).
    /// @dev Written at the free memory pointer without moving it: `abi.encodePacked` would allocate 96 bytes for each
    /// of about 2·log2(size) calls and triple their cost.
    function hashNode(bytes32 left, bytes32 right) internal view returns (bytes32 result) {
        bool success;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 0x01)
            mstore(add(input, 1), left)
            mstore(add(input, 33), right)
            success := staticcall(gas(), 0x02, input, 65, 0x00, 32)
            result := mload(0x00)
        }
        if (!success) revert Sha256Failed();
    }

    /// @notice Whether `path` proves that the leaf with hash `leafHash` is number `index` of the `size` leaves under
    /// `root` (RFC 9162 §2.1.3.2).
    /// @param leafHash Hash of the leaf, made with `hashLeaf`.
    /// @param index Number of the leaf, from 0.
    /// @param size Number of leaves of the tree.
    /// @param path Sibling hashes from the leaf upwards.
    /// @param root Root of the tree.
    function verifyInclusion(bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata path, bytes32 root)
        internal
        view
        returns (bool)
    {
        if (index >= size) return false;
        uint64 fn = index;
        uint64 sn = size - 1;
        bytes32 r = leafHash;
        uint256 length = path.length;
        for (uint256 i = 0; i < length; ++i) {
            if (sn == 0) return false;
            bytes32 p = path[i];
            if (fn & 1 == 1 || fn == sn) {
                r = hashNode(p, r);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                r = hashNode(r, p);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && r == root;
    }

    /// @notice Whether `proof` proves that the tree with `size1` leaves and `root1` is a prefix of the tree with
    /// `size2` leaves and `root2` (RFC 9162 §2.1.4.2).
    /// @dev Beyond the RFC's 0 < size1 < size2: nothing can be proven of an empty tree (false), and trees of one size
    /// are consistent exactly if they are the same, with an empty proof.
    /// @param size1 Leaves of the older tree.
    /// @param size2 Leaves of the newer tree.
    /// @param proof Nodes as RFC 9162 §2.1.4.1 orders them.
    function verifyConsistency(uint64 size1, uint64 size2, bytes32 root1, bytes32 root2, bytes32[] calldata proof)
        internal
        view
        returns (bool)
    {
        if (size1 == 0 || size1 > size2) return false;
        uint256 length = proof.length;
        if (size1 == size2) return length == 0 && root1 == root2;
        if (length == 0) return false;

        // A power of two is a complete subtree of the newer tree, so that the proof leaves its hash out: it is root1.
        bool complete = size1 & (size1 - 1) == 0;
        uint64 fn = size1 - 1;
        uint64 sn = size2 - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        bytes32 fr = complete ? root1 : proof[0];
        bytes32 sr = fr;
        for (uint256 i = complete ? 0 : 1; i < length; ++i) {
            if (sn == 0) return false;
            bytes32 c = proof[i];
            if (fn & 1 == 1 || fn == sn) {
                fr = hashNode(c, fr);
                sr = hashNode(c, sr);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = hashNode(sr, c);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && fr == root1 && sr == root2;
    }
}
