/* Natives for attributes of devices that the kernel shows as small files (sysfs). */
#include "xsmc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "throw.h"

/* An attribute is a page at most; ours are numbers and names. */
#define MAX_BYTES 256

/* (path: string) → text without its line break, or undefined if there is no such attribute */
void xs_sysfs_read(xsMachine *the) {
    const char *path = xsmcToString(xsArg(0));
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[MAX_BYTES + 1];
    ssize_t got;
    if (fd < 0 && errno == ENOENT) return;
    if (fd < 0) assay_throw_errno(the, errno, path);
    do got = read(fd, text, MAX_BYTES);
    while (got < 0 && errno == EINTR);
    const int error = errno;
    close(fd);
    if (got < 0) assay_throw_errno(the, error, path);
    text[got] = 0;
    text[strcspn(text, "\n")] = 0;
    xsmcSetString(xsResult, text);
}

/* (path: string, text: string) */
void xs_sysfs_write(xsMachine *the) {
    const char *path = xsmcToString(xsArg(0));
    const char *text = xsmcToString(xsArg(1));
    const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    ssize_t put;
    if (fd < 0) assay_throw_errno(the, errno, path);
    do put = write(fd, text, strlen(text));
    while (put < 0 && errno == EINTR);
    const int error = errno;
    close(fd);
    if (put < 0) assay_throw_errno(the, error, path);
}
