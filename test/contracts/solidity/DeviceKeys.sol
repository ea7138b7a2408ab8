// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Curve, PublicKey, Signature} from "../../../contracts/SignatureCheck.sol";
import {Vm, vm, within} from "./Vm.sol";

/// @title Keys of both curves that sign with low S
library DeviceKeys {
    /// @notice The order of the curve's group (SEC 2 §2.4).
    function order(Curve curve) internal pure returns (uint256) {
        return curve == Curve.P256
            ? 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
            : 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    }

    /// @notice A secret of the curve from any number.
    function secretOf(Curve curve, uint256 number) internal pure returns (uint256) {
        return within(number, 1, order(curve) - 1);
    }

    function publicKey(Curve curve, uint256 secret) internal returns (PublicKey memory) {
        if (curve == Curve.P256) {
            (uint256 x, uint256 y) = vm.publicKeyP256(secret);
            return PublicKey(curve, bytes32(x), bytes32(y));
        }
        Vm.Wallet memory wallet = vm.createWallet(secret);
        return PublicKey(curve, bytes32(wallet.publicKeyX), bytes32(wallet.publicKeyY));
    }

    function sign(Curve curve, uint256 secret, bytes32 digest) internal pure returns (Signature memory signature) {
        if (curve == Curve.P256) (signature.r, signature.s) = vm.signP256(secret, digest);
        else (, signature.r, signature.s) = vm.sign(secret, digest);
        uint256 n = order(curve);
        if (uint256(signature.s) > n / 2) signature.s = bytes32(n - uint256(signature.s));
    }
}
