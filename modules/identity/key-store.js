/**
 * A device's identity in its store: the secret key, made once, and the count of its boots. Pure: the curve, the hash, the store and the
 * entropy come in as parameters.
 */
import { IdentityError } from "assay/identity/identity-error";
import { equalBytes } from "assay/statement/bytes";
import { deviceId, keyId, PUBLIC_KEY_LENGTH, thumbprint } from "assay/statement/cose-key";
import { ES256K } from "assay/statement/signer";
const KEY = "key";
const BOOTS = "boots";
/** Layout of the stored key: version, secret, key id (as a check that the bytes are what was written). */
const VERSION = 1;
const SECRET_LENGTH = 32;
const CHECK_LENGTH = 8;
const KEY_RECORD_LENGTH = 1 + SECRET_LENGTH + CHECK_LENGTH;
/** Layout of the stored boot count: big endian, and once more with all bits inverted. */
const BOOTS_RECORD_LENGTH = 8;
const BOOTS_LIMIT = 0xffffffff;
/** One draw in 2^128 is no secret key; a source that fails this often is broken. */
const DRAWS = 8;
/**
 * The identity in the store; a new one, durable before this returns, if there is none.
 * @throws IdentityError `BAD_KEY`, `BAD_BOOT_COUNT`, `BAD_ENTROPY`, `STORE_FAILED`. A damaged key is never replaced: that would be another device.
 */
export function loadIdentity(source) {
    const { store, curve, sha256 } = source;
    const stored = readStore(store, KEY);
    const { secret, publicKey, print } = stored === undefined ? makeKey(source) : readKey(stored, curve, sha256);
    let bootCount = readBootCount(readStore(store, BOOTS));
    const signer = { algorithm: ES256K, publicKey, sign: (digest) => curve.sign(secret, digest) };
    return {
        deviceId: deviceId(print),
        keyId: keyId(print),
        publicKey,
        signer,
        get bootCount() {
            return bootCount;
        },
        countBoot() {
            if (bootCount === BOOTS_LIMIT)
                throw new IdentityError("BAD_BOOT_COUNT", `expected less than ${BOOTS_LIMIT} boots`);
            writeStore(store, BOOTS, bootCountRecord(bootCount + 1));
            return ++bootCount;
        },
    };
}
function makeKey({ store, entropy, curve, sha256 }) {
    for (let draw = 0; draw < DRAWS; draw++) {
        const secret = drawSecret(entropy);
        const publicKey = curve.publicKey(secret);
        if (publicKey === undefined)
            continue;
        const print = thumbprint(publicKey, sha256);
        const record = new Uint8Array(KEY_RECORD_LENGTH);
        record[0] = VERSION;
        record.set(secret, 1);
        record.set(print.subarray(0, CHECK_LENGTH), 1 + SECRET_LENGTH);
        writeStore(store, KEY, record);
        record.fill(0);
        return { secret, publicKey, print };
    }
    throw new IdentityError("BAD_ENTROPY", `expected a secret key from the entropy source, got none in ${DRAWS} draws`);
}
function drawSecret(entropy) {
    let secret;
    try {
        secret = entropy(SECRET_LENGTH);
    }
    catch (cause) {
        throw new IdentityError("BAD_ENTROPY", `expected ${SECRET_LENGTH} bytes of entropy, got an error`, { cause });
    }
    if (secret.length !== SECRET_LENGTH)
        throw new IdentityError("BAD_ENTROPY", `expected ${SECRET_LENGTH} bytes of entropy, got ${secret.length}`);
    if (secret.every((byte) => byte === secret[0]))
        throw new IdentityError("BAD_ENTROPY", "expected entropy, got one byte over and over");
    return secret;
}
function readKey(record, curve, sha256) {
    if (record.length !== KEY_RECORD_LENGTH)
        throw new IdentityError("BAD_KEY", `expected a stored key of ${KEY_RECORD_LENGTH} bytes, got ${record.length}`);
    if (record[0] !== VERSION)
        throw new IdentityError("BAD_KEY", `expected a stored key of version ${VERSION}, got ${record[0]}`);
    const secret = record.slice(1, 1 + SECRET_LENGTH);
    const publicKey = curve.publicKey(secret);
    if (publicKey === undefined || publicKey.length !== PUBLIC_KEY_LENGTH)
        throw new IdentityError("BAD_KEY", "expected a stored key from 1 to n - 1");
    const print = thumbprint(publicKey, sha256);
    if (!equalBytes(record.subarray(1 + SECRET_LENGTH), print.subarray(0, CHECK_LENGTH)))
        throw new IdentityError("BAD_KEY", "expected a stored key that fits its key id");
    return { secret, publicKey, print };
}
function readBootCount(record) {
    if (record === undefined)
        return 0;
    if (record.length !== BOOTS_RECORD_LENGTH)
        throw new IdentityError("BAD_BOOT_COUNT", `expected a stored boot count of ${BOOTS_RECORD_LENGTH} bytes, got ${record.length}`);
    const view = new DataView(record.buffer, record.byteOffset, BOOTS_RECORD_LENGTH);
    const count = view.getUint32(0);
    if (view.getUint32(4) !== ~count >>> 0)
        throw new IdentityError("BAD_BOOT_COUNT", "expected a stored boot count that fits its check");
    return count;
}
function bootCountRecord(count) {
    const record = new Uint8Array(BOOTS_RECORD_LENGTH);
    const view = new DataView(record.buffer);
    view.setUint32(0, count);
    view.setUint32(4, ~count >>> 0);
    return record;
}
function readStore(store, key) {
    let value;
    try {
        value = store.read(key);
    }
    catch (cause) {
        throw new IdentityError("STORE_FAILED", `expected to read "${key}", got an error`, { cause });
    }
    return value === undefined ? undefined : new Uint8Array(value);
}
/** Writes and reads back: a worn-out flash shows before anybody relies on the value. */
function writeStore(store, key, value) {
    try {
        store.write(key, value);
    }
    catch (cause) {
        throw new IdentityError("STORE_FAILED", `expected to write "${key}", got an error`, { cause });
    }
    const kept = readStore(store, key);
    if (kept === undefined || !equalBytes(kept, value))
        throw new IdentityError("STORE_FAILED", `expected the store to keep "${key}"`);
}
