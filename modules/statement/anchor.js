/** Where on a chain a tree head is anchored. */
import { readArray, readBytes, readUint } from "assay/statement/claim";
const ADDRESS_LENGTH = 20;
const HASH_LENGTH = 32;
/** The anchor as a value to encode. */
export function anchorValue(anchor) {
    return [anchor.chainId, anchor.contract, anchor.block, anchor.transaction];
}
/** The anchor in a decoded value. @throws StatementError with the given code */
export function readAnchor(value, code) {
    const [chainId, contract, block, transaction] = readArray(value, 4, "anchor", code);
    return {
        chainId: readUint(chainId, "chain id", code),
        contract: readBytes(contract, ADDRESS_LENGTH, "contract", code),
        block: readUint(block, "block number", code),
        transaction: readBytes(transaction, HASH_LENGTH, "transaction hash", code),
    };
}
