/* The natives and the main program of sdk-host. */
#include "xsmc.h"
#include "mc.xs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char **words;
static int word_count;
static struct timespec start;

void fxAbort(xsMachine *the, int status) {
    (void)the;
    fprintf(stderr, "XS ends with %d\n", status);
    exit(1);
}

/* (index) → word of the command line */
void xs_host_argument(xsMachine *the) {
    const int index = xsmcToInteger(xsArg(0));
    if (index < 0 || index >= word_count) xsRangeError("expected a word %d", index);
    xsmcSetString(xsResult, words[index]);
}

/* (port) → socket */
void xs_host_connect(xsMachine *the) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)xsmcToInteger(xsArg(0))), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0 || connect(file, (struct sockaddr *)&address, sizeof address) != 0 || fcntl(file, F_SETFL, O_NONBLOCK) != 0) {
        if (file >= 0) close(file);
        xsUnknownError("connect");
    }
    xsmcSetInteger(xsResult, file);
}

/* (socket) → bytes, null for none yet, undefined at its end */
void xs_host_receive(xsMachine *the) {
    char bytes[4096];
    const ssize_t got = recv(xsmcToInteger(xsArg(0)), bytes, sizeof bytes, 0);
    if (got > 0) xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)got);
    else if (got < 0 && errno == EAGAIN) xsmcSetNull(xsResult);
}

/* (socket, buffer) */
void xs_host_send(xsMachine *the) {
    void *bytes;
    xsUnsignedValue size;
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    if (send(xsmcToInteger(xsArg(0)), bytes, size, MSG_NOSIGNAL) != (ssize_t)size) xsUnknownError("send");
}

/* (socket) */
void xs_host_close(xsMachine *the) { close(xsmcToInteger(xsArg(0))); }

/* (path) → its bytes */
void xs_host_file(xsMachine *the) {
    static char bytes[131072];
    FILE *file = fopen(xsmcToString(xsArg(0)), "rb");
    size_t size;
    if (file == NULL) xsUnknownError("no file");
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)size);
}

/* (n) → n random bytes */
void xs_host_entropy(xsMachine *the) {
    char bytes[256];
    const int n = xsmcToInteger(xsArg(0));
    FILE *file = fopen("/dev/urandom", "rb");
    if (file == NULL || n < 0 || n > (int)sizeof bytes || fread(bytes, 1, (size_t)n, file) != (size_t)n) xsUnknownError("no entropy");
    fclose(file);
    xsmcSetArrayBuffer(xsResult, bytes, n);
}

/* () → milliseconds since the start */
void xs_host_ticks(xsMachine *the) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    xsmcSetNumber(xsResult, (double)(now.tv_sec - start.tv_sec) * 1e3 + (double)(now.tv_nsec - start.tv_nsec) / 1e6);
}

void xs_host_pause(xsMachine *the) {
    (void)the;
    usleep(500);
}

void xs_host_exit(xsMachine *the) { exit(xsmcToInteger(xsArg(0))); }

void xs_host_print(xsMachine *the) {
    puts(xsmcToString(xsArg(0)));
    fflush(stdout);
}

int main(int count, char **arguments) {
    xsMachine *machine;
    int failed = 0;
    words = arguments;
    word_count = count;
    clock_gettime(CLOCK_MONOTONIC, &start);
    machine = fxPrepareMachine(NULL, xsPreparation(), "sdk-host", NULL, NULL);
    xsBeginHost(machine);
    xsTry {
        xsAwaitImport("main", XS_IMPORT_NAMESPACE);
    }
    xsCatch {
        printf("thrown %s\n", xsmcToString(xsException));
        failed = 1;
    }
    xsEndHost(machine);
    return failed;
}
