import { encodeStatement } from "assay/statement";
/** Bytes of the digest of the statement before that a statement carries. */
const PREVIOUS_LENGTH = 16;
/**
 * Makes statements: gives each its place in the device's chain, signs it, and stores it before anybody sees it.
 *
 * The chain's head is read back from the outbox, so a power cut at any instant neither forks it nor leaves a gap: what was stored is
 * the head, what was not has never been published.
 */
export class Attestor {
    identity;
    outbox;
    sha256;
    header;
    bootCount;
    sequence;
    previous;
    /** Counts the boot (durably) and takes up the chain where the outbox has it. */
    constructor(options) {
        const { identity, outbox, subject, sha256 } = options;
        const head = outbox.head;
        this.identity = identity;
        this.outbox = outbox;
        this.sha256 = sha256;
        this.header = { issuer: identity.deviceId, subject, keyId: identity.keyId };
        this.bootCount = identity.countBoot();
        this.sequence = head === undefined ? 0 : head.sequence + 1;
        this.previous = head === undefined ? null : sha256(head.bytes).slice(0, PREVIOUS_LENGTH);
    }
    /** The sequence number that the next statement gets. */
    get nextSequence() {
        return this.sequence;
    }
    /** States what runs. Durable when it returns. */
    boot(facts) {
        return this.store(encodeStatement({ kind: "boot", sequence: this.sequence, bootCount: this.bootCount, previous: this.previous, publicKey: this.identity.publicKey, ...facts }, this.header, this.identity.signer, this.sha256));
    }
    /** States what came out of the model for one window. Durable when it returns. */
    inference(options) {
        const { window, output, result, beacon, time } = options;
        const claims = {
            kind: "inference",
            sequence: this.sequence,
            bootCount: this.bootCount,
            previous: this.previous,
            input: this.sha256(littleEndian(window)),
            results: [{ output, label: result.label, score: result.score }],
            beacon,
            time,
        };
        return this.store(encodeStatement(claims, this.header, this.identity.signer, this.sha256));
    }
    store(statement) {
        this.outbox.append(this.sequence, statement);
        this.previous = this.sha256(statement).slice(0, PREVIOUS_LENGTH);
        this.sequence++;
        return statement;
    }
}
const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** The values' binary32 encodings, little endian, as the statement format has them. */
function littleEndian(values) {
    if (hostIsLittleEndian)
        return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const bytes = new DataView(new ArrayBuffer(values.byteLength));
    values.forEach((value, i) => bytes.setFloat32(4 * i, value, true));
    return new Uint8Array(bytes.buffer);
}
