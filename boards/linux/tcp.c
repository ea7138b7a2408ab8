/*
 * Natives under `embedded:io/socket/tcp`: non-blocking sockets from a fixed table. JavaScript has a number per socket; what happens to a socket is told to one function
 * (handle, event, bytes) that tcp.ts registers.
 *
 * - Reading is level-triggered: what the app leaves is announced again once it has read something; an app that reads nothing is not asked again, and TCP holds the peer back.
 * - Writing goes to a buffer of fixed size, as on a microcontroller: its room is what `onWritable` announces.
 */
#include "xsmc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "linux.h"
#include "tcp.h"
#include "throw.h"

#define SOCKETS 8
#define OUT_BYTES 8192
/* What is announced, and read at a time by default: a read must fit into a device's heap. */
#define IN_BYTES 4096

enum { EVENT_READABLE, EVENT_WRITABLE, EVENT_ERROR };

typedef enum { STATE_FREE, STATE_RESOLVING, STATE_CONNECTING, STATE_OPEN } tcp_state;

typedef struct {
    tcp_state state;
    /* index in the table plus a multiple of SOCKETS that is new for each socket, so that an old handle is not taken for a new socket */
    int32_t handle;
    assay_watch *watch;
    bool nodelay;
    bool is_paused;
    bool has_read;
    bool wants_writable;
    assay_tcp_names names;
    int next_name;
    size_t out_size;
    uint8_t out[OUT_BYTES];
} tcp_socket;

struct assay_tcp_table {
    assay_root dispatch;
    tcp_socket sockets[SOCKETS];
};

static void tell(assay_host *host, const tcp_socket *socket, int event, size_t bytes) {
    assay_linux *board = host->board;
    const double numbers[] = { socket->handle, event, (double)bytes };
    assay_call(host, &board->tcp->dispatch, 3, numbers);
}

static void watch_for(tcp_socket *socket) {
    socket->watch->events = (short)((socket->is_paused ? 0 : POLLIN) | (socket->out_size > 0 || socket->wants_writable ? POLLOUT : 0));
}

static void release(tcp_socket *socket) {
    if (socket->watch->fd >= 0) close(socket->watch->fd);
    socket->watch->fd = -1;
    socket->watch = NULL;
    socket->state = STATE_FREE;
}

static void fail(assay_host *host, tcp_socket *socket) {
    release(socket);
    tell(host, socket, EVENT_ERROR, 0);
}

/* Starts to connect to the next address that the name has; false if none is left. */
static bool connect_next(tcp_socket *tcp) {
    while (tcp->next_name < tcp->names.count) {
        const int index = tcp->next_name++;
        const struct sockaddr *address = (const struct sockaddr *)&tcp->names.found[index].address;
        const int yes = 1;
        const int descriptor = socket(address->sa_family, SOCK_STREAM, 0);
        if (descriptor < 0) continue;
        if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 && fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 &&
            (!tcp->nodelay || setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0) &&
            (connect(descriptor, address, tcp->names.found[index].size) == 0 || errno == EINPROGRESS)) {
            tcp->watch->fd = descriptor;
            tcp->watch->events = POLLOUT;
            tcp->state = STATE_CONNECTING;
            return true;
        }
        close(descriptor);
    }
    return false;
}

static void on_names(assay_host *host, tcp_socket *socket) {
    const ssize_t got = read(socket->watch->fd, &socket->names, sizeof socket->names);
    close(socket->watch->fd);
    socket->watch->fd = -1;
    if (got != (ssize_t)sizeof socket->names || socket->names.error != 0 || !connect_next(socket)) fail(host, socket);
}

static void on_connected(assay_host *host, tcp_socket *socket) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket->watch->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        close(socket->watch->fd);
        socket->watch->fd = -1;
        if (!connect_next(socket)) fail(host, socket);
        return;
    }
    socket->state = STATE_OPEN;
    watch_for(socket);
    tell(host, socket, EVENT_WRITABLE, OUT_BYTES);
}

