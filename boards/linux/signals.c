/*
 * SIGTERM and SIGINT: the first goes through a pipe to the event loop, which calls the app or ends the process with 0; a second ends the process at once, so that an
 * app that computes forever can be stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "linux.h"

/* A signal handler has no parameter to find these by. */
static volatile sig_atomic_t signal_pipe = -1;
static volatile sig_atomic_t signal_count = 0;

static void on_signal(int number) {
    const int saved = errno;
    if (signal_count++ > 0) _exit(128 + number);
    if (write((int)signal_pipe, "", 1) < 0) _exit(128 + number);
    errno = saved;
}

static void ready(assay_host *host, assay_watch *watch, short events) {
    assay_linux *board = host->board;
    char byte;
    (void)events;
    if (read(watch->fd, &byte, 1) != 1) return;
    assay_notify_stopping(&board->notify);
    if (!host->shutdown.is_set) {
        fflush(stdout);
        exit(0);
    }
    assay_call(host, &host->shutdown, 0, NULL);
}

bool assay_signals_open(assay_host *host) {
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    assay_watch *watch = assay_watch_add(host->board);
    int ends[2];
    if (pipe(ends) != 0) return false;
    for (int i = 0; i < 2; i++)
        if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) != 0 || fcntl(ends[i], F_SETFL, O_NONBLOCK) != 0) return false;
    *watch = (assay_watch){ .fd = ends[0], .events = POLLIN, .is_idle = true, .ready = ready };
    signal_pipe = ends[1];
    sigemptyset(&action.sa_mask);
    /* A peer that is gone is an error of write(), not the end of the process. */
    return signal(SIGPIPE, SIG_IGN) != SIG_ERR && sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0;
}
