#include "io-port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "throw.h"
#include "xsmc.h"

assay_port *assay_port_add(void *machine, const char *kind, int fd, void *memory) {
    xsMachine *the = machine;
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    for (int32_t i = 0; i < ASSAY_PORTS; i++) {
        assay_port *port = &board->ports[i];
        if (port->kind != NULL) continue;
        const int32_t handle = port->handle == 0 || port->handle > INT32_MAX - ASSAY_PORTS ? i + ASSAY_PORTS : port->handle + ASSAY_PORTS;
        *port = (assay_port){ .kind = kind, .handle = handle, .fd = fd, .memory = memory };
        return port;
    }
    close(fd);
    free(memory);
    assay_throw(the, "EMFILE", "%s: expected at most %d open at a time, got one more", kind, ASSAY_PORTS);
}

assay_port *assay_port_find(void *machine, const char *kind) {
    xsMachine *the = machine;
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    const xsIntegerValue handle = xsmcToInteger(xsArg(0));
    assay_port *port = &board->ports[handle < 0 ? 0 : handle % ASSAY_PORTS];
    if (port->kind == NULL || port->handle != handle || strcmp(port->kind, kind) != 0) assay_throw(the, "EBADF", "%s: expected an open one, got one that is closed", kind);
    return port;
}

bool assay_port_watch(assay_host *host, assay_port *port, short events, void (*ready)(assay_host *host, assay_watch *watch, short events)) {
    port->watch = assay_watch_add(host->board);
    if (port->watch == NULL) return false;
    *port->watch = (assay_watch){ .fd = port->fd, .events = events, .ready = ready, .self = port };
    return true;
}

bool assay_port_tell(assay_host *host, assay_port *port, int event, double amount) {
    assay_linux *board = host->board;
    const int32_t handle = port->handle;
    const double numbers[] = { handle, event, amount };
    if (board->io.is_set) assay_call(host, &board->io, 3, numbers);
    return port->kind != NULL && port->handle == handle;
}

void assay_port_close(assay_port *port) {
    if (port->kind == NULL) return;
    if (port->watch != NULL) port->watch->fd = -1;
    close(port->fd);
    free(port->memory);
    port->kind = NULL;
    port->watch = NULL;
    port->memory = NULL;
}

int assay_port_open_file(void *the, const char *kind, const char *path, int flags) {
    const int fd = open(path, flags | O_CLOEXEC);
    char what[96];
    if (fd >= 0) return fd;
    const int error = errno;
    snprintf(what, sizeof what, "%s %.70s", kind, path);
    assay_throw_errno(the, error, what);
}

/* (dispatch: (handle, event, amount) => void): before any port is watched */
void xs_io_dispatch(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    xsSlot *root = (xsSlot *)board->io.slot;
    if (!xsmcIsCallable(xsArg(0))) xsTypeError("io: expected a function, got another value");
    *root = xsArg(0);
    if (!board->io.is_set) xsRemember(*root);
    board->io.is_set = true;
}

/* (handle: number): a port that is closed already is none */
void xs_io_close(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    const xsIntegerValue handle = xsmcToInteger(xsArg(0));
    if (handle >= 0 && board->ports[handle % ASSAY_PORTS].handle == handle) assay_port_close(&board->ports[handle % ASSAY_PORTS]);
}
