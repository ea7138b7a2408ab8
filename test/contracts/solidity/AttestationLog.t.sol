// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AttestationLog} from "../../../contracts/AttestationLog.sol";
import {ReferenceTree} from "./ReferenceTree.sol";
import {check, vm, within} from "./Vm.sol";

/// @title An operator who grows the log, and at every turn tries to rewrite it
contract LogOperator {
    /// @dev So many leaves at most, to keep the recursion of the reference short.
    uint256 private constant MOST = 48;

    AttestationLog public immutable log = new AttestationLog(address(this));
    bytes32[] private leaves;
    uint64[] private sizes;
    bytes32[] private roots;
    /// What was accepted and should not have been.
    string public broken;

    function all() external view returns (bytes32[] memory, uint64[] memory, bytes32[] memory) {
        return (leaves, sizes, roots);
    }

    /// @notice Appends leaves and anchors them with the proof of RFC 9162.
    function grow(uint256 count, bytes32 seed) external {
        count = within(count, 1, 9);
        if (leaves.length + count > MOST) return;
        uint256 last = leaves.length;
        for (uint256 i = 0; i < count; ++i) leaves.push(keccak256(abi.encode(seed, i, last)));
        bytes32[] memory grown = leaves;
        bytes32 root = ReferenceTree.root(grown, 0, grown.length);
        log.anchor(uint64(grown.length), root, last == 0 ? new bytes32[](0) : ReferenceTree.proof(grown, last, grown.length));
        sizes.push(uint64(grown.length));
        roots.push(root);
    }

    /// @notice Changes a leaf that was anchored.
    function changeLeaf(uint256 place, bytes32 forged, uint256 count, bool honestProof) external {
        if (leaves.length == 0) return;
        (bytes32[] memory next, bytes32[] memory proof) = continued(count);
        place = within(place, 0, leaves.length - 1);
        if (next[place] == forged) return;
        next[place] = forged;
        attempt(next, honestProof ? proof : ReferenceTree.proof(next, leaves.length, next.length), "a changed leaf");
    }

    /// @notice Swaps two leaves that were anchored.
    function swapLeaves(uint256 a, uint256 b, uint256 count, bool honestProof) external {
        if (leaves.length == 0) return;
        (bytes32[] memory next, bytes32[] memory proof) = continued(count);
        (a, b) = (within(a, 0, leaves.length - 1), within(b, 0, leaves.length - 1));
        if (a == b) return;
        (next[a], next[b]) = (next[b], next[a]);
        attempt(next, honestProof ? proof : ReferenceTree.proof(next, leaves.length, next.length), "swapped leaves");
    }

    /// @notice Takes out a leaf that was anchored; those after it move up.
    function dropLeaf(uint256 place, uint256 count) external {
        if (leaves.length == 0) return;
        (bytes32[] memory next,) = continued(count + 1);
        for (uint256 i = within(place, 0, leaves.length - 1); i + 1 < next.length; ++i) next[i] = next[i + 1];
        next[next.length - 1] = keccak256("filled up");
        attempt(next, ReferenceTree.proof(next, leaves.length, next.length), "a leaf taken out");
    }

    /// @notice Anchors a tree that is not larger than the last, though it is one of this log.
    function goBack(uint256 size) external {
        if (leaves.length == 0) return;
        bytes32[] memory kept = leaves;
        size = within(size, 1, kept.length);
        bytes32 root = ReferenceTree.root(kept, 0, size);
        try log.anchor(uint64(size), root, new bytes32[](0)) {
            broken = "a head that is not larger";
        } catch {}
    }

    /// @notice Anchors any root with any proof.
    function makeUp(uint64 size, bytes32 root, bytes32[] calldata proof) external {
        if (leaves.length == 0) return;
        try log.anchor(size, root, proof) {
            broken = "a head that is made up";
        } catch {}
    }

    /// @notice Somebody else anchors an honest head.
    function byStranger(address stranger, uint256 count) external {
        if (stranger == address(this) || leaves.length == 0) return;
        (bytes32[] memory next, bytes32[] memory proof) = continued(count);
        bytes32 root = ReferenceTree.root(next, 0, next.length);
        vm.prank(stranger);
        try log.anchor(uint64(next.length), root, proof) {
            broken = "a head of somebody else";
        } catch {}
    }

    /// @dev The leaves with 1 to 9 more, and the honest proof.
    function continued(uint256 count) private view returns (bytes32[] memory next, bytes32[] memory proof) {
        next = new bytes32[](leaves.length + within(count, 1, 9));
        for (uint256 i = 0; i < next.length; ++i) next[i] = i < leaves.length ? leaves[i] : keccak256(abi.encode("next", i));
        proof = ReferenceTree.proof(next, leaves.length, next.length);
    }

    function attempt(bytes32[] memory next, bytes32[] memory proof, string memory what) private {
        bytes32 root = ReferenceTree.root(next, 0, next.length);
        try log.anchor(uint64(next.length), root, proof) {
            broken = what;
        } catch {}
    }
}

/// @title Nothing that was anchored is ever removed or changed
contract AttestationLogTest {
    LogOperator private operator;

    function setUp() external {
        operator = new LogOperator();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(operator);
    }

    function invariant_nothingDishonestIsAccepted() external view {
        check(bytes(operator.broken()).length == 0, string.concat("refused: ", operator.broken()));
    }

    function invariant_theRootOfASizeNeverChanges() external view {
        (, uint64[] memory sizes, bytes32[] memory roots) = operator.all();
        AttestationLog log = operator.log();
        for (uint256 i = 0; i < sizes.length; ++i) check(log.rootAt(sizes[i]) == roots[i], "the root that was anchored");
        (uint64 size, bytes32 root) = log.head();
        if (sizes.length == 0) check(size == 0 && root == 0, "no head");
        else check(size == sizes[sizes.length - 1] && root == roots[roots.length - 1], "the last head");
    }

    /// @notice At the end of a run: every leaf is in every head from its own on, and in none before.
    function afterInvariant() external view {
        (bytes32[] memory leaves, uint64[] memory sizes,) = operator.all();
        for (uint256 head = 0; head < sizes.length; ++head) {
            // Calls of its own, whose memory is given back.
            for (uint256 index = 0; index < leaves.length; ++index) this.expectLeaf(leaves, index, sizes[head]);
        }
    }

    function expectLeaf(bytes32[] memory leaves, uint256 index, uint64 size) external view {
        bytes32[] memory path = index < size ? ReferenceTree.path(leaves, index, 0, size) : new bytes32[](0);
        bool included = operator.log().verifyInclusion(leaves[index], uint64(index), size, path);
        check(included == (index < size), "a leaf of the heads from its own on");
    }

    /// @notice The runs do anchor: an operator who grows the log is never refused.
    function test_anHonestLogGrows() external {
        for (uint256 i = 0; i < 12; ++i) operator.grow(i, bytes32(i));
        (bytes32[] memory leaves, uint64[] memory sizes,) = operator.all();
        check(sizes.length > 5 && leaves.length > 30, "heads");
        this.afterInvariant();
    }
}
