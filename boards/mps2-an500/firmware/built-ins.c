/*
 * The built-ins of XS in flash. They are made by the firmware itself, once, when it is built: an image whose place for them is empty makes them there (the C heap then is that place), says so
 * and stops; the build takes what it made and puts it into the image (firmware.ts). From then on nobody writes to them, which the memory protection unit watches over.
 */
#include "mps2.h"

#define MADE 0x4d414445u
#define EMPTY 0xffffffffu

typedef struct {
    uint32_t state;
    void *machine;
    /* bytes from the start of the place that are in use */
    uint32_t used;
    uint32_t reserved;
} place_header;

/* Filled by the build; empty it is what an erased flash is. */
__attribute__((section(".built_ins"), used, aligned(16))) static volatile const uint32_t place[128 * 1024 / 4] = { [0 ... 128 * 1024 / 4 - 1] = EMPTY };

static bool is_making;

void *_sbrk(ptrdiff_t bytes);

void heap_bounds(uint8_t **start, uint8_t **end) {
    *start = is_making ? (uint8_t *)built_ins_start + sizeof(place_header) : (uint8_t *)heap_start;
    *end = is_making ? (uint8_t *)built_ins_end : (uint8_t *)heap_end;
}

void *built_ins_machine(uintptr_t stack_limit) {
    place_header *header = (place_header *)(uintptr_t)place;
    if (header->state == MADE) return header->machine;
    mpu_open_firmware(true);
    is_making = true;
    header->machine = assay_machine_prepare(stack_limit);
    header->used = (uint32_t)((uint8_t *)_sbrk(0) - (uint8_t *)built_ins_start);
    header->state = MADE;
    board_say("assay: built-ins made\n");
    for (;;) watchdog_feed();
}
