const openTimer = native("xs_timer_open");
const arm = native("xs_timer_arm");
const now = native("xs_timer_now");
let first;
function insert(entry) {
    if (first === undefined || entry.at < first.at) {
        entry.next = first;
        first = entry;
        return;
    }
    let before = first;
    while (before.next !== undefined && before.next.at <= entry.at)
        before = before.next;
    entry.next = before.next;
    before.next = entry;
}
function remove(entry) {
    if (first === entry)
        first = entry.next;
    for (let before = first; before !== undefined; before = before.next)
        if (before.next === entry)
            before.next = entry.next;
    entry.next = undefined;
}
function armFirst() {
    arm(first === undefined ? Number.POSITIVE_INFINITY : first.at);
}
/** Runs one timer, if one is due: the host runs promise jobs before it asks again. */
function wake() {
    const entry = first;
    if (entry === undefined || entry.at > now())
        return armFirst();
    first = entry.next;
    if (entry.repeatMs !== undefined) {
        // Without drift, but what was missed while the device was busy is not made up for in a burst.
        entry.at += entry.repeatMs;
        if (entry.at < now())
            entry.at = now() + entry.repeatMs;
        insert(entry);
    }
    else
        entry.next = undefined;
    // Before the callback: it may set or clear timers, which arms again.
    armFirst();
    entry.callback(entry);
}
openTimer(wake);
function checkMs(name, ms) {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY))
        throw new RangeError(`${name}: expected milliseconds from 0, got ${ms}`);
    return ms;
}
const Timer = {
    set(callback, ms = 0, repeatMs) {
        if (typeof callback !== "function")
            throw new TypeError("Timer.set: expected a function, got another value");
        const entry = {
            callback,
            at: now() + checkMs("Timer.set", ms),
            repeatMs: repeatMs === undefined ? undefined : checkMs("Timer.set", repeatMs),
            next: undefined,
        };
        insert(entry);
        armFirst();
        return entry;
    },
    repeat(callback, ms) {
        return Timer.set(callback, ms, ms);
    },
    clear(id) {
        if (id === undefined)
            return;
        remove(id);
        armFirst();
    },
};
export default Timer;
