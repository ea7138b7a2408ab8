/*
 * What the I/O classes of the board share: a table of open descriptors. JavaScript has a number per entry; what happens to an entry is told to one function
 * (handle, event, amount) that io.ts registers.
 */
#ifndef ASSAY_IO_PORT_H
#define ASSAY_IO_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "linux.h"

enum { ASSAY_PORT_READABLE, ASSAY_PORT_WRITABLE, ASSAY_PORT_ERROR };

struct assay_port {
    /* NULL: the entry is free. Else what it is, such as "I2C" */
    const char *kind;
    /* index in the table plus a multiple of its size that is new for each, so that an old handle is not taken for a new port */
    int32_t handle;
    int fd;
    /* NULL while nothing waits for it */
    assay_watch *watch;
    /* the app has not read what was announced */
    bool is_paused;
    bool has_read;
    /* freed with the port */
    void *memory;
};

/* Takes an open descriptor into the table. Throws EMFILE, after closing it, if there is no room. `the` is the machine. */
assay_port *assay_port_add(void *the, const char *kind, int fd, void *memory);
/* The port of the handle in xsArg(0). Throws EBADF if it is closed, or of another kind. */
assay_port *assay_port_find(void *the, const char *kind);
/* Waits for `events` with `ready`, whose watch has the port as `self`. false if the board watches as much as it can. */
bool assay_port_watch(assay_host *host, assay_port *port, short events, void (*ready)(assay_host *host, assay_watch *watch, short events));
/* Tells JavaScript; false if the port is not the same afterwards. */
bool assay_port_tell(assay_host *host, assay_port *port, int event, double amount);
void assay_port_close(assay_port *port);
/* Opens `path` (O_CLOEXEC added). Throws "<kind> <path>: …". */
int assay_port_open_file(void *the, const char *kind, const char *path, int flags);

#endif
