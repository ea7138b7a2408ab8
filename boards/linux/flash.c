/* A flash partition as a file: erased bytes are 0xFF, and a write can only clear bits, as on a real NOR flash. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data-folder.h"
#include "store-name.h"
#include "throw.h"
#include "xsmc.h"

/* As the ESP32's: 4 KB sectors; a partition of 256 KB. */
enum { BLOCK_LENGTH = 4096, BLOCKS = 64, SIZE = BLOCK_LENGTH * BLOCKS };

typedef struct {
    int file;
} partition;

void xs_flash_destructor(void *data) {
    partition *flash = data;
    if (flash == NULL) return;
    if (flash->file >= 0) close(flash->file);
    free(flash);
}

static partition *opened(xsMachine *the) {
    partition *flash = xsmcGetHostData(xsArg(0));
    if (flash == NULL || flash->file < 0) xsTypeError("expected an open flash partition, got a closed one");
    return flash;
}

/** Reads exactly `length` bytes, or returns an errno. */
static int read_fully(int file, uint8_t *bytes, size_t length, off_t offset) {
    while (length > 0) {
        ssize_t got = pread(file, bytes, length, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) return EIO;
        bytes += got;
        length -= (size_t)got;
        offset += got;
    }
    return 0;
}

static int write_fully(int file, const uint8_t *bytes, size_t length, off_t offset) {
    while (length > 0) {
        ssize_t put = pwrite(file, bytes, length, offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return errno;
        bytes += put;
        length -= (size_t)put;
        offset += put;
    }
    return 0;
}

static int erase(int file, off_t from, off_t to) {
    uint8_t erased[BLOCK_LENGTH];
    memset(erased, 0xff, sizeof erased);
    for (; from < to; from += BLOCK_LENGTH) {
        int error = write_fully(file, erased, sizeof erased, from);
        if (error != 0) return error;
    }
    return fdatasync(file) == 0 ? 0 : errno;
}

/* (path: string) → partition. A new file is an erased flash. */
void xs_flash_open(xsMachine *the) {
    char name[80];
    const char *path = xsmcToString(xsArg(0));
    struct stat status;
    partition *flash;
    int error = 0;
    assay_check_name(the, path);
    snprintf(name, sizeof name, "%s.flash", path);
    flash = malloc(sizeof *flash);
    if (flash == NULL) xsUnknownError("out of memory");
    flash->file = -1;
    xsResult = xsNewHostObject(xs_flash_destructor);
    xsmcSetHostData(xsResult, flash);
    flash->file = openat(assay_data_folder(the), name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (flash->file < 0 || fstat(flash->file, &status) != 0) error = errno;
    /* A file that is too short is one whose first erase a power cut has interrupted. */
    if (error == 0 && status.st_size < SIZE) error = erase(flash->file, status.st_size / BLOCK_LENGTH * BLOCK_LENGTH, SIZE);
    if (error != 0) {
        if (flash->file >= 0) close(flash->file);
        flash->file = -1;
        assay_throw_errno(the, error, name);
    }
}

/* (partition) */
void xs_flash_close(xsMachine *the) {
    partition *flash = xsmcGetHostData(xsArg(0));
    if (flash != NULL && flash->file >= 0) {
        close(flash->file);
        flash->file = -1;
    }
}

/* The geometry: bytes of an erase block, and how many blocks a partition has: here all the same. */
void xs_flash_blockLength(xsMachine *the) {
    xsmcSetInteger(xsResult, BLOCK_LENGTH);
}

void xs_flash_blocks(xsMachine *the) {
    xsmcSetInteger(xsResult, BLOCKS);
}

/* Offset and length as arguments, checked against the partition. */
static off_t range(xsMachine *the, xsNumberValue offset, xsUnsignedValue length) {
    if (!(offset >= 0 && offset <= SIZE) || offset != (xsNumberValue)(int32_t)offset || length > SIZE - (xsUnsignedValue)offset) {
        xsRangeError("expected bytes within %d of flash, got %d at %g", (int)SIZE, (int)length, offset);
    }
    return (off_t)offset;
}

/* (partition, buffer, offset): fills the buffer */
void xs_flash_read(xsMachine *the) {
    partition *flash = opened(the);
    xsNumberValue offset = xsmcToNumber(xsArg(2));
    void *buffer;
    xsUnsignedValue length;
    int error;
    xsmcGetBufferWritable(xsArg(1), &buffer, &length);
    error = read_fully(flash->file, buffer, length, range(the, offset, length));
    if (error != 0) assay_throw_errno(the, error, "flash read");
}

/* (partition, buffer, offset): clears bits; durable when it returns */
void xs_flash_write(xsMachine *the) {
    partition *flash = opened(the);
    xsNumberValue at = xsmcToNumber(xsArg(2));
    void *buffer;
    xsUnsignedValue length, done = 0;
    off_t offset;
    int error = 0;
    xsmcGetBufferReadable(xsArg(1), &buffer, &length);
    offset = range(the, at, length);
    while (error == 0 && done < length) {
        uint8_t cells[512];
        xsUnsignedValue count = length - done < sizeof cells ? length - done : (xsUnsignedValue)sizeof cells;
        error = read_fully(flash->file, cells, count, offset + (off_t)done);
        for (xsUnsignedValue i = 0; i < count; i++) cells[i] = (uint8_t)(cells[i] & ((const uint8_t *)buffer)[done + i]);
        if (error == 0) error = write_fully(flash->file, cells, count, offset + (off_t)done);
        done += count;
    }
    if (error == 0 && fdatasync(flash->file) != 0) error = errno;
    if (error != 0) assay_throw_errno(the, error, "flash write");
}

/* (partition, start block, end block) */
void xs_flash_erase(xsMachine *the) {
    partition *flash = opened(the);
    xsIntegerValue start = xsmcToInteger(xsArg(1)), end = xsmcToInteger(xsArg(2));
    int error;
    if (start < 0 || end < start || end > BLOCKS) xsRangeError("expected blocks within 0 to %d, got %d to %d", (int)BLOCKS, (int)start, (int)end);
    error = erase(flash->file, (off_t)start * BLOCK_LENGTH, (off_t)end * BLOCK_LENGTH);
    if (error != 0) assay_throw_errno(the, error, "flash erase");
}
