/* Natives under the module `timer`, which keeps the timers themselves in JavaScript: the host only knows when the next one is due. */
#include "xsmc.h"

#include <math.h>

#include "host.h"

/* (callback: () => void): the function that runs the timers that are due */
void xs_timer_open(xsMachine *the) {
    assay_host *host = xsGetContext(the);
    xsSlot *root = (xsSlot *)host->timer.slot;
    if (!xsmcIsCallable(xsArg(0))) xsTypeError("timer: expected a function, got another value");
    *root = xsArg(0);
    if (!host->timer.is_set) xsRemember(*root);
    host->timer.is_set = true;
}

/* (at: number): ticks at which the callback is to be called; Infinity for never */
void xs_timer_arm(xsMachine *the) {
    assay_host *host = xsGetContext(the);
    const double at = xsmcToNumber(xsArg(0));
    if (isnan(at)) xsRangeError("timer: expected a number of milliseconds, got NaN");
    host->wake_at = at;
}

/* () → milliseconds, monotonic */
void xs_timer_now(xsMachine *the) { xsmcSetNumber(xsResult, assay_ticks()); }
