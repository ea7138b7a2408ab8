/* The one place where the device sleeps: poll() over everything that is watched. */
#include <errno.h>
#include <math.h>
#include <poll.h>

#include "linux.h"

/* poll() counts milliseconds in an int */
#define LONGEST_WAIT_MS 60000.0

assay_watch *assay_watch_add(assay_linux *board) {
    for (int i = 0; i < ASSAY_WATCHES; i++)
        if (board->watches[i].fd < 0) return &board->watches[i];
    return NULL;
}

bool assay_board_wait(assay_host *host, double milliseconds) {
    assay_linux *board = host->board;
    struct pollfd polled[ASSAY_WATCHES];
    assay_watch *watches[ASSAY_WATCHES];
    nfds_t count = 0;
    bool is_waiting = false;
    for (int i = 0; i < ASSAY_WATCHES; i++) {
        assay_watch *watch = &board->watches[i];
        if (watch->fd < 0) continue;
        if (!watch->is_idle) is_waiting = true;
        /* with events 0, poll() would still report a peer that is gone, again and again */
        if (watch->events == 0) continue;
        watches[count] = watch;
        polled[count].fd = watch->fd;
        polled[count].events = watch->events;
        polled[count].revents = 0;
        count++;
    }
    if (!is_waiting && isinf(milliseconds)) return false;
    milliseconds = fmin(milliseconds, assay_notify_turn(&board->notify));
    /* up, since a timer that is called too early would only be waited for again */
    if (poll(polled, count, (int)ceil(fmin(milliseconds, LONGEST_WAIT_MS))) <= 0) return true;
    for (nfds_t i = 0; i < count; i++) {
        /* A callback may have closed this one, and another may have taken its entry. */
        if (polled[i].revents != 0 && watches[i]->fd == polled[i].fd) watches[i]->ready(host, watches[i], polled[i].revents);
    }
    return true;
}
