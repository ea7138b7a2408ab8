// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DeviceRegistry} from "../../../contracts/DeviceRegistry.sol";
import {Curve, PublicKey, Signature} from "../../../contracts/SignatureCheck.sol";
import {DeviceKeys} from "./DeviceKeys.sol";
import {StatementBytes} from "./StatementBytes.sol";
import {check, vm, within} from "./Vm.sol";

/// @title Owners, strangers and thieves of keys, who do to a registry whatever they can think of
/// @dev Every call that the rules forbid is tried as well; that one of them passes is noted in `broken`.
contract RegistryUsers {
    DeviceRegistry public immutable registry = new DeviceRegistry();
    string public broken;
    /// Wei that went in by bonds and did not come out yet.
    uint256 public bonds;
    bytes32[] private devices;
    mapping(bytes32 key => uint256) private secrets;
    uint256 private lastSecret;
    /// What was seen of a key before, to see what changes.
    mapping(bytes32 key => DeviceRegistry.Key) private seen;

    function all() external view returns (bytes32[] memory) {
        return devices;
    }

    function user(uint256 number) private pure returns (address) {
        return address(uint160(0xa11ce000 + (number % 4)));
    }

    function newKey(uint256 number) private returns (Curve curve, PublicKey memory key, bytes32 thumbprint) {
        curve = number % 2 == 0 ? Curve.Secp256k1 : Curve.P256;
        key = DeviceKeys.publicKey(curve, ++lastSecret);
        thumbprint = registry.thumbprint(key);
        secrets[thumbprint] = lastSecret;
    }

    function sign(bytes32 key, bytes32 digest) private view returns (Signature memory) {
        return DeviceKeys.sign(registry.keyOf(key).curve, secrets[key], digest);
    }

    function register(uint256 number, uint256 owner, bool simulator, uint256 sender) external {
        if (devices.length == 6) return;
        (Curve curve, PublicKey memory key, bytes32 id) = newKey(number);
        Signature memory proof =
            DeviceKeys.sign(curve, secrets[id], registry.registrationDigest(curve, user(owner), simulator));
        vm.prank(user(sender));
        try registry.register(key, user((owner % 4) + 1), simulator, proof) {
            broken = "registered for another owner";
        } catch {}
        vm.prank(user(sender));
        check(registry.register(key, user(owner), simulator, proof) == id, "the thumbprint");
        devices.push(id);
    }

    function rotate(uint256 number, uint256 kind, bool byOwner, bool byThief) external {
        if (devices.length == 0) return;
        bytes32 id = devices[number % devices.length];
        DeviceRegistry.Device memory device = registry.device(id);
        if (device.keyCount == 5) return;
        (Curve curve, PublicKey memory key, bytes32 next) = newKey(kind);
        Signature memory byCurrent =
            sign(device.keyInUse, registry.rotationDigest(registry.keyOf(device.keyInUse).curve, id, next));
        Signature memory byNew = DeviceKeys.sign(curve, secrets[next], registry.rotationDigest(curve, id, next));
        bool allowed = byOwner && !byThief && device.revokedAt == 0;
        if (byThief) byCurrent = byNew;
        vm.prank(byOwner ? device.owner : user(uint160(device.owner) + 1));
        try registry.rotate(id, key, byCurrent, byNew) {
            if (!allowed) broken = "rotated";
        } catch {
            if (allowed) broken = "not rotated";
        }
    }

    function revoke(uint256 number, uint256 index, uint64 since, uint8 reason, bool byOwner) external {
        if (devices.length == 0) return;
        bytes32 id = devices[number % devices.length];
        DeviceRegistry.Device memory device = registry.device(id);
        DeviceRegistry.Key memory key = registry.keyAt(id, index % device.keyCount);
        since = uint64(within(since, 0, block.timestamp + 1));
        reason = reason % 5;
        bool allowed = byOwner && reason != 4 && since != 0 && since <= block.timestamp
            && (key.revokedAt == 0 || since < key.revokedAt);
        vm.prank(byOwner ? device.owner : user(uint160(device.owner) + 1));
        try registry.revoke(id, key.thumbprint, since, DeviceRegistry.Reason(reason)) {
            if (!allowed) broken = "revoked";
        } catch {
            if (allowed) broken = "not revoked";
        }
    }

    function transfer(uint256 number, uint256 to, bool byOwner) external {
        if (devices.length == 0) return;
        bytes32 id = devices[number % devices.length];
        address owner = registry.device(id).owner;
        vm.prank(byOwner ? owner : user(uint160(owner) + 1));
        try registry.transfer(id, user(to)) {
            if (!byOwner) broken = "transferred";
        } catch {
            if (byOwner) broken = "not transferred";
        }
    }

    function deposit(uint256 number, uint256 from, uint96 amount) external {
        if (devices.length == 0) return;
        bytes32 id = devices[number % devices.length];
        DeviceRegistry.Device memory device = registry.device(id);
        vm.deal(user(from), amount);
        bool allowed = amount != 0 && device.reason != DeviceRegistry.Reason.Equivocation;
        vm.prank(user(from));
        try registry.depositBond{value: amount}(id) {
            if (!allowed) broken = "deposited";
            bonds += amount;
        } catch {
            if (allowed) broken = "not deposited";
        }
    }

    function requestBond(uint256 number, bool byOwner) external {
        if (devices.length == 0) return;
        bytes32 id = devices[number % devices.length];
        DeviceRegistry.Device memory device = registry.device(id);
        vm.prank(byOwner ? device.owner : user(uint160(device.owner) + 1));
        try registry.requestBond(id) {
            if (!byOwner || device.bond == 0) broken = "requested";
        } catch {
            if (byOwner && device.bond != 0) broken = "not requested";
        }
    }

    function withdrawBond(uint256 number, bool byOwner) external {
        if (devices.length == 0) return;
        bytes32 id = devices[number % devices.length];
        DeviceRegistry.Device memory device = registry.device(id);
        bool allowed = byOwner && device.bond != 0 && device.bondReleaseAt != 0 && block.timestamp >= device.bondReleaseAt;
        uint256 before = device.owner.balance;
        vm.prank(byOwner ? device.owner : user(uint160(device.owner) + 1));
        try registry.withdrawBond(id) {
            if (!allowed) broken = "withdrawn";
            check(device.owner.balance == before + device.bond, "the bond, to the owner");
            bonds -= device.bond;
        } catch {
            if (allowed) broken = "not withdrawn";
        }
    }

    function report(uint256 number, uint256 index, uint64 sequence, uint8 kind, uint256 from) external {
        // One report in four at most, or most devices would end soon.
        if (devices.length == 0 || from % 4 != 0) return;
        bytes32 id = devices[number % devices.length];
        DeviceRegistry.Device memory device = registry.device(id);
        bytes32 key = registry.keyAt(id, index % device.keyCount).thumbprint;
        bytes memory a = statementBy(key, 1, sequence, "a");
        // Another label, the same statement, another number, or somebody else's signature.
        bytes memory b = kind % 4 == 0
            ? statementBy(key, 1, sequence, "b")
            : kind % 4 == 1 ? a : kind % 4 == 2 ? statementBy(key, 2, sequence, "b") : statementBy(0, 1, sequence, "b");
        bool allowed = kind % 4 == 0 && device.reason != DeviceRegistry.Reason.Equivocation;
        address reporter = user(from / 4);
        uint256 before = reporter.balance;
        vm.prank(reporter);
        try registry.reportEquivocation(key, a, b) {
            if (!allowed) broken = "reported";
            check(reporter.balance == before + device.bond / 2, "half of the bond");
            bonds -= device.bond;
        } catch {
            if (allowed) broken = "not reported";
        }
    }

    function wait(uint24 secondsToWait) external {
        vm.warp(block.timestamp + secondsToWait);
    }

    function statementBy(bytes32 key, uint64 bootCount, uint64 sequence, string memory label)
        private
        view
        returns (bytes memory)
    {
        Curve curve = key == 0 ? Curve.Secp256k1 : registry.keyOf(key).curve;
        bytes memory header = StatementBytes.header(curve == Curve.P256 ? bytes(hex"28") : bytes(hex"382e"));
        bytes memory payload = StatementBytes.inference(bootCount, sequence, keccak256("input"), label);
        Signature memory signature =
            DeviceKeys.sign(curve, key == 0 ? 77_777 : secrets[key], StatementBytes.digest(header, payload));
        return StatementBytes.statement(header, payload, signature.r, signature.s);
    }

    /// @notice Compares every key with what was seen of it before.
    function look() external {
        for (uint256 d = 0; d < devices.length; ++d) {
            DeviceRegistry.Key[] memory keys = registry.keysOf(devices[d]);
            for (uint256 k = 0; k < keys.length; ++k) {
                DeviceRegistry.Key memory now_ = keys[k];
                DeviceRegistry.Key memory before = seen[now_.thumbprint];
                if (before.curve != Curve.None) {
                    check(now_.deviceId == before.deviceId && now_.x == before.x && now_.y == before.y, "its device and point");
                    check(now_.registeredAt == before.registeredAt, "its first use");
                    check(before.retiredAt == 0 || now_.retiredAt == before.retiredAt, "its retirement");
                    check(
                        before.revokedAt == 0 || (now_.revokedAt != 0 && now_.revokedAt <= before.revokedAt),
                        "its revocation, or an earlier one"
                    );
                    check(
                        before.reason != DeviceRegistry.Reason.Equivocation || now_.reason == before.reason,
                        "an equivocation for good"
                    );
                }
                seen[now_.thumbprint] = now_;
            }
        }
    }
}

