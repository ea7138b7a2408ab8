/*
 * The flash chip for data, with the rules of a NOR flash: erasing sets a block to ones, programming can only clear bits. It is the board's PSRAM, which QEMU backs with a file, and which the
 * memory protection unit keeps from being written otherwise.
 */
#include <string.h>

#include "mps2.h"

#define CHIP ((uint8_t *)0x60000000u)

const flash_partition *flash_find(const char *name) {
    for (size_t i = 0; i < mps2_partition_count; i++)
        if (strcmp(mps2_partitions[i].name, name) == 0) return &mps2_partitions[i];
    return NULL;
}

const uint8_t *flash_bytes(const flash_partition *partition) { return CHIP + partition->offset; }

void flash_program(const flash_partition *partition, uint32_t offset, const uint8_t *bytes, size_t size) {
    uint8_t *cells = CHIP + partition->offset + offset;
    mpu_open_flash(true);
    for (size_t i = 0; i < size; i++) cells[i] = (uint8_t)(cells[i] & bytes[i]);
    mpu_open_flash(false);
}

void flash_erase(const flash_partition *partition, uint32_t block) {
    mpu_open_flash(true);
    memset(CHIP + partition->offset + block * FLASH_BLOCK_BYTES, 0xff, FLASH_BLOCK_BYTES);
    mpu_open_flash(false);
}
