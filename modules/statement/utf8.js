/**
 * UTF-8 (RFC 3629), strict both ways. The engines differ in what they offer (XS has no TextEncoder), so all of them run this.
 */
import { StatementError } from "assay/statement/statement-error";
/** Code points that are turned into a string at once: keeps the arguments of one call small. */
const RUN = 64;
function isSurrogate(codePoint) {
    return codePoint >= 0xd800 && codePoint <= 0xdfff;
}
/** True if the text is ASCII only, the usual case, which needs no iterator. */
function isAscii(text) {
    for (let i = 0; i < text.length; i++)
        if (text.charCodeAt(i) >= 0x80)
            return false;
    return true;
}
/**
 * Bytes that `text` takes in UTF-8.
 * @throws StatementError `NOT_ENCODABLE` for a lone surrogate
 */
export function utf8Length(text) {
    if (isAscii(text))
        return text.length;
    let length = 0;
    for (const character of text) {
        const codePoint = character.codePointAt(0);
        if (isSurrogate(codePoint))
            throw new StatementError("NOT_ENCODABLE", "expected well-formed text, got a lone surrogate");
        length += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }
    return length;
}
/** Writes `text` at `offset` of `target`, which has room for `utf8Length(text)` bytes. */
export function writeUtf8(text, target, offset) {
    if (isAscii(text)) {
        for (let i = 0; i < text.length; i++)
            target[offset + i] = text.charCodeAt(i);
        return;
    }
    for (const character of text) {
        const codePoint = character.codePointAt(0);
        if (codePoint < 0x80) {
            target[offset++] = codePoint;
            continue;
        }
        const followers = codePoint < 0x800 ? 1 : codePoint < 0x10000 ? 2 : 3;
        target[offset++] = [0xc0, 0xe0, 0xf0][followers - 1] | (codePoint >> (6 * followers));
        for (let shift = 6 * (followers - 1); shift >= 0; shift -= 6)
            target[offset++] = 0x80 | ((codePoint >> shift) & 0x3f);
    }
}
/**
 * The text in `bytes[start, end)`.
 * @throws StatementError `NOT_CBOR` for anything that RFC 3629 §3 does not allow: overlong forms, surrogates, beyond U+10FFFF, cut off
 */
export function readUtf8(bytes, start, end) {
    let text = "";
    let run = [];
    let position = start;
    while (position < end) {
        const first = bytes[position++];
        let codePoint = first;
        if (first >= 0x80) {
            const followers = first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
            if (followers === 0 || position + followers > end)
                throw notUtf8(position - 1);
            codePoint = first & (0x3f >> followers);
            for (let i = 0; i < followers; i++) {
                const next = bytes[position++];
                if ((next & 0xc0) !== 0x80)
                    throw notUtf8(position - 1);
                codePoint = (codePoint << 6) | (next & 0x3f);
            }
            const smallest = followers === 1 ? 0x80 : followers === 2 ? 0x800 : 0x10000;
            if (codePoint < smallest || codePoint > 0x10ffff || isSurrogate(codePoint))
                throw notUtf8(position - 1);
        }
        run.push(codePoint);
        if (run.length === RUN) {
            text += String.fromCodePoint(...run);
            run = [];
        }
    }
    return text + String.fromCodePoint(...run);
}
function notUtf8(offset) {
    return new StatementError("NOT_CBOR", `expected UTF-8, got another byte at offset ${offset}`);
}
