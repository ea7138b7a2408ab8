/** The contracts' interfaces as constants, so that viem infers argument and result types and no compiler is needed at run time. */
import { parseAbi } from "viem";

/** Interface of `AttestationLog.sol`. */
export const attestationLogAbi = parseAbi([
  "constructor(address operator_)",
  "function anchor(uint64 size, bytes32 root, bytes32[] consistencyProof)",
  "function head() view returns (uint64 size, bytes32 root)",
  "function operator() view returns (address)",
  "function rootAt(uint64 size) view returns (bytes32 root)",
  "function verifyInclusion(bytes32 leafHash, uint64 index, uint64 size, bytes32[] path) view returns (bool)",
  "event Anchored(uint64 indexed size, bytes32 root)",
  "error FirstProofNotEmpty(uint256 length)",
  "error InconsistentHead(uint64 currentSize, uint64 size)",
  "error NotOperator(address caller, address operator)",
  "error OperatorIsZero()",
  "error RootIsZero()",
  "error Sha256Failed()",
  "error SizeNotGreater(uint64 size, uint64 currentSize)",
]);

/** Interface of `DeviceRegistry.sol`. */
export const deviceRegistryAbi = parseAbi([
  "constructor(address registrar_)",
  "function deviceKey(bytes32 deviceId) view returns (bytes32 x, bytes32 y, bool registered)",
  "function register(bytes32 deviceId, bytes32 x, bytes32 y)",
  "function registrar() view returns (address)",
  "function thumbprint(bytes32 x, bytes32 y) pure returns (bytes32)",
  "event DeviceRegistered(bytes32 indexed deviceId, bytes32 x, bytes32 y)",
  "error AlreadyRegistered(bytes32 deviceId)",
  "error NotOnCurve(bytes32 x, bytes32 y)",
  "error NotRegistrar(address caller, address registrar)",
  "error RegistrarIsZero()",
  "error ThumbprintMismatch(bytes32 deviceId, bytes32 thumbprint)",
]);
