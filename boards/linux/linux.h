/* What the Linux board keeps for its natives: `host->board`. */
#ifndef ASSAY_LINUX_H
#define ASSAY_LINUX_H

#include "host.h"
#include "notify.h"

#define ASSAY_WATCHES 16
/* I/O that is open at a time: I2C, SPI, digital, serial, UDP together */
#define ASSAY_PORTS 16

/* A file descriptor that the board waits for. */
typedef struct assay_watch assay_watch;
struct assay_watch {
    int fd; /* -1: the entry is free */
    short events; /* POLLIN, POLLOUT; 0: not now */
    /* does not count as something to wait for: the app may end although it is watched */
    bool is_idle;
    void (*ready)(assay_host *host, assay_watch *watch, short events);
    void *self;
};

typedef struct assay_tcp_table assay_tcp_table;
typedef struct assay_port assay_port;

typedef struct {
    /* folder where flash and key-value storage live, and its descriptor once something is stored (-1 before) */
    const char *data;
    int data_folder;
    assay_watch watches[ASSAY_WATCHES];
    /* a device of its own, not a simulated one */
    bool is_hardware;
    /* made when the first socket is */
    assay_tcp_table *tcp;
    /* the service manager, if one has started the device */
    assay_notify notify;
    /* io-port.h: a table of ASSAY_PORTS, and the function that is told what happens to them */
    assay_port *ports;
    assay_root io;
} assay_linux;

/* wait.c: a free entry of the table, or NULL. The caller fills it. */
assay_watch *assay_watch_add(assay_linux *board);

/* signals.c: SIGTERM and SIGINT from now on reach `host->shutdown`. false with errno if that cannot be set up. */
bool assay_signals_open(assay_host *host);

#endif
