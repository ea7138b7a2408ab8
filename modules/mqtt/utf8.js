/**
 * UTF-8 as MQTT wants it (§1.5.3). XS has no `TextEncoder`; and neither that nor its `TextDecoder` in its usual mode
 * would refuse what MQTT forbids.
 */
/**
 * The UTF-8 bytes of a string, or undefined if MQTT forbids it: a lone surrogate [MQTT-1.5.3-1], U+0000 [MQTT-1.5.3-2],
 * or more than 65,535 bytes (§1.5.3).
 */
export function encodeUtf8(text) {
    const length = utf8Length(text);
    if (length === undefined || length > 0xffff)
        return undefined;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const character of text) {
        const point = character.codePointAt(0);
        if (point < 0x80) {
            bytes[at++] = point;
        }
        else if (point < 0x800) {
            bytes[at++] = 0xc0 | (point >> 6);
            bytes[at++] = 0x80 | (point & 0x3f);
        }
        else if (point < 0x10000) {
            bytes[at++] = 0xe0 | (point >> 12);
            bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
            bytes[at++] = 0x80 | (point & 0x3f);
        }
        else {
            bytes[at++] = 0xf0 | (point >> 18);
            bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
            bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
            bytes[at++] = 0x80 | (point & 0x3f);
        }
    }
    return bytes;
}
function utf8Length(text) {
    let length = 0;
    for (const character of text) {
        const point = character.codePointAt(0);
        if (point === 0 || (point >= 0xd800 && point <= 0xdfff))
            return undefined;
        length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    }
    return length;
}
/**
 * The string of UTF-8 bytes, or undefined if they are not well formed (Unicode 15, table 3-7: no overlong form, no
 * surrogate, nothing beyond U+10FFFF) [MQTT-1.5.3-1] or hold U+0000 [MQTT-1.5.3-2].
 */
export function decodeUtf8(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length;) {
        const lead = bytes[at++];
        if (lead < 0x80) {
            if (lead === 0)
                return undefined;
            text += String.fromCharCode(lead);
            continue;
        }
        const more = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
        if (more === 0 || at + more > bytes.length)
            return undefined;
        let point = lead & (0x3f >> more);
        for (let i = 0; i < more; i++) {
            const next = bytes[at++];
            if ((next & 0xc0) !== 0x80)
                return undefined;
            point = (point << 6) | (next & 0x3f);
        }
        const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
        if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return undefined;
        text += String.fromCodePoint(point);
    }
    return text;
}
