// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Curve, Signature} from "./SignatureCheck.sol";

/// @notice What a contract needs of a statement.
struct Statement {
    /// The curve of its algorithm: secp256k1 for ES256K (-47), P-256 for ESP256 (-9) and ES256 (-7).
    Curve curve;
    /// SHA-256 of its Sig_structure (RFC 9052 §4.4): what is signed.
    bytes32 digest;
    /// Its signature, not checked yet.
    Signature signature;
    /// Claim 267 (RFC 9711 §4.2.12).
    uint64 bootCount;
    /// First item of claim -70001.
    uint64 sequence;
    /// Where the payload map begins in the statement.
    uint256 payloadStart;
    /// Where it ends, exclusively.
    uint256 payloadEnd;
}

/// @title A strict reader of statements: tagged COSE_Sign1 (RFC 9052 §4.2) with CBOR claims
/// @notice Takes hostile bytes: every read is checked against the end of what it reads from, nothing recurses, and the work is
/// bounded by the length, at most 4,096 bytes. Whatever is wrong reverts with an error of this library.
/// @dev Deterministic CBOR (RFC 8949 §4.2.1) as far as it can matter here: shortest heads, definite lengths, map keys of headers
/// and claims once and in order, nothing left over. Not checked: UTF-8, shortest floats, order of keys in maps further
/// inside, depth. None of these lets one statement be read in two ways, and all of it is under the signature.
library StatementReader {
    /// @notice A statement has at most 4,096 bytes.
    error StatementTooLong(uint256 length);
    /// @notice Something begins before the end of the statement, or of its header or payload, and does not end before it.
    error StatementTruncated(uint256 offset);
    /// @notice What is at this offset is not what a statement has there.
    error StatementMalformed(uint256 offset);
    /// @notice The algorithm is not ES256K (-47), ESP256 (-9) or ES256 (-7).
    error AlgorithmUnknown(uint256 offset);
    /// @notice The payload has no such claim.
    error ClaimMissing(int256 label);
    /// @notice The statement is of another kind: a boot statement has no results.
    error NotAnInference(uint256 offset);

    /// @notice Most bytes of a statement.
    uint256 internal constant MAX_LENGTH = 4096;

    /// @dev Major types (RFC 8949 §3.1).
    uint256 private constant UNSIGNED = 0;
    uint256 private constant NEGATIVE = 1;
    uint256 private constant BYTES = 2;
    uint256 private constant TEXT = 3;
    uint256 private constant ARRAY = 4;
    uint256 private constant MAP = 5;
    uint256 private constant TAG = 6;
    uint256 private constant SIMPLE = 7;

    /// @dev Ranks of integer keys: their place in bytewise order of the encodings. Unsigned n ranks n, negative -1 - n ranks 2⁶⁴ + n.
    uint256 private constant CRITICAL = 2;
    uint256 private constant NONCE = 10;
    uint256 private constant BOOT_COUNT = 267;
    uint256 private constant CHAIN = (1 << 64) + 70_000;

    /// @notice Reads a statement. The signature is not checked.
    /// @param statement The whole tagged statement: d2 84, protected header, a0, payload, signature of 64 bytes, and nothing after it.
    function read(bytes calldata statement) internal pure returns (Statement memory result) {
        uint256 length = statement.length;
        if (length > MAX_LENGTH) revert StatementTooLong(length);
        _expect(statement, 0, 0xd2);
        _expect(statement, 1, 0x84);
        (uint256 start, uint256 end) = _string(statement, 2, length, BYTES);
        result.curve = _header(statement, start, end);
        _expect(statement, end, 0xa0);
        uint256 payload = end + 1;
        (result.payloadStart, result.payloadEnd) = _string(statement, payload, length, BYTES);
        (result.bootCount, result.sequence) = _claims(statement, result.payloadStart, result.payloadEnd);
        result.signature = _signature(statement, result.payloadEnd);
        // Heads are the shortest, so that both byte strings stand in the Sig_structure as they stand in the statement.
        result.digest = sha256(
            abi.encodePacked(hex"846a", "Signature1", statement[2:end], hex"40", statement[payload:result.payloadEnd])
        );
    }

    /// @notice The first result's label and the beacon of an inference statement.
    /// @param statement The statement.
    /// @param payloadStart As `read` gave it for this very statement.
    /// @param payloadEnd As `read` gave it for this very statement.
    /// @return label The first result's label, UTF-8.
    /// @return beaconBlock Number of the block whose hash the statement carries; 0 if it carries none.
    /// @return beaconHash First 8 bytes of that block's hash; zero if it carries none.
    function readInference(bytes calldata statement, uint256 payloadStart, uint256 payloadEnd)
        internal
        pure
        returns (bytes calldata label, uint64 beaconBlock, bytes8 beaconHash)
    {
        label = statement[0:0];
        (uint256 entries, uint256 position) = _open(statement, payloadStart, payloadEnd, MAP);
        bool hasNonce;
        bool hasBlock;
        bool found;
        uint256 rank;
        for (uint256 least = 0; entries != 0; --entries) {
            (rank, position) = _key(statement, position, payloadEnd, least);
            least = rank + 1;
            if (rank == NONCE) {
                (uint256 start, uint256 end) = _string(statement, position, payloadEnd, BYTES);
                if (end - start != 8) revert StatementMalformed(position);
                hasNonce = true;
                beaconHash = bytes8(_word(statement, start));
                position = end;
            } else if (rank == CHAIN) {
                found = true;
                (label, hasBlock, beaconBlock, position) = _results(statement, position, payloadEnd);
            } else {
                position = _skip(statement, position, payloadEnd, 1);
            }
        }
        if (!found) revert ClaimMissing(-70001);
        // A hash without its number, or a number without its hash, is no beacon.
        if (hasNonce != hasBlock) revert StatementMalformed(payloadStart);
    }

    /// @dev [sequence, previous, input, [+ [output, label, score]], block or null]
    function _results(bytes calldata data, uint256 position, uint256 end)
        private
        pure
        returns (bytes calldata label, bool hasBlock, uint64 number, uint256 next)
    {
        uint256 items;
        (items, next) = _open(data, position, end, ARRAY);
        if (items != 5) revert NotAnInference(position);
        next = _skip(data, next, end, 3);
        uint256 results;
        uint256 from = next;
        (results, next) = _open(data, from, end, ARRAY);
        if (results == 0) revert StatementMalformed(from);
        from = next;
        (items, next) = _open(data, from, end, ARRAY);
        if (items != 3) revert StatementMalformed(from);
        (, next) = _string(data, next, end, BYTES);
        uint256 start;
        (start, next) = _string(data, next, end, TEXT);
        label = data[start:next];
        // The score, and all further results.
        next = _skip(data, next, end, results);
        if (next >= end) revert StatementTruncated(next);
        if (uint256(_word(data, next)) >> 248 == 0xf6) return (label, false, 0, next + 1);
        (number, next) = _unsigned(data, next, end);
        hasBlock = true;
    }

    /// @dev {1: alg, ...}, the protected header. A critical parameter (label 2) is understood by nobody (RFC 9052 §3.1).
    function _header(bytes calldata data, uint256 position, uint256 end) private pure returns (Curve curve) {
        uint256 start = position;
        uint256 entries;
        (entries, position) = _open(data, position, end, MAP);
        if (entries == 0) revert StatementMalformed(start);
        uint256 rank;
        start = position;
        (rank, position) = _key(data, position, end, 0);
        if (rank != 1) revert StatementMalformed(start);
        uint256 major;
        uint256 argument;
        start = position;
        (major, argument, position) = _head(data, position, end);
        if (major != NEGATIVE) revert AlgorithmUnknown(start);
        if (argument == 46) curve = Curve.Secp256k1;
        else if (argument == 8 || argument == 6) curve = Curve.P256;
        else revert AlgorithmUnknown(start);
        for (uint256 least = 2; --entries != 0;) {
            start = position;
            (rank, position) = _key(data, position, end, least);
            if (rank == CRITICAL) revert StatementMalformed(start);
            least = rank + 1;
            position = _skip(data, position, end, 1);
        }
        if (position != end) revert StatementMalformed(position);
    }

    /// @dev The payload: a map with integer keys, of which two matter.
    function _claims(bytes calldata data, uint256 position, uint256 end)
        private
        pure
        returns (uint64 bootCount, uint64 sequence)
    {
        uint256 entries;
        (entries, position) = _open(data, position, end, MAP);
        bool hasBootCount;
        bool hasChain;
        uint256 rank;
        for (uint256 least = 0; entries != 0; --entries) {
            (rank, position) = _key(data, position, end, least);
            least = rank + 1;
            if (rank == BOOT_COUNT) {
                hasBootCount = true;
                (bootCount, position) = _unsigned(data, position, end);
            } else if (rank == CHAIN) {
                hasChain = true;
                uint256 start = position;
                uint256 items;
                (items, position) = _open(data, position, end, ARRAY);
                if (items < 2) revert StatementMalformed(start);
                (sequence, position) = _unsigned(data, position, end);
                position = _skip(data, position, end, items - 1);
            } else {
                position = _skip(data, position, end, 1);
            }
        }
        if (position != end) revert StatementMalformed(position);
        if (!hasBootCount) revert ClaimMissing(267);
        if (!hasChain) revert ClaimMissing(-70001);
    }

    /// @dev 58 40 r s, and the end.
    function _signature(bytes calldata data, uint256 position) private pure returns (Signature memory signature) {
        _expect(data, position, 0x58);
        _expect(data, position + 1, 0x40);
        uint256 start = position + 2;
        if (data.length - start < 64) revert StatementTruncated(start);
        if (data.length - start > 64) revert StatementMalformed(start + 64);
        signature = Signature(_word(data, start), _word(data, start + 32));
    }

    /// @dev An integer key that ranks `least` at least: keys stand once and in bytewise order of their encodings, which for
    /// integers in shortest form is the order of their ranks.
    function _key(bytes calldata data, uint256 position, uint256 end, uint256 least)
        private
        pure
        returns (uint256 rank, uint256 next)
    {
        uint256 major;
        uint256 argument;
        (major, argument, next) = _head(data, position, end);
        if (major > NEGATIVE) revert StatementMalformed(position);
        rank = (major << 64) + argument;
        if (rank < least) revert StatementMalformed(position);
    }

    /// @dev The number of items of an array or of entries of a map, and where the first begins.
    function _open(bytes calldata data, uint256 position, uint256 end, uint256 kind)
        private
        pure
        returns (uint256 count, uint256 next)
    {
        uint256 major;
        (major, count, next) = _head(data, position, end);
        if (major != kind) revert StatementMalformed(position);
    }

    function _unsigned(bytes calldata data, uint256 position, uint256 end) private pure returns (uint64 value, uint256 next) {
        uint256 major;
        uint256 argument;
        (major, argument, next) = _head(data, position, end);
        if (major != UNSIGNED) revert StatementMalformed(position);
        // A head's argument has 8 bytes at most.
        value = uint64(argument);
    }

    /// @dev Where the content of a byte or text string begins and ends.
    function _string(bytes calldata data, uint256 position, uint256 end, uint256 kind)
        private
        pure
        returns (uint256 start, uint256 stop)
    {
        uint256 major;
        uint256 length;
        (major, length, start) = _head(data, position, end);
        if (major != kind) revert StatementMalformed(position);
        if (length > end - start) revert StatementTruncated(position);
        stop = start + length;
    }

    /// @dev Steps over `count` items with all that is in them. What is inside an array, a map or a tag is added to the items that
    /// are to come, so there is no stack. An item takes a byte at least: more items than bytes end it before the work begins.
    function _skip(bytes calldata data, uint256 position, uint256 end, uint256 count) private pure returns (uint256) {
        while (count != 0) {
            if (count > end - position) revert StatementTruncated(position);
            (uint256 major, uint256 argument, uint256 next) = _head(data, position, end);
            --count;
            if (major == BYTES || major == TEXT) {
                if (argument > end - next) revert StatementTruncated(position);
                next += argument;
            } else if (major == ARRAY) {
                count += argument;
            } else if (major == MAP) {
                count += 2 * argument;
            } else if (major == TAG) {
                ++count;
            }
            position = next;
        }
        return position;
    }

    /// @dev The head of an item (RFC 8949 §3): major type and argument, in the shortest form. Of simple values there are false,
    /// true, null and floats, whose bytes are the argument. `next` is at most `end`.
    function _head(bytes calldata data, uint256 position, uint256 end)
        private
        pure
        returns (uint256 major, uint256 argument, uint256 next)
    {
        if (position >= end) revert StatementTruncated(position);
        uint256 word = uint256(_word(data, position));
        major = word >> 253;
        uint256 info = (word >> 248) & 0x1f;
        if (info < 24) {
            if (major == SIMPLE && (info < 20 || info > 22)) revert StatementMalformed(position);
            return (major, info, position + 1);
        }
        // 28 to 30 are reserved, 31 is an indefinite length or its end.
        if (info > 27) revert StatementMalformed(position);
        uint256 width = 1 << (info - 24);
        next = position + 1 + width;
        if (next > end) revert StatementTruncated(position);
        argument = (word << 8) >> (256 - 8 * width);
        if (major == SIMPLE) {
            if (width == 1) revert StatementMalformed(position);
        } else if (argument < (width == 1 ? 24 : 1 << (4 * width))) {
            revert StatementMalformed(position);
        }
    }

    function _expect(bytes calldata data, uint256 position, uint256 value) private pure {
        if (position >= data.length) revert StatementTruncated(position);
        if (uint256(_word(data, position)) >> 248 != value) revert StatementMalformed(position);
    }

    /// @dev The 32 bytes from `at`. Callers use only as many of them as they have checked to be inside: calldata beyond it is other
    /// arguments' or zero.
    function _word(bytes calldata data, uint256 position) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, position))
        }
    }
}
