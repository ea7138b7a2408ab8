// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DeviceRegistry} from "../../contracts/DeviceRegistry.sol";

/// @title An owner that asks for its bond again while it is paid
contract CallingBack {
    error Unwilling();

    DeviceRegistry private immutable registry;
    bytes32 private deviceId;
    bool private unwilling;
    uint256 public callsBack;

    constructor(DeviceRegistry registry_) {
        registry = registry_;
    }

    function request(bytes32 id) external {
        registry.requestBond(id);
    }

    function prepare(bytes32 id, bool unwilling_) external {
        deviceId = id;
        unwilling = unwilling_;
    }

    function withdraw() external {
        registry.withdrawBond(deviceId);
    }

    receive() external payable {
        if (unwilling) revert Unwilling();
        ++callsBack;
        try registry.withdrawBond(deviceId) {} catch {}
    }
}
