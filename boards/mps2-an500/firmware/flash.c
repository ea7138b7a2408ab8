/* Natives under `embedded:storage/flash`: the partitions of the flash chip. */
#include "xsmc.h"

#include <string.h>

#include "mps2.h"
#include "throw.h"

static const flash_partition closed;

/* What a partition's object holds is the partition itself, or `closed`. */
static const flash_partition *opened(xsMachine *the) {
    const flash_partition *partition = xsmcGetHostData(xsArg(0));
    if (partition == NULL || partition == &closed) xsTypeError("expected an open flash partition, got a closed one");
    return partition;
}

void xs_flash_destructor(void *data) { (void)data; }

/* (path: string) → partition */
void xs_flash_open(xsMachine *the) {
    const char *path = xsmcToString(xsArg(0));
    const flash_partition *partition = flash_find(path);
    if (partition == NULL) assay_throw(the, "ENOENT", "flash: expected a partition of this board, got %.64s", path);
    xsResult = xsNewHostObject(xs_flash_destructor);
    xsmcSetHostData(xsResult, (void *)(uintptr_t)partition);
}

/* (partition) */
void xs_flash_close(xsMachine *the) {
    if (xsmcGetHostData(xsArg(0)) != NULL) xsmcSetHostData(xsArg(0), (void *)(uintptr_t)&closed);
}

/* The geometry: bytes of an erase block, and how many blocks a partition has. */
void xs_flash_blockLength(xsMachine *the) { xsmcSetInteger(xsResult, FLASH_BLOCK_BYTES); }

void xs_flash_blocks(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)(opened(the)->bytes / FLASH_BLOCK_BYTES)); }

static uint32_t range(xsMachine *the, const flash_partition *partition, xsNumberValue offset, xsUnsignedValue length) {
    if (!(offset >= 0 && offset <= partition->bytes) || offset != (xsNumberValue)(uint32_t)offset || length > partition->bytes - (uint32_t)offset)
        xsRangeError("expected bytes within %d of flash, got %d at %g", (int)partition->bytes, (int)length, offset);
    return (uint32_t)offset;
}

/* (partition, buffer, offset): fills the buffer */
void xs_flash_read(xsMachine *the) {
    const flash_partition *partition = opened(the);
    const xsNumberValue at = xsmcToNumber(xsArg(2));
    void *buffer;
    xsUnsignedValue length;
    uint32_t offset;
    xsmcGetBufferWritable(xsArg(1), &buffer, &length);
    offset = range(the, partition, at, length);
    memcpy(buffer, flash_bytes(partition) + offset, length);
}

/* (partition, buffer, offset) */
void xs_flash_write(xsMachine *the) {
    const flash_partition *partition = opened(the);
    const xsNumberValue at = xsmcToNumber(xsArg(2));
    void *buffer;
    xsUnsignedValue length;
    uint32_t offset;
    xsmcGetBufferReadable(xsArg(1), &buffer, &length);
    offset = range(the, partition, at, length);
    flash_program(partition, offset, buffer, length);
}

/* (partition, start block, end block) */
void xs_flash_erase(xsMachine *the) {
    const flash_partition *partition = opened(the);
    const xsIntegerValue start = xsmcToInteger(xsArg(1)), end = xsmcToInteger(xsArg(2)), blocks = (xsIntegerValue)(partition->bytes / FLASH_BLOCK_BYTES);
    if (start < 0 || end < start || end > blocks) xsRangeError("expected blocks within 0 to %d, got %d to %d", (int)blocks, (int)start, (int)end);
    for (xsIntegerValue block = start; block < end; block++) flash_erase(partition, (uint32_t)block);
}
