// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Curve} from "../../../contracts/SignatureCheck.sol";
import {Statement, StatementReader} from "../../../contracts/StatementReader.sol";
import {StatementBytes} from "./StatementBytes.sol";
import {StatementReaderHarness} from "./StatementReaderHarness.sol";
import {check, within} from "./Vm.sol";

/// @title The reader before hostile bytes
contract StatementReaderTest {
    StatementReaderHarness private reader;

    function setUp() external {
        reader = new StatementReaderHarness();
    }

    /// @notice What a device writes is read back, whatever the numbers.
    function testFuzz_aStatementIsReadBack(
        uint64 bootCount,
        uint64 sequence,
        bytes32 input,
        bytes32 r,
        bytes32 s,
        uint8 algorithm
    ) external view {
        bytes memory encoded = algorithm % 3 == 0 ? bytes(hex"382e") : algorithm % 3 == 1 ? bytes(hex"28") : bytes(hex"26");
        bytes memory header = StatementBytes.header(encoded);
        bytes memory payload = StatementBytes.inference(bootCount, sequence, input, "compute");
        Statement memory result = reader.read(StatementBytes.statement(header, payload, r, s));
        check(result.bootCount == bootCount && result.sequence == sequence, "the numbers");
        check(result.signature.r == r && result.signature.s == s, "the signature");
        check(result.digest == StatementBytes.digest(header, payload), "the digest");
        check(result.curve == (algorithm % 3 == 0 ? Curve.Secp256k1 : Curve.P256), "the curve");
        check(result.payloadEnd - result.payloadStart == payload.length, "the payload");
        payload = StatementBytes.boot(bootCount, sequence);
        result = reader.read(StatementBytes.statement(header, payload, r, s));
        check(result.bootCount == bootCount && result.sequence == sequence, "the numbers of a boot");
    }

    /// @notice The first label and the beacon are read back.
    function testFuzz_anInferenceIsReadBack(string calldata label, uint64 number, bytes8 prefix) external view {
        if (bytes(label).length > 3000) return;
        bytes memory header = StatementBytes.header(hex"382e");
        bytes memory payload = StatementBytes.inferenceAfter(1, 2, keccak256("input"), label, number, prefix);
        (string memory read, uint64 beaconBlock, bytes8 beaconHash) =
            reader.readInference(StatementBytes.statement(header, payload, 0, 0));
        check(keccak256(bytes(read)) == keccak256(bytes(label)), "the label");
        check(beaconBlock == number && beaconHash == prefix, "the beacon");
        payload = StatementBytes.inference(1, 2, keccak256("input"), label);
        (read, beaconBlock, beaconHash) = reader.readInference(StatementBytes.statement(header, payload, 0, 0));
        check(keccak256(bytes(read)) == keccak256(bytes(label)), "the label without a beacon");
        check(beaconBlock == 0 && beaconHash == 0, "no beacon");
    }

    /// @notice Arbitrary bytes are refused with the reader's own errors.
    function testFuzz_arbitraryBytesAreRefused(bytes calldata data) external view {
        expectOwnOutcome(data);
    }

    /// @notice Arbitrary header and payload in a sound shell, too.
    function testFuzz_arbitraryPartsAreRefused(bytes calldata header, bytes calldata payload) external view {
        expectOwnOutcome(StatementBytes.statement(header, payload, 0, 0));
        expectOwnOutcome(StatementBytes.statement(StatementBytes.header(hex"28"), payload, 0, 0));
        expectOwnOutcome(
            StatementBytes.statement(header, StatementBytes.inference(1, 2, keccak256("input"), "compute"), 0, 0)
        );
    }

    /// @notice A statement with bytes changed, taken out, put in or doubled is read or refused, never anything else.
    function testFuzz_aChangedStatementIsReadOrRefused(uint256 seed, uint8 changes, bool beacon) external view {
        bytes memory payload = beacon
            ? StatementBytes.inferenceAfter(300, 70_000, bytes32(seed), "compute", 21_000_000, bytes8(bytes32(seed)))
            : StatementBytes.inference(3, 4, bytes32(seed), "compute");
        bytes memory data = StatementBytes.statement(StatementBytes.header(hex"382e"), payload, 0, 0);
        for (uint256 i = 0; i <= changes % 4; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            data = changed(data, seed);
        }
        expectOwnOutcome(data);
    }

    /// @notice A statement cut anywhere is refused.
    function testFuzz_aCutStatementIsRefused(uint256 length) external view {
        bytes memory data = sound();
        bytes memory cut = new bytes(within(length, 0, data.length - 1));
        for (uint256 i = 0; i < cut.length; ++i) cut[i] = data[i];
        (bool success,) = address(reader).staticcall(abi.encodeCall(reader.read, (cut)));
        check(!success, "refused");
        expectOwnOutcome(cut);
    }

    /// @notice A statement with anything after it is refused.
    function testFuzz_aLengthenedStatementIsRefused(bytes calldata more) external view {
        if (more.length == 0) return;
        bytes memory longer = abi.encodePacked(sound(), more);
        (bool success,) = address(reader).staticcall(abi.encodeCall(reader.read, (longer)));
        check(!success, "refused");
        expectOwnOutcome(longer);
    }

    /// @notice Huge counts and lengths end at once: the work is bounded by the bytes that are there.
    function testFuzz_hugeCountsAreRefusedCheaply(uint64 count, uint8 kind, uint16 padding) external view {
        bytes memory rest = new bytes(padding % 3900);
        uint8 major = uint8(0x40 + 0x20 * (kind % 4)) | 27;
        bytes memory item = abi.encodePacked(major, count | (1 << 40), rest);
        bytes memory data = StatementBytes.statement(StatementBytes.header(hex"28"), abi.encodePacked(hex"a106", item), 0, 0);
        uint256 before = gasleft();
        (bool success,) = address(reader).staticcall(abi.encodeCall(reader.read, (data)));
        check(!success, "refused");
        check(before - gasleft() < 200_000, "at once");
        expectOwnOutcome(data);
    }

    function sound() private pure returns (bytes memory) {
        bytes memory payload = StatementBytes.inference(3, 4, keccak256("input"), "compute");
        return StatementBytes.statement(StatementBytes.header(hex"382e"), payload, 0, 0);
    }

    /// @dev One change of a kind that the seed picks.
    function changed(bytes memory data, uint256 seed) private pure returns (bytes memory) {
        if (data.length == 0) return data;
        uint256 place = (seed >> 16) % data.length;
        uint256 length = 1 + (seed >> 64) % 4;
        if (seed % 4 == 0) {
            data[place] = bytes1(uint8(seed >> 128));
            return data;
        }
        if (seed % 4 == 1) {
            data[place] = bytes1(uint8(data[place]) ^ uint8(1 << (seed >> 128) % 8));
            return data;
        }
        if (place + length > data.length) length = data.length - place;
        bytes memory first = slice(data, 0, place);
        bytes memory rest = slice(data, place + length, data.length);
        if (seed % 4 == 2) return abi.encodePacked(first, rest);
        return abi.encodePacked(first, slice(data, place, place + length), slice(data, place, data.length));
    }

    function slice(bytes memory data, uint256 start, uint256 end) private pure returns (bytes memory part) {
        part = new bytes(end - start);
        for (uint256 i = start; i < end; ++i) part[i - start] = data[i];
    }

    /// @dev Read with offsets inside the statement, or refused with one of the reader's errors: no panic, no empty revert. And what
    /// stands after the statement in calldata changes nothing.
    function expectOwnOutcome(bytes memory data) private view {
        (bool success, bytes memory answer) = address(reader).staticcall(abi.encodeCall(reader.read, (data)));
        if (success) {
            Statement memory result = abi.decode(answer, (Statement));
            check(data.length <= StatementReader.MAX_LENGTH, "at most 4,096 bytes");
            check(result.payloadStart <= result.payloadEnd, "a payload");
            check(result.payloadEnd + 66 == data.length, "the signature, then the end");
        } else {
            expectOwnError(answer);
        }
        for (uint8 fill = 0; fill < 2; ++fill) {
            bytes memory beside = new bytes(64);
            for (uint256 i = 0; i < 64; ++i) beside[i] = fill == 0 ? bytes1(0x00) : bytes1(0xff);
            (bool again, bytes memory same) =
                address(reader).staticcall(abi.encodeCall(reader.readBeside, (data, beside)));
            check(again == success && keccak256(same) == keccak256(answer), "nothing read beside the statement");
        }
        (success, answer) = address(reader).staticcall(abi.encodeCall(reader.readInference, (data)));
        if (!success) expectOwnError(answer);
    }

    function expectOwnError(bytes memory answer) private pure {
        bytes4 selector = bytes4(answer);
        check(
            selector == StatementReader.StatementTooLong.selector
                || selector == StatementReader.StatementTruncated.selector
                || selector == StatementReader.StatementMalformed.selector
                || selector == StatementReader.AlgorithmUnknown.selector
                || selector == StatementReader.ClaimMissing.selector
                || selector == StatementReader.NotAnInference.selector,
            "an error of the reader"
        );
    }
}
