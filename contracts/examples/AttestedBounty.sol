// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AttestationLog} from "../AttestationLog.sol";
import {BlockHistory} from "../BlockHistory.sol";
import {DeviceRegistry} from "../DeviceRegistry.sol";
import {MerkleProof9162} from "../MerkleProof9162.sol";
import {Statement, StatementReader} from "../StatementReader.sol";

/// @title A bounty for what a device says: an example of a contract that uses statements
/// @notice A sponsor posts ether. It goes to the owner of a device as soon as anybody shows a statement of that device, in the log,
/// whose first result has the label wanted: a leak found, a door opened, a bird heard. After the deadline the sponsor has it back.
/// @dev Anybody may claim, and the device's owner is paid: to copy a claim out of the waiting transactions gains nothing.
/// What the sponsor trusts: that the device's key signs what the device inferred, and nothing else. A simulator's or an owner's word
/// is worth what the sponsor thinks it is (`DeviceRegistry.device`).
contract AttestedBounty {
    /// @notice The ether was paid to the device's owner.
    event Claimed(address indexed owner, uint64 bootCount, uint64 sequence, uint256 amount);
    /// @notice The ether went back to the sponsor.
    event Refunded(uint256 amount);

    /// @notice A bounty needs ether.
    error NoValue();
    /// @notice The deadline is in the past.
    error DeadlinePassed(uint64 deadline, uint256 currentTime);
    /// @notice The deadline is in the future.
    error DeadlineNotPassed(uint64 deadline, uint256 currentTime);
    /// @notice The ether was paid out already.
    error Settled();
    /// @notice The statement is another device's.
    error WrongDevice(bytes32 deviceId);
    /// @notice The key is not in use any more, or revoked.
    error KeyNotInUse(bytes32 key);
    /// @notice The log has no such leaf under a head that was anchored.
    error NotInLog(uint64 index, uint64 size);
    /// @notice The first result has another label.
    error WrongLabel(bytes label);
    /// @notice The statement carries no hash of a block from `minBlock` on that the chain still knows.
    error BeaconNotProven(uint64 number);
    /// @notice The receiver did not take the ether.
    error PaymentFailed(address to);

    address public immutable sponsor;
    DeviceRegistry public immutable registry;
    AttestationLog public immutable log;
    bytes32 public immutable deviceId;
    /// @notice keccak256 of the label.
    bytes32 public immutable labelHash;
    /// @notice The statement must be made after this block; 0: at any time.
    uint64 public immutable minBlock;
    /// @notice Last second at which the bounty can be claimed.
    uint64 public immutable deadline;
    /// @notice Whether the ether was paid out.
    bool public settled;

    /// @param registry_ Where the device is registered.
    /// @param log_ The log that must have the statement.
    /// @param deviceId_ The device.
    /// @param label The label that the first result must have.
    /// @param minBlock_ The statement must carry the hash of this block or a later one; 0: no matter. A claim must then come while
    /// the chain knows that hash: within 256 blocks, or 8,191 where it has EIP-2935.
    /// @param deadline_ Last second at which it can be claimed.
    constructor(
        DeviceRegistry registry_,
        AttestationLog log_,
        bytes32 deviceId_,
        string memory label,
        uint64 minBlock_,
        uint64 deadline_
    ) payable {
        if (msg.value == 0) revert NoValue();
        if (block.timestamp > deadline_) revert DeadlinePassed(deadline_, block.timestamp);
        sponsor = msg.sender;
        registry = registry_;
        log = log_;
        deviceId = deviceId_;
        labelHash = keccak256(bytes(label));
        minBlock = minBlock_;
        deadline = deadline_;
    }

    /// @notice Pays the bounty to the device's owner. Anybody may call it.
    /// @param statement The whole tagged statement.
    /// @param key Thumbprint of the key that signed it: the device's key in use.
    /// @param index Number of the statement in the log.
    /// @param size Size of an anchored head.
    /// @param path Inclusion path (RFC 9162 §2.1.3.1).
    function claim(bytes calldata statement, bytes32 key, uint64 index, uint64 size, bytes32[] calldata path) external {
        if (settled) revert Settled();
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);
        (bytes32 signer, uint64 bootCount, uint64 sequence) = registry.verifyStatement(key, statement);
        if (signer != deviceId) revert WrongDevice(signer);
        DeviceRegistry.Key memory state = registry.keyOf(key);
        if (state.retiredAt != 0 || state.revokedAt != 0) revert KeyNotInUse(key);
        if (!log.verifyInclusion(MerkleProof9162.hashLeaf(statement), index, size, path)) revert NotInLog(index, size);
        _expectResult(statement);
        settled = true;
        address owner = registry.device(deviceId).owner;
        uint256 amount = address(this).balance;
        emit Claimed(owner, bootCount, sequence, amount);
        _pay(owner, amount);
    }

    /// @notice Pays the ether back to the sponsor after the deadline. Anybody may call it.
    function refund() external {
        if (settled) revert Settled();
        if (block.timestamp <= deadline) revert DeadlineNotPassed(deadline, block.timestamp);
        settled = true;
        uint256 amount = address(this).balance;
        emit Refunded(amount);
        _pay(sponsor, amount);
    }

    function _expectResult(bytes calldata statement) private view {
        Statement memory parts = StatementReader.read(statement);
        (bytes calldata label, uint64 number, bytes8 beacon) =
            StatementReader.readInference(statement, parts.payloadStart, parts.payloadEnd);
        if (keccak256(label) != labelHash) revert WrongLabel(label);
        if (minBlock != 0 && (number < minBlock || !BlockHistory.matches(number, beacon))) revert BeaconNotProven(number);
    }

    function _pay(address to, uint256 amount) private {
        (bool success,) = to.call{value: amount}("");
        if (!success) revert PaymentFailed(to);
    }
}
