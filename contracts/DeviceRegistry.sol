// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Curve, PublicKey, Signature, SignatureCheck} from "./SignatureCheck.sol";
import {Statement, StatementReader} from "./StatementReader.sol";

/// @title The devices whose statements count, their keys, and who answers for them
/// @notice A device is registered by whoever brings the proof that its key is held by somebody who names the owner. Its id is
/// the thumbprint (RFC 9679) of its first key, for life; the key in use can be changed, keys can be revoked, and a device that
/// signs two different statements under one number is revoked by anybody who shows them.
/// @dev The registry has no owner, no operator and no upgrade: nobody has a power over a device but its owner, and the owner
/// has none over what happened. Whatever a signature is asked for binds the chain and this contract.
contract DeviceRegistry {
    /// @notice Why a key was revoked; names after RFC 5280 §5.3.1. `Equivocation` comes from `reportEquivocation` only.
    enum Reason {
        Unspecified,
        KeyCompromise,
        Superseded,
        CessationOfOperation,
        Equivocation
    }

    /// @notice What `device` tells. All zero for an unknown id.
    struct Device {
        /// May rotate, revoke, transfer and take the bond back.
        address owner;
        /// Whether the device is a simulator: its owner said so when it was registered.
        bool simulator;
        /// Keys it has had, the one in use included.
        uint32 keyCount;
        /// Thumbprint of the key in use.
        bytes32 keyInUse;
        /// Since when the key in use, and with it the device, is revoked, in seconds; 0: it is not.
        uint64 revokedAt;
        /// Why, if it is revoked.
        Reason reason;
        /// Wei that an equivocation would cost.
        uint256 bond;
        /// From when the owner can take the bond back, in seconds; 0: nobody has asked.
        uint64 bondReleaseAt;
    }

    /// @notice What `keyOf`, `keyAt` and `keysOf` tell. All zero for an unknown key.
    struct Key {
        bytes32 thumbprint;
        Curve curve;
        bytes32 x;
        bytes32 y;
        bytes32 deviceId;
        /// When it came into use, in seconds.
        uint64 registeredAt;
        /// When another key took its place, in seconds; 0: it is in use.
        uint64 retiredAt;
        /// Since when it is revoked, in seconds, by its own revocation or by the device's; 0: it is not.
        uint64 revokedAt;
        /// Why, if it is revoked.
        Reason reason;
    }

    /// @dev One slot, and a second for the bond.
    struct DeviceRecord {
        address owner;
        bool simulator;
        uint32 keyCount;
        /// Time of the report of an equivocation; 0: none.
        uint56 equivocatedAt;
        uint128 bond;
        uint64 bondReleaseAt;
    }

    /// @dev Three slots, and a fourth for keys after the first, whose device is not their own thumbprint.
    struct KeyRecord {
        bytes32 x;
        bytes32 y;
        Curve curve;
        Reason reason;
        uint64 registeredAt;
        uint64 retiredAt;
        uint64 revokedAt;
        /// 0 for a device's first key.
        bytes32 deviceId;
    }

    /// @notice A device was registered.
    event DeviceRegistered(
        bytes32 indexed deviceId, address indexed owner, bool simulator, Curve curve, bytes32 x, bytes32 y
    );
    /// @notice A device's key in use is another one from now on.
    event KeyRotated(
        bytes32 indexed deviceId,
        bytes32 indexed retiredKey,
        bytes32 indexed newKey,
        Curve curve,
        bytes32 x,
        bytes32 y
    );
    /// @notice A key was revoked, or its revocation was moved to an earlier time.
    event KeyRevoked(bytes32 indexed deviceId, bytes32 indexed key, uint64 since, Reason reason);
    /// @notice A device has another owner.
    event DeviceTransferred(bytes32 indexed deviceId, address indexed from, address indexed to);
    /// @notice A device signed two different statements under one boot count and sequence number; it is revoked as of now.
    event EquivocationReported(
        bytes32 indexed deviceId, bytes32 indexed key, address indexed reporter, uint64 bootCount, uint64 sequence
    );
    /// @notice Somebody added to a device's bond.
    event BondDeposited(bytes32 indexed deviceId, address indexed from, uint256 amount, uint256 bond);
    /// @notice The owner wants the bond back and can have it from `releaseAt` on.
    event BondRequested(bytes32 indexed deviceId, uint64 releaseAt);
    /// @notice The owner took the bond back.
    event BondWithdrawn(bytes32 indexed deviceId, address indexed to, uint256 amount);
    /// @notice The bond is lost: half went to the reporter of an equivocation, the rest to nobody.
    event BondSlashed(bytes32 indexed deviceId, address indexed reporter, uint256 reward, uint256 burned);

    /// @notice No device has this id.
    error UnknownDevice(bytes32 deviceId);
    /// @notice No device has or had this key.
    error UnknownKey(bytes32 key);
    /// @notice The key belongs to another device, or to none.
    error KeyNotOfDevice(bytes32 key, bytes32 deviceId);
    /// @notice The device has had fewer keys.
    error KeyIndexOutOfRange(uint256 index, uint256 keyCount);
    /// @notice Only the device's owner may do this.
    error NotOwner(address caller, address owner);
    /// @notice A device needs an owner.
    error OwnerIsZero();
    /// @notice The key is a device's already, or was.
    error AlreadyRegistered(bytes32 key);
    /// @notice Not a point of the curve with reduced coordinates, or no curve at all.
    error NotOnCurve(Curve curve, bytes32 x, bytes32 y);
    /// @notice The signature is not a low-S signature by this key of what it should be.
    error BadSignature(bytes32 key);
    /// @notice The statement's algorithm is for another curve than the key's.
    error AlgorithmMismatch(Curve key, Curve statement);
    /// @notice The key in use is revoked, so that its word for another key counts no more.
    error RevokedKey(bytes32 key);
    /// @notice The device has equivocated.
    error RevokedDevice(bytes32 deviceId);
    /// @notice A revocation begins at second 1 at the earliest and now at the latest.
    error SinceOutOfRange(uint64 since, uint256 currentTime);
    /// @notice A revocation can only be moved to an earlier time.
    error RevocationNotEarlier(uint64 since, uint64 current);
    /// @notice `Equivocation` has to be shown, by `reportEquivocation`.
    error ReasonReserved();
    /// @notice The statements have different numbers, so both may stand.
    error DifferentNumbers(uint64 bootCountA, uint64 sequenceA, uint64 bootCountB, uint64 sequenceB);
    /// @notice Both are one statement: what is signed is the same, whatever the signatures are.
    error SameStatement(bytes32 digest);
    /// @notice The bond would be unchanged.
    error NoValue();
    /// @notice A bond has less than 2¹²⁸ wei.
    error BondTooLarge(uint256 bond);
    /// @notice The device has no bond.
    error NoBond(bytes32 deviceId);
    /// @notice The bond was not asked for, or not long enough ago.
    error BondNotReleased(uint64 releaseAt, uint256 currentTime);
    /// @notice The receiver did not take the ether.
    error PaymentFailed(address to);

    /// @notice Seconds between asking for a bond and having it: the time that whoever holds two statements has to show them.
    uint64 public constant BOND_DELAY = 7 days;

    /// @dev Where the burned half of a bond goes: nobody is known to have a key of this address.
    address private constant NOBODY = 0x000000000000000000000000000000000000dEaD;

    mapping(bytes32 deviceId => DeviceRecord device) private devices;
    mapping(bytes32 thumbprint => KeyRecord key) private keys;
    /// @dev Thumbprints of a device's keys by number, from 1; number 0 is the id itself.
    mapping(bytes32 deviceId => mapping(uint256 index => bytes32 thumbprint)) private laterKeys;

    /// @notice Registers a device with its first key. Anybody may bring it: the proof names the owner, so that whoever copies the
    /// call out of the waiting transactions registers the device for the same owner and gains nothing.
    /// @param key The device's public key.
    /// @param owner Who will answer for the device.
    /// @param simulator Whether the device is a simulator.
    /// @param proof The key's signature of the registration (see `registrationDigest`).
    /// @return deviceId Thumbprint of the key.
    function register(PublicKey calldata key, address owner, bool simulator, Signature calldata proof)
        external
        returns (bytes32 deviceId)
    {
        if (owner == address(0)) revert OwnerIsZero();
        deviceId = _store(key);
        if (!SignatureCheck.isValid(key, registrationDigest(key.curve, owner, simulator), proof)) {
            revert BadSignature(deviceId);
        }
        DeviceRecord storage record = devices[deviceId];
        record.owner = owner;
        record.simulator = simulator;
        record.keyCount = 1;
        emit DeviceRegistered(deviceId, owner, simulator, key.curve, key.x, key.y);
    }

    /// @notice Puts another key in the place of the key in use, which is kept with the time of its retirement.
    /// @dev The owner alone may do so, and only with signatures by both keys: neither a thief of the device's key nor one of the
    /// owner's account can take the device over alone.
    /// @param deviceId The device.
    /// @param newKey A key that was never registered.
    /// @param byCurrent Signature of the rotation by the key in use (see `rotationDigest`).
    /// @param byNew Signature of the rotation by the new key.
    function rotate(bytes32 deviceId, PublicKey calldata newKey, Signature calldata byCurrent, Signature calldata byNew)
        external
    {
        DeviceRecord storage record = _owned(deviceId);
        if (record.equivocatedAt != 0) revert RevokedDevice(deviceId);
        uint32 count = record.keyCount;
        bytes32 current = _thumbprintAt(deviceId, count - 1);
        KeyRecord storage retired = keys[current];
        if (retired.revokedAt != 0) revert RevokedKey(current);
        bytes32 next = _store(newKey);
        PublicKey memory currentKey = PublicKey(retired.curve, retired.x, retired.y);
        bytes memory payload = _rotation(deviceId, next, count);
        if (!SignatureCheck.isValid(currentKey, _digest(currentKey.curve, payload), byCurrent)) {
            revert BadSignature(current);
        }
        if (!SignatureCheck.isValid(newKey, _digest(newKey.curve, payload), byNew)) revert BadSignature(next);
        keys[next].deviceId = deviceId;
        retired.retiredAt = uint64(block.timestamp);
        laterKeys[deviceId][count] = next;
        record.keyCount = count + 1;
        emit KeyRotated(deviceId, current, next, newKey.curve, newKey.x, newKey.y);
    }

    /// @notice Revokes one key of a device: what it signed from `since` on does not count. A revoked key in use is the device's end,
    /// since it cannot hand over to another.
    /// @dev Called again, it moves the revocation to an earlier time, with the reason then given: a theft is often found out
    /// late. It can never be moved to a later time or taken back. So the owner can disown what the device said: whoever
    /// pays for a statement pays once it is anchored, and does not rely on its standing later.
    /// @param deviceId The device.
    /// @param key Thumbprint of the key, in use or retired.
    /// @param since Seconds, 1 to now.
    /// @param reason Any but `Equivocation`.
    function revoke(bytes32 deviceId, bytes32 key, uint64 since, Reason reason) external {
        _owned(deviceId);
        if (reason == Reason.Equivocation) revert ReasonReserved();
        KeyRecord storage record = keys[key];
        if (_deviceOf(key, record) != deviceId) revert KeyNotOfDevice(key, deviceId);
        if (since == 0 || since > block.timestamp) revert SinceOutOfRange(since, block.timestamp);
        (uint64 revokedAt,) = _revocation(record, devices[deviceId]);
        if (revokedAt != 0 && since >= revokedAt) revert RevocationNotEarlier(since, revokedAt);
        record.revokedAt = since;
        record.reason = reason;
        emit KeyRevoked(deviceId, key, since, reason);
    }

    /// @notice Gives a device, with its bond, to another owner.
    /// @param deviceId The device.
    /// @param newOwner The new owner; it need not agree.
    function transfer(bytes32 deviceId, address newOwner) external {
        DeviceRecord storage record = _owned(deviceId);
        if (newOwner == address(0)) revert OwnerIsZero();
        record.owner = newOwner;
        emit DeviceTransferred(deviceId, msg.sender, newOwner);
    }

    /// @notice Shows that a device equivocated: it signed two different statements under one boot count and sequence number. Anybody
    /// may show it. The device is revoked as of now, with all its keys and for good, and its bond is lost: half goes to the
    /// caller, half to nobody, so that an owner who reports himself first still loses half.
    /// @dev Retired and revoked keys count too: else an owner who sees the report coming would revoke the key and keep the bond.
    /// So the bond also stands for keys being kept safe. Both statements are by one key; that two keys of a device never use
    /// one number is not watched over here. Whoever copies the call out of the waiting transactions gets the reward
    /// instead: a reporter who minds sends it by a private way.
    /// @param key Thumbprint of the key that signed both.
    /// @param a A whole tagged statement.
    /// @param b Another one. Two copies of one statement, or one statement with two signatures, are no equivocation.
    function reportEquivocation(bytes32 key, bytes calldata a, bytes calldata b) external {
        KeyRecord storage signer = keys[key];
        if (signer.curve == Curve.None) revert UnknownKey(key);
        bytes32 deviceId = _deviceOf(key, signer);
        DeviceRecord storage record = devices[deviceId];
        if (record.equivocatedAt != 0) revert RevokedDevice(deviceId);
        Statement memory first = _verified(key, signer, a);
        Statement memory second = _verified(key, signer, b);
        if (first.bootCount != second.bootCount || first.sequence != second.sequence) {
            revert DifferentNumbers(first.bootCount, first.sequence, second.bootCount, second.sequence);
        }
        if (first.digest == second.digest) revert SameStatement(first.digest);

        uint256 bond = record.bond;
        record.equivocatedAt = uint56(block.timestamp);
        emit EquivocationReported(deviceId, key, msg.sender, first.bootCount, first.sequence);
        if (bond == 0) return;
        record.bond = 0;
        record.bondReleaseAt = 0;
        uint256 reward = bond / 2;
        emit BondSlashed(deviceId, msg.sender, reward, bond - reward);
        _pay(NOBODY, bond - reward);
        _pay(msg.sender, reward);
    }

    /// @notice Adds to the wei that an equivocation of the device would cost. Anybody may; it becomes the owner's.
    /// @param deviceId The device.
    function depositBond(bytes32 deviceId) external payable {
        DeviceRecord storage record = _known(deviceId);
        if (record.equivocatedAt != 0) revert RevokedDevice(deviceId);
        if (msg.value == 0) revert NoValue();
        uint256 bond = record.bond + msg.value;
        if (bond > type(uint128).max) revert BondTooLarge(bond);
        record.bond = uint128(bond);
        emit BondDeposited(deviceId, msg.sender, msg.value, bond);
    }

    /// @notice Asks for the bond back; asking again starts the delay anew. Until it is withdrawn the bond can be lost as before.
    /// @dev Whoever relies on a bond looks at `bondReleaseAt` too: a bond that was asked for may be gone from then on.
    /// @param deviceId The device.
    function requestBond(bytes32 deviceId) external {
        DeviceRecord storage record = _owned(deviceId);
        if (record.bond == 0) revert NoBond(deviceId);
        uint64 releaseAt = uint64(block.timestamp) + BOND_DELAY;
        record.bondReleaseAt = releaseAt;
        emit BondRequested(deviceId, releaseAt);
    }

    /// @notice Pays the whole bond to the owner, `BOND_DELAY` after it was asked for.
    /// @param deviceId The device.
    function withdrawBond(bytes32 deviceId) external {
        DeviceRecord storage record = _owned(deviceId);
        uint256 bond = record.bond;
        if (bond == 0) revert NoBond(deviceId);
        uint64 releaseAt = record.bondReleaseAt;
        if (releaseAt == 0 || block.timestamp < releaseAt) revert BondNotReleased(releaseAt, block.timestamp);
        record.bond = 0;
        record.bondReleaseAt = 0;
        emit BondWithdrawn(deviceId, msg.sender, bond);
        _pay(msg.sender, bond);
    }

    /// @notice A device; all zero for an unknown id.
    /// @param deviceId Thumbprint of its first key.
    function device(bytes32 deviceId) external view returns (Device memory result) {
        DeviceRecord storage record = devices[deviceId];
        if (record.owner == address(0)) return result;
        result.owner = record.owner;
        result.simulator = record.simulator;
        result.keyCount = record.keyCount;
        result.keyInUse = _thumbprintAt(deviceId, record.keyCount - 1);
        (result.revokedAt, result.reason) = _revocation(keys[result.keyInUse], record);
        result.bond = record.bond;
        result.bondReleaseAt = record.bondReleaseAt;
    }

    /// @notice A key; all zero for an unknown one.
    /// @param key Its thumbprint.
    function keyOf(bytes32 key) public view returns (Key memory result) {
        KeyRecord storage record = keys[key];
        if (record.curve == Curve.None) return result;
        result.thumbprint = key;
        result.curve = record.curve;
        result.x = record.x;
        result.y = record.y;
        result.deviceId = _deviceOf(key, record);
        result.registeredAt = record.registeredAt;
        result.retiredAt = record.retiredAt;
        (result.revokedAt, result.reason) = _revocation(record, devices[result.deviceId]);
    }

    /// @notice One key of a device.
    /// @param deviceId The device.
    /// @param index Number of the key, in the order of their use, from 0.
    function keyAt(bytes32 deviceId, uint256 index) external view returns (Key memory) {
        uint256 count = devices[deviceId].keyCount;
        if (index >= count) revert KeyIndexOutOfRange(index, count);
        return keyOf(_thumbprintAt(deviceId, index));
    }

    /// @notice All keys of a device in the order of their use, the last being in use; none for an unknown id.
    /// @dev For calls from outside the chain: its cost grows with the number of keys.
    /// @param deviceId The device.
    function keysOf(bytes32 deviceId) external view returns (Key[] memory result) {
        uint256 count = devices[deviceId].keyCount;
        result = new Key[](count);
        for (uint256 i = 0; i < count; ++i) result[i] = keyOf(_thumbprintAt(deviceId, i));
    }

    /// @notice The number of a statement, if a key registered here signed it; reverts if not, or if it is no statement. Whether the
    /// key is in use, retired or revoked is for the caller to ask (`keyOf`).
    /// @param key Thumbprint of the key.
    /// @param statement The whole tagged statement.
    /// @return deviceId The device whose key it is.
    /// @return bootCount How often the device had booted.
    /// @return sequence Number of the statement in that boot.
    function verifyStatement(bytes32 key, bytes calldata statement)
        external
        view
        returns (bytes32 deviceId, uint64 bootCount, uint64 sequence)
    {
        KeyRecord storage signer = keys[key];
        if (signer.curve == Curve.None) revert UnknownKey(key);
        Statement memory verified = _verified(key, signer, statement);
        return (_deviceOf(key, signer), verified.bootCount, verified.sequence);
    }

    /// @notice The thumbprint of a key (RFC 9679 §3).
    /// @param key A key of one of the two curves; whether it is a point of it is not checked.
    function thumbprint(PublicKey calldata key) external pure returns (bytes32) {
        if (key.curve == Curve.None) revert NotOnCurve(key.curve, key.x, key.y);
        return SignatureCheck.thumbprint(key);
    }

    /// @notice What a device's first key signs to be registered: SHA-256 of the Sig_structure (RFC 9052 §4.4) with the protected header
    /// {1: alg} and the payload ["assay-register", chain id, this contract, owner, simulator].
    /// @param curve The key's curve, from which the algorithm follows.
    /// @param owner The owner to be.
    /// @param simulator Whether the device is a simulator.
    function registrationDigest(Curve curve, address owner, bool simulator) public view returns (bytes32) {
        // 85 array of 5, 6e text of 14, 58 20 and 54 byte strings of 32 and 20, f4 false, f5 true (RFC 8949 §3)
        return _digest(
            curve,
            abi.encodePacked(
                hex"856e",
                "assay-register",
                hex"5820",
                block.chainid,
                hex"54",
                address(this),
                hex"54",
                owner,
                simulator ? bytes1(0xf5) : bytes1(0xf4)
            )
        );
    }

    /// @notice What the key in use and the new key sign for a rotation: as `registrationDigest`, with the payload
    /// ["assay-rotate", chain id, this contract, device id, thumbprint of the new key, number of keys so far].
    /// @param curve The curve of the key that signs.
    /// @param deviceId The device.
    /// @param newKey Thumbprint of the new key.
    function rotationDigest(Curve curve, bytes32 deviceId, bytes32 newKey) external view returns (bytes32) {
        return _digest(curve, _rotation(deviceId, newKey, _known(deviceId).keyCount));
    }

    /// @dev 86 array of 6, 6c text of 12, 44 byte string of 4.
    function _rotation(bytes32 deviceId, bytes32 newKey, uint32 keyCount) private view returns (bytes memory) {
        return abi.encodePacked(
            hex"866c",
            "assay-rotate",
            hex"5820",
            block.chainid,
            hex"54",
            address(this),
            hex"5820",
            deviceId,
            hex"5820",
            newKey,
            hex"44",
            keyCount
        );
    }

    /// @dev SHA-256 of ["Signature1", protected, h'', payload]. Protected are {1: -47} or {1: -9}; payloads here have 93 or 142
    /// bytes, so that their length takes one byte after 58.
    function _digest(Curve curve, bytes memory payload) private pure returns (bytes32) {
        bytes memory header = curve == Curve.Secp256k1 ? bytes(hex"44a101382e") : bytes(hex"43a10128");
        return sha256(
            abi.encodePacked(hex"846a", "Signature1", header, hex"4058", uint8(payload.length), payload)
        );
    }

    /// @dev Keeps a key that is on its curve and was never registered.
    function _store(PublicKey calldata key) private returns (bytes32 id) {
        if (!SignatureCheck.isOnCurve(key)) revert NotOnCurve(key.curve, key.x, key.y);
        id = SignatureCheck.thumbprint(key);
        KeyRecord storage record = keys[id];
        if (record.curve != Curve.None) revert AlreadyRegistered(id);
        record.x = key.x;
        record.y = key.y;
        record.curve = key.curve;
        record.registeredAt = uint64(block.timestamp);
    }

    function _verified(bytes32 key, KeyRecord storage signer, bytes calldata statement)
        private
        view
        returns (Statement memory result)
    {
        result = StatementReader.read(statement);
        PublicKey memory publicKey = PublicKey(signer.curve, signer.x, signer.y);
        if (result.curve != publicKey.curve) revert AlgorithmMismatch(publicKey.curve, result.curve);
        if (!SignatureCheck.isValid(publicKey, result.digest, result.signature)) revert BadSignature(key);
    }

    function _known(bytes32 deviceId) private view returns (DeviceRecord storage record) {
        record = devices[deviceId];
        if (record.owner == address(0)) revert UnknownDevice(deviceId);
    }

    function _owned(bytes32 deviceId) private view returns (DeviceRecord storage record) {
        record = _known(deviceId);
        if (msg.sender != record.owner) revert NotOwner(msg.sender, record.owner);
    }

    function _thumbprintAt(bytes32 deviceId, uint256 index) private view returns (bytes32) {
        return index == 0 ? deviceId : laterKeys[deviceId][index];
    }

    /// @dev Zero for an unknown key.
    function _deviceOf(bytes32 key, KeyRecord storage record) private view returns (bytes32) {
        if (record.curve == Curve.None) return 0;
        bytes32 deviceId = record.deviceId;
        return deviceId == 0 ? key : deviceId;
    }

    /// @dev The earlier of a key's own revocation and its device's; an equivocation is named as the reason in any case.
    function _revocation(KeyRecord storage key, DeviceRecord storage record)
        private
        view
        returns (uint64 revokedAt, Reason reason)
    {
        revokedAt = key.revokedAt;
        uint64 equivocatedAt = record.equivocatedAt;
        if (equivocatedAt == 0) return (revokedAt, key.reason);
        if (revokedAt == 0 || equivocatedAt < revokedAt) revokedAt = equivocatedAt;
        return (revokedAt, Reason.Equivocation);
    }

    /// @dev Called last, when nothing is left to change: whatever the receiver calls back sees the new state.
    function _pay(address to, uint256 amount) private {
        (bool success,) = to.call{value: amount}("");
        if (!success) revert PaymentFailed(to);
    }
}
