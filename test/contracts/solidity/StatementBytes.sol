// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Statements as a device writes them
library StatementBytes {
    /// @notice A protected header: {1: alg, 4: key id, 15: {1: issuer, 2: subject}}.
    /// @param algorithm The encoded algorithm: 38 2e, 28 or 26.
    function header(bytes memory algorithm) internal pure returns (bytes memory) {
        return abi.encodePacked(
            hex"a301",
            algorithm,
            hex"044801020304050607080fa201782b",
            "hL3O9jhX_9B_2725ULflazYSg-zgChWeLwRoLwj82jk",
            hex"026e",
            "machine-health"
        );
    }

    /// @notice The claims of an inference without a beacon.
    function inference(uint64 bootCount, uint64 sequence, bytes32 input, string memory label)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(
            hex"a3061a6ab13b8019010b", unsigned(bootCount), hex"3a00011170", chain(sequence, input, label), hex"f6"
        );
    }

    /// @notice The claims of an inference with one.
    function inferenceAfter(
        uint64 bootCount,
        uint64 sequence,
        bytes32 input,
        string memory label,
        uint64 number,
        bytes8 prefix
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(
            hex"a3",
            hex"0a48",
            prefix,
            hex"19010b",
            unsigned(bootCount),
            hex"3a00011170",
            chain(sequence, input, label),
            unsigned(number)
        );
    }

    /// @notice The claims of a boot.
    function boot(uint64 bootCount, uint64 sequence) internal pure returns (bytes memory) {
        return abi.encodePacked(
            hex"a308a101a401022008215820", bytes32(0), hex"225820", bytes32(0),
            hex"19010b", unsigned(bootCount), hex"3a0001117082", unsigned(sequence), hex"f6"
        );
    }

    /// @notice What is signed.
    function digest(bytes memory protected, bytes memory payload) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"846a", "Signature1", string_(0x40, protected), hex"40", string_(0x40, payload)));
    }

    /// @notice The whole statement.
    function statement(bytes memory protected, bytes memory payload, bytes32 r, bytes32 s)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(hex"d284", string_(0x40, protected), hex"a0", string_(0x40, payload), hex"5840", r, s);
    }

    function chain(uint64 sequence, bytes32 input, string memory label) private pure returns (bytes memory) {
        return abi.encodePacked(
            hex"85", unsigned(sequence), hex"50", bytes16(input), hex"5820", input,
            hex"82834380107f", string_(0x60, bytes(label)), hex"f93bf8", hex"834100616ff93800"
        );
    }

    function unsigned(uint64 value) internal pure returns (bytes memory) {
        return head(0, value);
    }

    function string_(uint8 major, bytes memory content) internal pure returns (bytes memory) {
        return abi.encodePacked(head(major, uint64(content.length)), content);
    }

    function head(uint8 major, uint64 argument) private pure returns (bytes memory) {
        if (argument < 24) return abi.encodePacked(uint8(major | argument));
        if (argument < 1 << 8) return abi.encodePacked(uint8(major | 24), uint8(argument));
        if (argument < 1 << 16) return abi.encodePacked(uint8(major | 25), uint16(argument));
        if (argument < 1 << 32) return abi.encodePacked(uint8(major | 26), uint32(argument));
        return abi.encodePacked(uint8(major | 27), argument);
    }
}
