// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The devices whose statements count
/// @notice Keeps the secp256k1 key of each device under the device's id: the thumbprint (RFC 9679) of its first key.
/// The contract computes the thumbprint itself, so that an id can never stand for another key than its own.
/// @dev A device's id is for life, while the key in use may change: the key is therefore a record under the id with a
/// status, not the id's preimage, which leaves room for rotation and revocation.
contract DeviceRegistry {
    /// @notice What the registry knows of an id. New states go to the end.
    enum Status {
        Unknown,
        Active
    }

    struct Device {
        bytes32 x;
        bytes32 y;
        Status status;
    }

    /// @notice A device was registered.
    /// @param deviceId Thumbprint (RFC 9679) of the key.
    /// @param x Coordinate of the public key, big-endian.
    /// @param y Coordinate of the public key, big-endian.
    event DeviceRegistered(bytes32 indexed deviceId, bytes32 x, bytes32 y);

    /// @notice Only the registrar may register devices.
    error NotRegistrar(address caller, address registrar);
    /// @notice A registrar is needed.
    error RegistrarIsZero();
    /// @notice The id is registered already.
    error AlreadyRegistered(bytes32 deviceId);
    /// @notice The id is not the thumbprint of the key.
    error ThumbprintMismatch(bytes32 deviceId, bytes32 thumbprint);
    /// @notice The coordinates are not those of a point on secp256k1.
    error NotOnCurve(bytes32 x, bytes32 y);

    /// @dev Field prime of secp256k1 (SEC 2 §2.4.1).
    uint256 private constant P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;

    /// @notice The account that may register devices.
    address public immutable registrar;

    mapping(bytes32 deviceId => Device device) private devices;

    /// @param registrar_ The account that may register devices.
    constructor(address registrar_) {
        if (registrar_ == address(0)) revert RegistrarIsZero();
        registrar = registrar_;
    }

    /// @notice Registers a device with its first key.
    /// @param deviceId Thumbprint (RFC 9679) of the key.
    /// @param x Coordinate of the public key, big-endian.
    /// @param y Coordinate of the public key, big-endian.
    function register(bytes32 deviceId, bytes32 x, bytes32 y) external {
        if (msg.sender != registrar) revert NotRegistrar(msg.sender, registrar);
        if (devices[deviceId].status != Status.Unknown) revert AlreadyRegistered(deviceId);
        if (!isOnCurve(x, y)) revert NotOnCurve(x, y);
        bytes32 computed = thumbprint(x, y);
        if (computed != deviceId) revert ThumbprintMismatch(deviceId, computed);
        devices[deviceId] = Device(x, y, Status.Active);
        emit DeviceRegistered(deviceId, x, y);
    }

    /// @notice The key in use of a device; zeros and false for an unknown id.
    /// @param deviceId Thumbprint (RFC 9679) of the device's first key.
    function deviceKey(bytes32 deviceId) external view returns (bytes32 x, bytes32 y, bool registered) {
        Device storage device = devices[deviceId];
        return (device.x, device.y, device.status == Status.Active);
    }

    /// @notice The COSE Key Thumbprint of a secp256k1 key (RFC 9679 §3): SHA-256 of the deterministic encoding of
    /// {1: 2 (EC2), -1: 8 (secp256k1, RFC 8812 §3.1), -2: x, -3: y}.
    function thumbprint(bytes32 x, bytes32 y) public pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"a401022008215820", x, hex"225820", y));
    }

    /// @dev y² = x³ + 7 over the field. Both coordinates must be reduced, else one point would have several ids.
    function isOnCurve(bytes32 x, bytes32 y) private pure returns (bool) {
        uint256 a = uint256(x);
        uint256 b = uint256(y);
        if (a >= P || b >= P) return false;
        return mulmod(b, b, P) == addmod(mulmod(mulmod(a, a, P), a, P), 7, P);
    }
}
