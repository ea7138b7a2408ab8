/* The key store of a Linux board: a folder per store, a file per key, readable by its owner only. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data-folder.h"
#include "store-name.h"
#include "throw.h"
#include "xsmc.h"

/* Values are keys and counters, as in an ESP32's NVS. */
enum { LONGEST_VALUE = 4000 };

/** Opens (and makes, 0700) the folder of a store, or throws. The names of arguments 0 (store) and 1 (key) are checked first. */
static int open_store(xsMachine *the) {
    const char *store = xsmcToString(xsArg(0));
    int folder = assay_data_folder(the), opened;
    assay_check_name(the, store);
    assay_check_name(the, xsmcToString(xsArg(1)));
    if (mkdirat(folder, store, 0700) != 0 && errno != EEXIST) assay_throw_errno(the, errno, store);
    opened = openat(folder, store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) assay_throw_errno(the, errno, store);
    return opened;
}

/* (store, key) → ArrayBuffer | undefined */
void xs_keyValue_read(xsMachine *the) {
    int folder = open_store(the), file, error = 0;
    uint8_t value[LONGEST_VALUE + 1];
    size_t length = 0;
    file = openat(folder, xsmcToString(xsArg(1)), O_RDONLY | O_CLOEXEC);
    if (file < 0) error = errno;
    close(folder);
    while (error == 0 && length < sizeof value) {
        ssize_t got = read(file, value + length, sizeof value - length);
        if (got < 0 && errno != EINTR) error = errno;
        if (got == 0) break;
        if (got > 0) length += (size_t)got;
    }
    if (file >= 0) close(file);
    if (error == ENOENT) return;
    if (error == 0 && length > LONGEST_VALUE) error = EIO;
    if (error != 0) assay_throw_errno(the, error, "key store read");
    xsmcSetArrayBuffer(xsResult, value, (xsIntegerValue)length);
}

/* (store, key, value): a power cut leaves the old value or the new one, whole */
void xs_keyValue_write(xsMachine *the) {
    int folder, file, error = 0;
    const char *key;
    char temporary[80];
    void *value;
    xsUnsignedValue length, done = 0;
    /* What throws comes before what has to be closed. */
    xsmcGetBufferReadable(xsArg(2), &value, &length);
    if (length > LONGEST_VALUE) xsRangeError("expected a value of at most %d bytes, got %d", (int)LONGEST_VALUE, (int)length);
    folder = open_store(the);
    key = xsmcToString(xsArg(1));
    xsmcGetBufferReadable(xsArg(2), &value, &length);
    /* Keys never begin with a dot, so this name is free. */
    snprintf(temporary, sizeof temporary, ".%s", key);
    file = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) error = errno;
    while (error == 0 && done < length) {
        ssize_t put = write(file, (const uint8_t *)value + done, length - done);
        if (put < 0 && errno != EINTR) error = errno;
        if (put > 0) done += (xsUnsignedValue)put;
    }
    if (error == 0 && fsync(file) != 0) error = errno;
    if (file >= 0 && close(file) != 0 && error == 0) error = errno;
    if (error == 0 && renameat(folder, temporary, folder, key) != 0) error = errno;
    if (error == 0 && fsync(folder) != 0) error = errno;
    close(folder);
    if (error != 0) assay_throw_errno(the, error, "key store write");
}

/* (store, key): nothing happens if there is no such key */
void xs_keyValue_delete(xsMachine *the) {
    int folder = open_store(the), error = 0;
    if (unlinkat(folder, xsmcToString(xsArg(1)), 0) != 0 && errno != ENOENT) error = errno;
    if (error == 0 && fsync(folder) != 0) error = errno;
    close(folder);
    if (error != 0) assay_throw_errno(the, error, "key store delete");
}
