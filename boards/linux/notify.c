/* See notify.h. What the manager does not take (its queue is full, it is gone) is lost without harm: the next sign of life comes soon. */
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "platform.h"

/* A sign of life this many times in the manager's time-out (sd_watchdog_enabled(3) advises two). */
#define SIGNS_PER_TIMEOUT 2

static void say(const assay_notify *notify, const char *text) {
    if (notify->socket < 0) return;
    /* A manager that is gone, or slow, does not stop the device. */
    (void)!send(notify->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A whole number above 0, or 0. */
static double positive(const char *text) {
    char *end;
    unsigned long long value;
    if (text == NULL || text[0] < '0' || text[0] > '9') return 0;
    errno = 0;
    value = strtoull(text, &end, 10);
    return errno == 0 && *end == 0 ? (double)value : 0;
}

static const char *open_watchdog(assay_notify *notify) {
    const char *microseconds = getenv("WATCHDOG_USEC");
    const char *process = getenv("WATCHDOG_PID");
    const double timeout = positive(microseconds);
    if (microseconds == NULL) return NULL;
    /* meant for another process, whose environment this one has inherited */
    if (process != NULL && positive(process) != (double)getpid()) return NULL;
    if (!(timeout > 0)) return "WATCHDOG_USEC: expected a number of microseconds above 0, got something else";
    notify->interval = timeout / 1000 / SIGNS_PER_TIMEOUT;
    return NULL;
}

const char *assay_notify_open(assay_notify *notify) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *name = getenv("NOTIFY_SOCKET");
    const size_t length = name == NULL ? 0 : strlen(name);
    if (name == NULL) return NULL;
    if ((name[0] != '/' && name[0] != '@') || length < 2) return "NOTIFY_SOCKET: expected a path, or @ and an abstract name, got something else";
    if (length >= sizeof address.sun_path) return "NOTIFY_SOCKET: expected a name that fits a socket's address, got a longer one";
    memcpy(address.sun_path, name, length);
    /* "@" stands for the NUL that abstract names begin with; they end with the address (unix(7)) */
    if (name[0] == '@') address.sun_path[0] = 0;
    notify->socket = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (notify->socket < 0) return "NOTIFY_SOCKET: expected a socket from the system, got none";
    if (fcntl(notify->socket, F_SETFD, FD_CLOEXEC) != 0 || connect(notify->socket, (const struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
        close(notify->socket);
        notify->socket = -1;
        return "NOTIFY_SOCKET: expected somebody who listens there, got nobody";
    }
    return open_watchdog(notify);
}

double assay_notify_turn(assay_notify *notify) {
    double now;
    if (notify->socket < 0) return INFINITY;
    if (!notify->is_ready) {
        notify->is_ready = true;
        say(notify, "READY=1");
    }
    if (!(notify->interval > 0)) return INFINITY;
    now = assay_ticks();
    if (now >= notify->next) {
        say(notify, "WATCHDOG=1");
        notify->next = now + notify->interval;
    }
    return notify->next - now;
}

void assay_notify_stopping(assay_notify *notify) { say(notify, "STOPPING=1"); }
