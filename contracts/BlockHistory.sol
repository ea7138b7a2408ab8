// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Hashes of recent blocks
/// @notice The last 256 come from BLOCKHASH, the last 8,191 from the history contract of EIP-2935 where the chain has it (about
/// 27 hours on Ethereum). With them a contract checks that a statement which carries a block's hash was made after that block.
/// @dev On rollups BLOCKHASH and the block number may be those of another layer: read the chain's documentation first.
library BlockHistory {
    /// @dev HISTORY_STORAGE_ADDRESS of EIP-2935.
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @notice The hash of a block, or zero if it is not known: too old, not there yet, or no history contract on this chain.
    /// @param number The block's number.
    function hashOf(uint256 number) internal view returns (bytes32) {
        if (number >= block.number) return 0;
        if (block.number - number <= 256) return blockhash(number);
        // The contract reverts for blocks that it does not serve; without code the call succeeds with nothing.
        (bool success, bytes memory answer) = HISTORY.staticcall(abi.encode(number));
        return success && answer.length == 32 ? bytes32(answer) : bytes32(0);
    }

    /// @notice Whether the hash of a block is known and begins with these 8 bytes, as a statement's beacon does.
    /// @param number The block's number.
    /// @param prefix First 8 bytes of its hash.
    function matches(uint256 number, bytes8 prefix) internal view returns (bool) {
        bytes32 known = hashOf(number);
        return known != 0 && bytes8(known) == prefix;
    }
}
