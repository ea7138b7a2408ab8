/* Natives that break things, to see what the firmware says. */
#include "xsmc.h"

#include <malloc.h>

#include "mps2.h"

static volatile uint32_t sink;

/* A write to flash, where the program stands. */
void xs_test_writeFirmware(xsMachine *the) {
    (void)the;
    *(volatile uint32_t *)0x00001000u = 1;
}

/* A write to the flash chip past its driver. */
void xs_test_writeChip(xsMachine *the) {
    (void)the;
    *(volatile uint32_t *)0x60001000u = 1;
}

/* A read from where there is nothing. */
void xs_test_readNowhere(xsMachine *the) {
    (void)the;
    sink = *(volatile uint32_t *)0x80000000u;
}

/* An instruction that is none. */
void xs_test_badInstruction(xsMachine *the) {
    (void)the;
    __asm__ volatile("udf #0");
}

static uint32_t recurse(uint32_t depth) {
    volatile uint32_t room[64];
    room[depth % 64] = depth;
    return depth == UINT32_MAX ? 0 : recurse(depth + 1) + room[depth % 64];
}

/* C code that calls itself without end, which XS cannot see. */
void xs_test_overflow(xsMachine *the) {
    (void)the;
    sink = recurse(0);
}

void *_sbrk(ptrdiff_t bytes);

/* Bytes of C heap that are left: what newlib has not asked for yet, and what it has and nobody uses. */
void xs_test_heapLeft(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)((size_t)((uint8_t *)heap_end - (uint8_t *)_sbrk(0)) + (size_t)mallinfo().fordblks)); }