/// @title What holds whatever users do
contract DeviceRegistryTest {
    RegistryUsers private users;

    function setUp() external {
        vm.warp(1_790_000_000);
        users = new RegistryUsers();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(users);
    }

    function invariant_whatIsForbiddenFailsAndWhatIsAllowedDoesNot() external view {
        check(bytes(users.broken()).length == 0, users.broken());
    }

    function invariant_theBondsAreAllThere() external view {
        DeviceRegistry registry = users.registry();
        bytes32[] memory devices = users.all();
        uint256 sum = 0;
        for (uint256 i = 0; i < devices.length; ++i) sum += registry.device(devices[i]).bond;
        check(sum == users.bonds() && address(registry).balance == sum, "the sum of the bonds");
    }

    function invariant_everyDeviceHasOneKeyInUse() external view {
        DeviceRegistry registry = users.registry();
        bytes32[] memory devices = users.all();
        for (uint256 i = 0; i < devices.length; ++i) {
            DeviceRegistry.Device memory device = registry.device(devices[i]);
            DeviceRegistry.Key[] memory keys = registry.keysOf(devices[i]);
            check(device.owner != address(0) && keys.length == device.keyCount && keys.length > 0, "an owner and keys");
            check(keys[0].thumbprint == devices[i], "the first key is the id");
            check(keys[keys.length - 1].thumbprint == device.keyInUse, "the last is in use");
            check(keys[keys.length - 1].revokedAt == device.revokedAt, "its revocation is the device's");
            for (uint256 k = 0; k < keys.length; ++k) {
                bool last = k == keys.length - 1;
                check(keys[k].deviceId == devices[i] && keys[k].curve != Curve.None, "a key of the device");
                check(last ? keys[k].retiredAt == 0 : keys[k].retiredAt == keys[k + 1].registeredAt, "one after the other");
            }
        }
    }

    /// @notice Runs as the last look of a run; `look` is also one of the calls in between.
    function afterInvariant() external {
        users.look();
    }
}
