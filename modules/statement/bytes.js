/** Whether two byte strings are the same. Not in constant time: for what is public. */
export function equalBytes(a, b) {
    return a.length === b.length && startsWith(a, b);
}
/** Whether `bytes` begins with `start`. */
export function startsWith(bytes, start) {
    if (start.length > bytes.length)
        return false;
    for (let i = 0; i < start.length; i++)
        if (bytes[i] !== start[i])
            return false;
    return true;
}
