// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title RFC 9162 §2.1 word for word: recursive, over all leaves, with nothing clever in it
/// @dev Made to be compared with; it shares no code with the contracts.
library ReferenceTree {
    /// @notice MTH of the leaves [begin, end); they are hashes already.
    function root(bytes32[] memory leaves, uint256 begin, uint256 end) internal pure returns (bytes32) {
        if (end == begin) return sha256("");
        if (end - begin == 1) return leaves[begin];
        uint256 k = split(end - begin);
        return sha256(abi.encodePacked(bytes1(0x01), root(leaves, begin, begin + k), root(leaves, begin + k, end)));
    }

    /// @notice PATH(m, D[n]) of §2.1.3.1 for the leaves [begin, end).
    function path(bytes32[] memory leaves, uint256 m, uint256 begin, uint256 end)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (end - begin == 1) return new bytes32[](0);
        uint256 k = split(end - begin);
        if (m < k) return append(path(leaves, m, begin, begin + k), root(leaves, begin + k, end));
        return append(path(leaves, m - k, begin + k, end), root(leaves, begin, begin + k));
    }

    /// @notice PROOF(m, D[n]) of §2.1.4.1 for the first n leaves.
    function proof(bytes32[] memory leaves, uint256 m, uint256 n) internal pure returns (bytes32[] memory) {
        return subproof(leaves, m, 0, n, true);
    }

    function subproof(bytes32[] memory leaves, uint256 m, uint256 begin, uint256 end, bool whole)
        private
        pure
        returns (bytes32[] memory)
    {
        if (m == end - begin) {
            return whole ? new bytes32[](0) : append(new bytes32[](0), root(leaves, begin, end));
        }
        uint256 k = split(end - begin);
        if (m <= k) return append(subproof(leaves, m, begin, begin + k, whole), root(leaves, begin + k, end));
        return append(subproof(leaves, m - k, begin + k, end, false), root(leaves, begin, begin + k));
    }

    /// @dev The largest power of two below n.
    function split(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (2 * k < n) k *= 2;
    }

    function append(bytes32[] memory list, bytes32 value) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = value;
    }
}