/* Hands what is buffered to the system, as far as that takes it. A broken connection shows when it is read. */
static void flush(tcp_socket *socket) {
    size_t sent = 0;
    while (sent < socket->out_size) {
        const ssize_t taken = send(socket->watch->fd, socket->out + sent, socket->out_size - sent, MSG_NOSIGNAL);
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (taken < 0) {
            sent = socket->out_size;
            socket->is_paused = false;
            break;
        }
        sent += (size_t)taken;
    }
    socket->out_size -= sent;
    memmove(socket->out, socket->out + sent, socket->out_size);
}

static size_t available(const tcp_socket *socket) {
    int bytes = 0;
    return ioctl(socket->watch->fd, FIONREAD, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

static void on_readable(assay_host *host, tcp_socket *socket) {
    const int32_t handle = socket->handle;
    const size_t bytes = available(socket);
    char byte;
    if (bytes == 0) {
        const ssize_t got = recv(socket->watch->fd, &byte, 1, MSG_PEEK);
        if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))) return;
        /* the peer has closed, and everything that it sent has been read; or the connection broke */
        fail(host, socket);
        return;
    }
    socket->has_read = false;
    tell(host, socket, EVENT_READABLE, bytes < IN_BYTES ? bytes : IN_BYTES);
    if (socket->handle != handle || socket->state != STATE_OPEN) return;
    socket->is_paused = !socket->has_read;
    watch_for(socket);
}

static void on_ready(assay_host *host, assay_watch *watch, short events) {
    tcp_socket *socket = watch->self;
    const int32_t handle = socket->handle;
    switch (socket->state) {
    case STATE_FREE:
        return;
    case STATE_RESOLVING:
        on_names(host, socket);
        return;
    case STATE_CONNECTING:
        on_connected(host, socket);
        return;
    case STATE_OPEN:
        break;
    }
    if (events & POLLOUT) {
        flush(socket);
        if (socket->wants_writable && socket->out_size < OUT_BYTES) {
            socket->wants_writable = false;
            watch_for(socket);
            tell(host, socket, EVENT_WRITABLE, OUT_BYTES - socket->out_size);
            if (socket->handle != handle || socket->state != STATE_OPEN) return;
        }
        watch_for(socket);
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) && !socket->is_paused) on_readable(host, socket);
}

/* (dispatch: (handle, event, bytes) => void): before any other of these natives */
void xs_tcp_open(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    xsSlot *root;
    if (!xsmcIsCallable(xsArg(0))) xsTypeError("tcp: expected a function, got another value");
    if (board->tcp == NULL) board->tcp = calloc(1, sizeof *board->tcp);
    if (board->tcp == NULL) assay_throw(the, "ENOMEM", "tcp: expected memory for %d sockets, got none", SOCKETS);
    root = (xsSlot *)board->tcp->dispatch.slot;
    *root = xsArg(0);
    if (!board->tcp->dispatch.is_set) xsRemember(*root);
    board->tcp->dispatch.is_set = true;
}

/* The socket of a handle, or NULL if it is closed. */
static tcp_socket *find(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    const assay_linux *board = host->board;
    const xsIntegerValue handle = xsmcToInteger(xsArg(0));
    tcp_socket *socket;
    if (handle < 0 || board->tcp == NULL) xsRangeError("tcp: expected a handle, got %d", (int)handle);
    socket = &board->tcp->sockets[handle % SOCKETS];
    return socket->state != STATE_FREE && socket->handle == handle ? socket : NULL;
}

static bool parse_address(assay_tcp_names *names, const char *host, uint16_t port) {
    struct sockaddr_in *address = (struct sockaddr_in *)&names->found[0].address;
    memset(names, 0, sizeof *names);
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1) return false;
    address->sin_family = AF_INET;
    address->sin_port = htons(port);
    names->found[0].size = sizeof *address;
    names->count = 1;
    return true;
}

/* A descriptor from which nothing will be read, or -1. */
static int closed_pipe(void) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    close(ends[1]);
    return ends[0];
}

