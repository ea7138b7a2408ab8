// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The curves of device keys. `None` is the zero of storage: no key.
enum Curve {
    None,
    Secp256k1,
    P256
}

/// @notice A public key: a point, coordinates big-endian.
struct PublicKey {
    Curve curve;
    bytes32 x;
    bytes32 y;
}

/// @notice An ECDSA signature as COSE has it (RFC 9053 §2.1): two integers, big-endian.
struct Signature {
    bytes32 r;
    bytes32 s;
}

/// @title ECDSA over SHA-256 digests with secp256k1 (ES256K) and P-256 (ESP256)
/// @notice Only low-S signatures count on either curve (s at most half of the group's order), so that nobody but the holder of
/// the key can make a second signature of the same message.
library SignatureCheck {
    /// @dev secp256k1: field prime and half of the order, rounded down (SEC 2 §2.4.1).
    uint256 private constant K1_P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    uint256 private constant K1_HALF_N = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    /// @dev P-256: field prime, the curve's b, and half of the order, rounded down (SEC 2 §2.4.2; FIPS 186-5).
    uint256 private constant R1_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF;
    uint256 private constant R1_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B;
    uint256 private constant R1_HALF_N = 0x7FFFFFFF800000007FFFFFFFFFFFFFFFDE737D56D38BCF4279DCE5617E3192A8;
    /// @dev P256VERIFY (EIP-7951; RIP-7212 on rollups).
    address private constant P256_VERIFY = address(0x100);

    /// @notice The COSE Key Thumbprint (RFC 9679 §3): SHA-256 of the deterministic encoding of {1: 2 (EC2), -1: crv, -2: x, -3: y},
    /// crv being 8 for secp256k1 (RFC 8812 §3.1) and 1 for P-256 (RFC 9053 §7.1).
    /// @param key A key of one of the two curves.
    function thumbprint(PublicKey memory key) internal pure returns (bytes32) {
        bytes1 crv = key.curve == Curve.Secp256k1 ? bytes1(0x08) : bytes1(0x01);
        return sha256(abi.encodePacked(hex"a4010220", crv, hex"215820", key.x, hex"225820", key.y));
    }

    /// @notice Whether the key is a point of its curve, with coordinates below the field's prime (else one point would have
    /// several thumbprints). False for the curve `None`.
    /// @dev Both groups have cofactor 1 and neither curve has a point (0, 0): every such point is a valid public key.
    function isOnCurve(PublicKey memory key) internal pure returns (bool) {
        uint256 x = uint256(key.x);
        uint256 y = uint256(key.y);
        if (key.curve == Curve.Secp256k1) {
            if (x >= K1_P || y >= K1_P) return false;
            return mulmod(y, y, K1_P) == addmod(mulmod(mulmod(x, x, K1_P), x, K1_P), 7, K1_P);
        }
        if (key.curve == Curve.P256) {
            if (x >= R1_P || y >= R1_P) return false;
            // x³ − 3x + b = x(x² − 3) + b
            uint256 square = addmod(mulmod(x, x, R1_P), R1_P - 3, R1_P);
            return mulmod(y, y, R1_P) == addmod(mulmod(square, x, R1_P), R1_B, R1_P);
        }
        return false;
    }

    /// @notice Whether `signature` is a low-S signature of `digest` by `key`. The key must be on its curve.
    /// @dev On a chain without P256VERIFY no P-256 signature is valid.
    /// @param key The public key; checked with `isOnCurve` when it was stored.
    /// @param digest SHA-256 of what was signed.
    /// @param signature r and s; zero and values from the order upwards are refused by the precompiles.
    function isValid(PublicKey memory key, bytes32 digest, Signature memory signature) internal view returns (bool) {
        if (key.curve == Curve.Secp256k1) return _isValidK1(key, digest, signature);
        if (key.curve == Curve.P256) return _isValidR1(key, digest, signature);
        return false;
    }

    /// @dev ecrecover gives the address of the key that made the signature: one of two points, told apart by v. The two further
    /// candidates of SEC 1 §4.1.6, with r above p − n, ecrecover does not know; they do not occur (probability 2⁻¹²⁷).
    /// That an address is only 160 bits of the key's hash leaves a second preimage at 2¹⁶⁰, beyond the curve's own strength.
    function _isValidK1(PublicKey memory key, bytes32 digest, Signature memory signature) private pure returns (bool) {
        if (uint256(signature.s) > K1_HALF_N) return false;
        address signer = address(uint160(uint256(keccak256(abi.encodePacked(key.x, key.y)))));
        address even = ecrecover(digest, 27, signature.r, signature.s);
        // ecrecover's failure is the zero address, which is nobody's.
        if (even != address(0) && even == signer) return true;
        address odd = ecrecover(digest, 28, signature.r, signature.s);
        return odd != address(0) && odd == signer;
    }

    /// @dev The precompile answers 32 bytes that say 1, or nothing. Without code at the address the call succeeds with nothing.
    function _isValidR1(PublicKey memory key, bytes32 digest, Signature memory signature) private view returns (bool) {
        if (uint256(signature.s) > R1_HALF_N) return false;
        (bool success, bytes memory answer) =
            P256_VERIFY.staticcall(abi.encode(digest, signature.r, signature.s, key.x, key.y));
        return success && answer.length == 32 && uint256(bytes32(answer)) == 1;
    }
}
