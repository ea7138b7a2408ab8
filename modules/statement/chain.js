/**
 * The chain rule: a device's statements, boot and inference alike, follow each other by number and by digest, over all its boots.
 * Gateways and clients judge by this one function.
 */
import { startsWith } from "assay/statement/bytes";
/** The head that a chain has after `statement`. */
export function chainHead(statement) {
    return { sequence: statement.sequence, bootCount: statement.bootCount, digest: statement.digest };
}
/**
 * What keeps `next` from following on `previous`, or undefined if nothing does. Signatures are verified before, not here.
 * @param previous undefined: nothing of this device is known, so only its first statement follows
 */
export function checkSuccessor(previous, next) {
    if (previous === undefined) {
        if (next.sequence !== 0)
            return problem("GAP", `expected sequence 0, got ${next.sequence}`);
        return next.kind === "boot" ? undefined : problem("BOOT_MISSING", "expected a boot statement at sequence 0, got an inference");
    }
    if (next.sequence === previous.sequence) {
        if (startsWith(previous.digest, next.digest))
            return problem("REPLAY", `expected sequence ${previous.sequence + 1}, got ${next.sequence} once more`);
        return problem("FORK", `expected one statement with sequence ${next.sequence}, got another one`);
    }
    if (next.sequence < previous.sequence)
        return problem("REPLAY", `expected sequence ${previous.sequence + 1}, got ${next.sequence}`);
    if (next.bootCount < previous.bootCount)
        return problem("BOOT_ROLLBACK", `expected boot ${previous.bootCount} or later, got ${next.bootCount}`);
    if (next.sequence > previous.sequence + 1)
        return problem("GAP", `expected sequence ${previous.sequence + 1}, got ${next.sequence}`);
    // Only sequence 0 has no link, and that follows on nothing.
    if (next.previous === null || !startsWith(previous.digest, next.previous))
        return problem("BROKEN_LINK", `expected a link to statement ${previous.sequence}, got one to another`);
    if (next.kind === "boot")
        return next.bootCount > previous.bootCount ? undefined : problem("BOOT_ROLLBACK", `expected a boot after boot ${previous.bootCount}, got ${next.bootCount}`);
    return next.bootCount === previous.bootCount ? undefined : problem("BOOT_MISSING", `expected boot ${previous.bootCount} or a boot statement, got an inference of boot ${next.bootCount}`);
}
function problem(code, message) {
    return { code, message };
}