/* (host: string, port: number, nodelay: boolean) → handle. What goes wrong on the way comes as an event. */
void xs_tcp_connect(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    const char *name = xsmcToString(xsArg(0));
    const uint16_t port = (uint16_t)xsmcToInteger(xsArg(1));
    tcp_socket *socket = NULL;
    for (int i = 0; i < SOCKETS && socket == NULL; i++) {
        if (board->tcp->sockets[i].state != STATE_FREE) continue;
        socket = &board->tcp->sockets[i];
        /* zero is no handle yet, which is well: handles start at SOCKETS */
        if (socket->handle == 0) socket->handle = i;
    }
    if (socket == NULL || (socket->watch = assay_watch_add(board)) == NULL) assay_throw(the, "EMFILE", "tcp: expected at most %d sockets at a time, got one more", SOCKETS);
    socket->handle = socket->handle > INT32_MAX - SOCKETS ? socket->handle % SOCKETS + SOCKETS : socket->handle + SOCKETS;
    socket->nodelay = xsmcToBoolean(xsArg(2)) != 0;
    socket->is_paused = socket->wants_writable = false;
    socket->out_size = 0;
    socket->next_name = 0;
    *socket->watch = (assay_watch){ .fd = -1, .ready = on_ready, .self = socket };
    /* An address that cannot even be tried (no network) fails later, as one that does not answer does: in the form of a name that has no address. */
    if (!parse_address(&socket->names, name, port) || !connect_next(socket)) {
        const int descriptor = socket->names.count == 0 ? assay_tcp_resolve(name, port) : closed_pipe();
        if (descriptor < 0) {
            const int error = errno;
            socket->watch = NULL;
            assay_throw_errno(the, error, "tcp");
        }
        socket->watch->fd = descriptor;
        socket->watch->events = POLLIN;
        socket->state = STATE_RESOLVING;
    }
    xsmcSetInteger(xsResult, socket->handle);
}

/* (handle: number, byteLength?: number) → ArrayBuffer, or undefined if there is nothing to read now */
void xs_tcp_read(xsMachine *the) {
    tcp_socket *socket = find(the);
    size_t bytes;
    size_t most = IN_BYTES;
    void *buffer;
    xsUnsignedValue size;
    ssize_t got;
    if (xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType) {
        const xsNumberValue wanted = xsmcToNumber(xsArg(1));
        if (!(wanted >= 0 && wanted <= INT32_MAX)) xsRangeError("tcp read: expected a number of bytes from 0");
        most = (size_t)wanted;
    }
    if (socket == NULL || socket->state != STATE_OPEN) return;
    socket->has_read = true;
    socket->is_paused = false;
    watch_for(socket);
    bytes = available(socket);
    if (bytes > most) bytes = most;
    if (bytes == 0) return;
    xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)bytes);
    xsmcGetBufferWritable(xsResult, &buffer, &size);
    got = recv(socket->watch->fd, buffer, size, 0);
    if (got <= 0) xsmcSetUndefined(xsResult);
    else if ((size_t)got < bytes) xsmcSetArrayBufferLength(xsResult, (xsIntegerValue)got);
}

/* (handle: number, buffer) */
void xs_tcp_write(xsMachine *the) {
    tcp_socket *socket = find(the);
    void *bytes;
    xsUnsignedValue size;
    if (socket == NULL || socket->state != STATE_OPEN) assay_throw(the, "ENOTCONN", "tcp write: expected a connected socket, got one that is not");
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    if (size > OUT_BYTES - socket->out_size) assay_throw(the, "ENOBUFS", "tcp write: expected at most %d bytes, got %d", (int)(OUT_BYTES - socket->out_size), (int)size);
    memcpy(socket->out + socket->out_size, bytes, size);
    socket->out_size += size;
    socket->wants_writable = true;
    flush(socket);
    watch_for(socket);
}

/* (handle: number): what the system has taken is still sent; what it has not is dropped */
void xs_tcp_close(xsMachine *the) {
    tcp_socket *socket = find(the);
    if (socket == NULL) return;
    if (socket->state == STATE_OPEN) flush(socket);
    release(socket);
}
