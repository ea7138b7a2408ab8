// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Statement, StatementReader} from "../../../contracts/StatementReader.sol";

/// @title The reader's internal functions, for tests
contract StatementReaderHarness {
    function read(bytes calldata statement) external pure returns (Statement memory) {
        return StatementReader.read(statement);
    }

    /// @notice The same with other calldata after the statement.
    function readBeside(bytes calldata statement, bytes calldata) external pure returns (Statement memory) {
        return StatementReader.read(statement);
    }

    function readInference(bytes calldata statement)
        external
        pure
        returns (string memory label, uint64 beaconBlock, bytes8 beaconHash)
    {
        Statement memory parts = StatementReader.read(statement);
        bytes calldata text;
        (text, beaconBlock, beaconHash) =
            StatementReader.readInference(statement, parts.payloadStart, parts.payloadEnd);
        label = string(text);
    }
}
