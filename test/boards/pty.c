/*
 * The other end of a serial line: opens a pseudo-terminal, prints the path of the end that a program opens, then copies its input to the line and the line to its output
 * until its input ends. Keeps the other end open itself, since otherwise the line would count as cut until somebody opens it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static void copy(int from, int to, const char *bytes, ssize_t size) {
    (void)from;
    while (size > 0) {
        const ssize_t put = write(to, bytes, (size_t)size);
        if (put <= 0) exit(2);
        bytes += put;
        size -= put;
    }
}

int main(void) {
    const int line = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios raw;
    char bytes[1024];
    if (line < 0 || grantpt(line) != 0 || unlockpt(line) != 0) return 1;
    const int other = open(ptsname(line), O_RDWR | O_NOCTTY);
    if (other < 0 || tcgetattr(line, &raw) != 0) return 1;
    cfmakeraw(&raw);
    if (tcsetattr(line, TCSANOW, &raw) != 0) return 1;
    printf("%s\n", ptsname(line));
    fflush(stdout);
    for (;;) {
        struct pollfd polled[] = { { STDIN_FILENO, POLLIN, 0 }, { line, POLLIN, 0 } };
        if (poll(polled, 2, -1) < 0) return 3;
        for (int i = 0; i < 2; i++) {
            if (polled[i].revents == 0) continue;
            const ssize_t got = read(polled[i].fd, bytes, sizeof bytes);
            if (got <= 0) return 0;
            copy(polled[i].fd, i == 0 ? line : STDOUT_FILENO, bytes, got);
        }
    }
}
