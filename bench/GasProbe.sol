// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What a call costs the contract that makes it
contract GasProbe {
    /// @notice The call failed.
    error CallFailed();

    /// @notice Gas of a static call to an account that was not touched before in the transaction (EIP-2929: 2,600 of it).
    /// @param to The contract to call.
    /// @param data Selector and arguments.
    function measure(address to, bytes calldata data) external view returns (uint256 gas) {
        bytes memory input = data;
        gas = gasleft();
        (bool success,) = to.staticcall(input);
        gas -= gasleft();
        if (!success) revert CallFailed();
    }
}
