#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcp.h"

#define MAX_HOST 256

typedef struct {
    int descriptor;
    char host[MAX_HOST];
    char port[8];
} question;

static void *look_up(void *parameter) {
    question *asked = parameter;
    /* IPv4 first: it is what a device's broker listens on */
    const int families[] = { AF_INET, AF_INET6 };
    assay_tcp_names names;
    memset(&names, 0, sizeof names);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct addrinfo hints = { .ai_family = families[i], .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
        struct addrinfo *list = NULL;
        const int error = getaddrinfo(asked->host, asked->port, &hints, &list);
        if (error != 0) {
            names.error = error;
            continue;
        }
        for (const struct addrinfo *one = list; one != NULL && names.count < ASSAY_TCP_ADDRESSES; one = one->ai_next) {
            memcpy(&names.found[names.count].address, one->ai_addr, one->ai_addrlen);
            names.found[names.count].size = one->ai_addrlen;
            names.count++;
        }
        freeaddrinfo(list);
    }
    if (names.count > 0) names.error = 0;
    /* It fails when the socket has been closed meanwhile: then nobody waits for it. */
    while (write(asked->descriptor, &names, sizeof names) < 0 && errno == EINTR) continue;
    close(asked->descriptor);
    free(asked);
    return NULL;
}

int assay_tcp_resolve(const char *host, uint16_t port) {
    question *asked;
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int ends[2];
    int error;
    if (strlen(host) >= MAX_HOST) {
        errno = ENAMETOOLONG;
        return -1;
    }
    asked = malloc(sizeof *asked);
    if (asked == NULL) return -1;
    if (pipe(ends) != 0) {
        free(asked);
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    asked->descriptor = ends[1];
    strcpy(asked->host, host);
    snprintf(asked->port, sizeof asked->port, "%u", port);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* Signals are for the main thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, look_up, asked);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        close(ends[0]);
        close(ends[1]);
        free(asked);
        errno = error;
        return -1;
    }
    return ends[0];
}
