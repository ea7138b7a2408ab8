// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof9162} from "../../../contracts/MerkleProof9162.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {check, within} from "./Vm.sol";

/// @title The proof checks against a tree built as the RFC says
contract MerkleProofTest {
    uint256 private constant MOST = 70;

    function consistent(uint64 size1, uint64 size2, bytes32 root1, bytes32 root2, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        return MerkleProof9162.verifyConsistency(size1, size2, root1, root2, proof);
    }

    function included(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path, bytes32 root)
        external
        view
        returns (bool)
    {
        return MerkleProof9162.verifyInclusion(leaf, index, size, path, root);
    }

    function leavesOf(uint256 seed, uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) leaves[i] = keccak256(abi.encode(seed, i));
    }

    /// @notice Every leaf's path proves it, at its index, in its tree.
    function testFuzz_aPathProvesItsLeaf(uint256 seed, uint256 size, uint256 index) external view {
        size = within(size, 1, MOST);
        index = within(index, 0, size - 1);
        bytes32[] memory leaves = leavesOf(seed, size);
        bytes32[] memory path = ReferenceTree.path(leaves, index, 0, size);
        bytes32 root = ReferenceTree.root(leaves, 0, size);
        check(this.included(leaves[index], uint64(index), uint64(size), path, root), "a leaf in its tree");
    }

    /// @notice It proves no other leaf, and no other index of this tree.
    function testFuzz_aPathProvesNothingElse(uint256 seed, uint256 size, uint256 index, uint256 other, bytes32 stranger)
        external
        view
    {
        size = within(size, 2, MOST);
        index = within(index, 0, size - 1);
        other = within(other, 0, size - 1);
        bytes32[] memory leaves = leavesOf(seed, size);
        bytes32[] memory path = ReferenceTree.path(leaves, index, 0, size);
        bytes32 root = ReferenceTree.root(leaves, 0, size);
        check(!this.included(stranger, uint64(index), uint64(size), path, root), "a stranger is no leaf");
        check(!this.included(root, uint64(index), uint64(size), path, root), "a root is no leaf of its tree");
        if (other == index) return;
        check(!this.included(leaves[other], uint64(index), uint64(size), path, root), "another leaf is not there");
        check(!this.included(leaves[index], uint64(other), uint64(size), path, root), "the leaf is not elsewhere");
    }

    /// @notice A path with one bit changed, cut or lengthened proves nothing.
    function testFuzz_aChangedPathProvesNothing(uint256 seed, uint256 size, uint256 index, uint256 place, uint8 bit)
        external
        view
    {
        size = within(size, 2, MOST);
        index = within(index, 0, size - 1);
        bytes32[] memory leaves = leavesOf(seed, size);
        bytes32[] memory path = ReferenceTree.path(leaves, index, 0, size);
        bytes32 root = ReferenceTree.root(leaves, 0, size);
        place = within(place, 0, path.length - 1);
        bytes32 kept = path[place];
        path[place] = bytes32(uint256(kept) ^ (1 << bit));
        check(!this.included(leaves[index], uint64(index), uint64(size), path, root), "one bit changed");
        path[place] = kept;
        bytes32[] memory longer = new bytes32[](path.length + 1);
        bytes32[] memory shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < path.length; ++i) longer[i] = path[i];
        for (uint256 i = 0; i < shorter.length; ++i) shorter[i] = path[i];
        check(!this.included(leaves[index], uint64(index), uint64(size), longer, root), "lengthened");
        check(!this.included(leaves[index], uint64(index), uint64(size), shorter, root), "cut");
    }

    /// @notice A tree is a prefix of every tree that it grew into.
    function testFuzz_aTreeIsAPrefixOfWhatItGrewInto(uint256 seed, uint256 size1, uint256 size2) external view {
        size2 = within(size2, 1, MOST);
        size1 = within(size1, 1, size2);
        bytes32[] memory leaves = leavesOf(seed, size2);
        bytes32[] memory proof = ReferenceTree.proof(leaves, size1, size2);
        bytes32 root1 = ReferenceTree.root(leaves, 0, size1);
        bytes32 root2 = ReferenceTree.root(leaves, 0, size2);
        check(this.consistent(uint64(size1), uint64(size2), root1, root2, proof), "consistent");
    }

    /// @notice A tree in which an old leaf is another is no continuation, with whichever of the two trees' proofs.
    function testFuzz_aChangedLeafBreaksConsistency(uint256 seed, uint256 size1, uint256 size2, uint256 place, bytes32 forged)
        external
        view
    {
        size2 = within(size2, 2, MOST);
        size1 = within(size1, 1, size2 - 1);
        bytes32[] memory leaves = leavesOf(seed, size2);
        bytes32[] memory honest = ReferenceTree.proof(leaves, size1, size2);
        bytes32 root1 = ReferenceTree.root(leaves, 0, size1);
        place = within(place, 0, size1 - 1);
        if (forged == leaves[place]) return;
        leaves[place] = forged;
        bytes32 root2 = ReferenceTree.root(leaves, 0, size2);
        bytes32[] memory dishonest = ReferenceTree.proof(leaves, size1, size2);
        check(!this.consistent(uint64(size1), uint64(size2), root1, root2, honest), "with the honest proof");
        check(!this.consistent(uint64(size1), uint64(size2), root1, root2, dishonest), "with the forged tree's proof");
    }

    /// @notice Whatever comes in, the checks answer, and arbitrary proofs of arbitrary roots prove nothing.
    function testFuzz_arbitraryProofsProveNothing(
        uint64 size1,
        uint64 size2,
        bytes32 root1,
        bytes32 root2,
        bytes32[] calldata proof
    ) external view {
        if (size1 != size2 || root1 != root2) {
            check(!this.consistent(size1, size2, root1, root2, proof), "no consistency");
        }
        if (size2 > 1 || proof.length != 0) check(!this.included(root1, size1, size2, proof, root2), "no inclusion");
    }
}
