// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof9162} from "./MerkleProof9162.sol";

/// @title The tree heads of one append-only log of statements
/// @notice The operator anchors heads (size, root) of its RFC 9162 log. A new head is taken only with a proof that the
/// last one is a prefix of it, so that no leaf which was ever anchored can be removed, changed or moved.
/// @dev Nobody has a power beyond that: there is no owner, no upgrade, no way to take a head back, and the operator is
/// fixed. What the operator can do is stop. The first head is taken on trust; whoever relies on the log reads it.
contract AttestationLog {
    /// @notice A new tree head was anchored.
    /// @param size Number of leaves.
    /// @param root Root of the tree with that many leaves.
    event Anchored(uint64 indexed size, bytes32 root);

    /// @notice Only the operator may anchor.
    error NotOperator(address caller, address operator);
    /// @notice An operator is needed.
    error OperatorIsZero();
    /// @notice A head must have more leaves than the last one.
    error SizeNotGreater(uint64 size, uint64 currentSize);
    /// @notice The zero root marks sizes that were never anchored (no SHA-256 preimage of it is known).
    error RootIsZero();
    /// @notice The first head has nothing to be consistent with, so its proof is empty.
    error FirstProofNotEmpty(uint256 length);
    /// @notice The proof does not show that the last head is a prefix of the new one (RFC 9162 §2.1.4.2).
    error InconsistentHead(uint64 currentSize, uint64 size);

    /// @notice The account that may anchor.
    address public immutable operator;

    /// @notice The root that was anchored for a size, or zero. Once set, it never changes.
    mapping(uint64 size => bytes32 root) public rootAt;

    uint64 private currentSize;

    /// @param operator_ The account that may anchor.
    constructor(address operator_) {
        if (operator_ == address(0)) revert OperatorIsZero();
        operator = operator_;
    }

    /// @notice Anchors a new tree head.
    /// @param size Number of leaves, more than that of the last head.
    /// @param root Root of the tree.
    /// @param consistencyProof Proof from the last head to this one (RFC 9162 §2.1.4.1); empty for the first head.
    function anchor(uint64 size, bytes32 root, bytes32[] calldata consistencyProof) external {
        if (msg.sender != operator) revert NotOperator(msg.sender, operator);
        uint64 last = currentSize;
        if (size <= last) revert SizeNotGreater(size, last);
        if (root == bytes32(0)) revert RootIsZero();
        if (last == 0) {
            if (consistencyProof.length != 0) revert FirstProofNotEmpty(consistencyProof.length);
        } else if (!MerkleProof9162.verifyConsistency(last, size, rootAt[last], root, consistencyProof)) {
            revert InconsistentHead(last, size);
        }
        currentSize = size;
        rootAt[size] = root;
        emit Anchored(size, root);
    }

    /// @notice The newest tree head; (0, 0) before the first.
    /// @return size Number of leaves.
    /// @return root Root of the tree.
    function head() external view returns (uint64 size, bytes32 root) {
        size = currentSize;
        root = rootAt[size];
    }

    /// @notice Whether a leaf is in an anchored tree.
    /// @param leafHash SHA-256(0x00 || entry) of the log entry.
    /// @param index Number of the leaf, from 0.
    /// @param size Size of a head that was anchored; false for any other.
    /// @param path Inclusion path (RFC 9162 §2.1.3.1).
    /// @return Whether the path leads from the leaf to the root that was anchored for that size.
    function verifyInclusion(bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata path)
        external
        view
        returns (bool)
    {
        bytes32 root = rootAt[size];
        return root != bytes32(0) && MerkleProof9162.verifyInclusion(leafHash, index, size, path, root);
    }
}
