// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof9162} from "../../contracts/MerkleProof9162.sol";

/// @title The proof library's internal functions, for tests
contract MerkleProofHarness {
    function hashLeaf(bytes calldata entry) external pure returns (bytes32) {
        return MerkleProof9162.hashLeaf(entry);
    }

    function hashNode(bytes32 left, bytes32 right) external view returns (bytes32) {
        return MerkleProof9162.hashNode(left, right);
    }

    function verifyInclusion(bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata path, bytes32 root)
        external
        view
        returns (bool)
    {
        return MerkleProof9162.verifyInclusion(leafHash, index, size, path, root);
    }

    function verifyConsistency(uint64 size1, uint64 size2, bytes32 root1, bytes32 root2, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        return MerkleProof9162.verifyConsistency(size1, size2, root1, root2, proof);
    }
}
