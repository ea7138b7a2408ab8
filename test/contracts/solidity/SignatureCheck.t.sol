// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Curve, PublicKey, Signature, SignatureCheck} from "../../../contracts/SignatureCheck.sol";
import {check} from "./Vm.sol";
import {DeviceKeys} from "./DeviceKeys.sol";

/// @title Signatures on both curves
contract SignatureCheckTest {
    /// @notice A key is on its curve, not on the other, and its signature is valid for its digest, in one form.
    function testFuzz_aSignatureIsValidInOneForm(uint256 secret, bool p256, bytes32 digest, bytes32 other) external {
        Curve curve = p256 ? Curve.P256 : Curve.Secp256k1;
        secret = DeviceKeys.secretOf(curve, secret);
        PublicKey memory key = DeviceKeys.publicKey(curve, secret);
        check(SignatureCheck.isOnCurve(key), "on the curve");
        Signature memory signature = DeviceKeys.sign(curve, secret, digest);
        check(SignatureCheck.isValid(key, digest, signature), "valid");
        if (other != digest) check(!SignatureCheck.isValid(key, other, signature), "not for another digest");
        signature.s = bytes32(DeviceKeys.order(curve) - uint256(signature.s));
        check(!SignatureCheck.isValid(key, digest, signature), "not with high S");
    }

    /// @notice A signature with one bit changed is none, nor is one by another key.
    function testFuzz_aChangedSignatureIsNone(uint256 secret, uint256 stranger, bool p256, bytes32 digest, uint16 bit)
        external
    {
        Curve curve = p256 ? Curve.P256 : Curve.Secp256k1;
        secret = DeviceKeys.secretOf(curve, secret);
        stranger = DeviceKeys.secretOf(curve, stranger);
        PublicKey memory key = DeviceKeys.publicKey(curve, secret);
        Signature memory signature = DeviceKeys.sign(curve, secret, digest);
        if (stranger != secret) {
            check(!SignatureCheck.isValid(key, digest, DeviceKeys.sign(curve, stranger, digest)), "another key's");
        }
        if (bit % 512 < 256) signature.r ^= bytes32(1 << (bit % 256));
        else signature.s ^= bytes32(1 << (bit % 256));
        check(!SignatureCheck.isValid(key, digest, signature), "one bit changed");
    }

    /// @notice Arbitrary numbers are no key and no signature.
    function testFuzz_arbitraryNumbersAreNothing(bytes32 x, bytes32 y, Signature memory signature, uint256 secret)
        external
    {
        for (uint8 i = 1; i <= 2; ++i) {
            check(!SignatureCheck.isOnCurve(PublicKey(Curve(i), x, y)), "on no curve");
            PublicKey memory key = DeviceKeys.publicKey(Curve(i), DeviceKeys.secretOf(Curve(i), secret));
            check(!SignatureCheck.isValid(key, keccak256("digest"), signature), "no signature");
        }
    }

    /// @notice Keys of the curve `None` verify nothing.
    function testFuzz_noCurveIsNoKey(uint256 secret, bytes32 digest) external {
        secret = DeviceKeys.secretOf(Curve.Secp256k1, secret);
        PublicKey memory key = DeviceKeys.publicKey(Curve.Secp256k1, secret);
        Signature memory signature = DeviceKeys.sign(Curve.Secp256k1, secret, digest);
        key.curve = Curve.None;
        check(!SignatureCheck.isOnCurve(key) && !SignatureCheck.isValid(key, digest, signature), "nothing");
    }
}
