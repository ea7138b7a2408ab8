/* Natives under `embedded:io/socket/udp`: datagrams over IPv4. */
#include "xsmc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io-port.h"
#include "throw.h"

#define KIND "UDP"
/* 65,535 less the headers of IP and UDP */
#define MAX_DATAGRAM 65507

static bool address_of(struct sockaddr_in *address, const char *text, xsIntegerValue port) {
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)port);
    return port >= 0 && port <= 65535 && inet_pton(AF_INET, text, &address->sin_addr) == 1;
}

static void on_ready(assay_host *host, assay_watch *watch, short events) {
    assay_port *port = watch->self;
    int error = 0;
    socklen_t size = sizeof error;
    /* An error of the network (such as "port unreachable") is one datagram's; taking it clears it. */
    if (events & POLLERR) (void)getsockopt(port->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if ((events & POLLIN) == 0) return;
    port->has_read = false;
    if (!assay_port_tell(host, port, ASSAY_PORT_READABLE, 1)) return;
    port->is_paused = !port->has_read;
    watch->events = port->is_paused ? 0 : POLLIN;
}

/* (address: string, port: number) → handle */
void xs_udp_open(xsMachine *the) {
    assay_host *host = xsGetContext(the);
    struct sockaddr_in address;
    assay_port *port;
    const int yes = 1;
    int fd;
    if (!address_of(&address, xsmcToString(xsArg(0)), xsmcToInteger(xsArg(1)))) xsRangeError("UDP: expected an IPv4 address and a port from 0 to 65535, got others");
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) assay_throw_errno(the, errno, KIND);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        const int error = errno;
        close(fd);
        assay_throw_errno(the, error, KIND);
    }
    port = assay_port_add(the, KIND, fd, NULL);
    if (!assay_port_watch(host, port, POLLIN, on_ready)) {
        assay_port_close(port);
        assay_throw(the, "EMFILE", "UDP: expected less to wait for at a time");
    }
    xsmcSetInteger(xsResult, port->handle);
}

/* (handle) → the port that the socket is bound to */
void xs_udp_port(xsMachine *the) {
    const assay_port *port = assay_port_find(the, KIND);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getsockname(port->fd, (struct sockaddr *)&address, &size) != 0) assay_throw_errno(the, errno, KIND);
    xsmcSetInteger(xsResult, ntohs(address.sin_port));
}

/* (handle, sender: Uint8Array of 6) → ArrayBuffer of one datagram, or undefined; `sender` gets its address and port (big-endian) */
void xs_udp_read(xsMachine *the) {
    assay_port *port = assay_port_find(the, KIND);
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    void *bytes, *sender;
    xsUnsignedValue size, sender_size;
    char byte;
    ssize_t got;
    port->has_read = true;
    port->is_paused = false;
    port->watch->events = POLLIN;
    do got = recv(port->fd, &byte, 1, MSG_PEEK | MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    /* an error of the network is one datagram's that was sent before */
    if (got < 0) return;
    xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)got);
    xsmcGetBufferWritable(xsArg(1), &sender, &sender_size);
    if (sender_size != 6) xsRangeError("UDP read: expected a buffer of 6 bytes for the sender, got %d", (int)sender_size);
    xsmcGetBufferWritable(xsResult, &bytes, &size);
    got = recvfrom(port->fd, bytes, size, 0, (struct sockaddr *)&from, &from_size);
    if (got < 0 || from_size < sizeof from) {
        xsmcSetUndefined(xsResult);
        return;
    }
    memcpy(sender, &from.sin_addr, 4);
    memcpy((uint8_t *)sender + 4, &from.sin_port, 2);
}

/* (handle, buffer, address: string, port: number) */
void xs_udp_write(xsMachine *the) {
    struct sockaddr_in address;
    const assay_port *port;
    void *bytes;
    xsUnsignedValue size;
    const xsIntegerValue to = xsmcToInteger(xsArg(3));
    if (to < 1 || !address_of(&address, xsmcToString(xsArg(2)), to)) xsRangeError("UDP write: expected an IPv4 address and a port from 1 to 65535, got others");
    /* after the conversions, since they may run code of the app, which may close it */
    port = assay_port_find(the, KIND);
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    if (size > MAX_DATAGRAM) assay_throw(the, "EMSGSIZE", "UDP write: expected at most %d bytes, got %d", MAX_DATAGRAM, (int)size);
    for (;;) {
        if (sendto(port->fd, bytes, size, MSG_NOSIGNAL, (const struct sockaddr *)&address, sizeof address) >= 0) return;
        /* ECONNREFUSED is the answer to a datagram that was sent before, and is told once */
        if (errno != EINTR && errno != ECONNREFUSED) assay_throw_errno(the, errno, KIND);
    }
}
