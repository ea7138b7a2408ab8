/* A TCP socket of the board: what tcp.c and resolve.c share. */
#ifndef ASSAY_TCP_H
#define ASSAY_TCP_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* As many addresses of one name are tried. */
#define ASSAY_TCP_ADDRESSES 4

/* What a name stands for. It goes through a pipe in one write (less than PIPE_BUF). */
typedef struct {
    int error; /* 0, or a code of getaddrinfo */
    int count;
    struct {
        struct sockaddr_storage address;
        socklen_t size;
    } found[ASSAY_TCP_ADDRESSES];
} assay_tcp_names;

/*
 * Looks `host` up, in a thread of its own, since the C library's resolver blocks. Returns a descriptor from which one assay_tcp_names can be read
 * when it is done, or -1 with errno. Closing the descriptor early is fine.
 */
int assay_tcp_resolve(const char *host, uint16_t port);

#endif
