/* What a service manager hears of the device: systemd's notification protocol (sd_notify(3)), without its library. */
#ifndef ASSAY_NOTIFY_H
#define ASSAY_NOTIFY_H

#include <stdbool.h>

/* Zeroed, with `socket` -1: nobody listens. */
typedef struct {
    /* a datagram socket that is connected to the manager's, or -1 */
    int socket;
    bool is_ready;
    /* milliseconds from one sign of life to the next; 0: the manager wants none */
    double interval;
    /* ticks at which the next one is due */
    double next;
} assay_notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. NULL, or why what they say cannot be followed. */
const char *assay_notify_open(assay_notify *notify);

/*
 * Called whenever the event loop turns, and only there: an app that computes forever gives no sign of life. The first turn says READY=1. Returns the milliseconds
 * after which the loop must turn again; infinite without a watchdog.
 */
double assay_notify_turn(assay_notify *notify);

/* Says STOPPING=1. */
void assay_notify_stopping(assay_notify *notify);

#endif
