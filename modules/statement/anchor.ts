/** Where on a chain a tree head is anchored. */
import { readArray, readBytes, readUint } from "assay/statement/claim";
import type { CborValue } from "assay/statement/cbor";
import type { StatementErrorCode } from "assay/statement/statement-error";

const ADDRESS_LENGTH = 20;
const HASH_LENGTH = 32;

/** The transaction that put a tree head into the log's contract. */
export interface Anchor {
  /** EIP-155 chain id */
  readonly chainId: number;
  /** address of the AttestationLog, 20 bytes */
  readonly contract: Uint8Array;
  /** number of the block that holds the transaction */
  readonly block: number;
  /** transaction hash, 32 bytes */
  readonly transaction: Uint8Array;
  /** that block's timestamp: Unix time in seconds */
  readonly time: number;
}

/** The anchor as a value to encode. */
export function anchorValue(anchor: Anchor): CborValue {
  return [anchor.chainId, anchor.contract, anchor.block, anchor.transaction, anchor.time];
}

/** The anchor in a decoded value. @throws StatementError with the given code */
export function readAnchor(value: CborValue | undefined, code: StatementErrorCode): Anchor {
  const [chainId, contract, block, transaction, time] = readArray(value, 5, "anchor", code);
  return {
    chainId: readUint(chainId, "chain id", code),
    contract: readBytes(contract, ADDRESS_LENGTH, "contract", code),
    block: readUint(block, "block number", code),
    transaction: readBytes(transaction, HASH_LENGTH, "transaction hash", code),
    time: readUint(time, "block time", code),
  };
}
