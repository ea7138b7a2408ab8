/* The one place where the device sleeps: until a timer is due, or the link has received something. */
#include <math.h>

#include "mps2.h"

/* The clock must be read before it wraps, the watchdog be fed before it bites. */
#define LONGEST_WAIT_MS 4000.0

bool assay_board_wait(assay_host *host, double milliseconds) {
    double due = assay_ticks() + milliseconds;
    double left;
    watchdog_feed();
    switch (link_turn(host, &due)) {
    case LINK_CALLED:
        return true;
    case LINK_CLOSED:
        if (isinf(due)) return false;
        break;
    case LINK_QUIET:
        break;
    }
    left = fmin(due - assay_ticks(), LONGEST_WAIT_MS);
    if (left <= 0) return true;
    /* WFI wakes for an interrupt that is pending, even if it is masked: so one that comes before the sleep, the timer's too, ends the sleep. */
    __asm__ volatile("cpsid i" ::: "memory");
    clock_wake_after(left);
    if (!link_has_news()) __asm__ volatile("wfi" ::: "memory");
    __asm__ volatile("cpsie i\n\tisb" ::: "memory");
    watchdog_feed();
    return true;
}
