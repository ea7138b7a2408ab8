/*
 * Start: vector table, memory, FPU, two stacks, and the memory protection unit, so that a wild pointer or a stack that overflows does not change firmware or flash but ends in
 * panic.c.
 */
#include <string.h>

#include "mps2.h"

int main(void);
void reset(void);
void fault(void);
void unexpected(void);
void uart_received(void);
void clock_expired(void);

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* System control block and MPU: DDI 0403, B3.2 and B3.5. */
enum { CPACR = 0xe000ed88u, SHCSR = 0xe000ed24u, CCR = 0xe000ed14u };
enum { MPU_CTRL = 0xe000ed94u, MPU_RNR = 0xe000ed98u, MPU_RBAR = 0xe000ed9cu, MPU_RASR = 0xe000eda0u };
/* Privileged read-only; nobody; read and write. Normal memory. */
#define READ_ONLY (0x5u << 24 | 0x02u << 16)
#define NO_ACCESS (0x0u << 24 | 0x02u << 16 | 1u << 28)
#define READ_WRITE (0x3u << 24 | 0x02u << 16)
/* The firmware with all its mirrors; the flash chip; what is below RAM, where the stack would go. */
enum { REGION_FLASH, REGION_CHIP, REGION_BELOW_RAM };
#define CHIP_BASE 0x60000000u

static void protect(uint32_t region, uint32_t base, uint32_t size_log2, uint32_t access) {
    REGISTER(MPU_RNR) = region;
    REGISTER(MPU_RBAR) = base;
    REGISTER(MPU_RASR) = access | (size_log2 - 1) << 1 | 1u;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

void mpu_open_flash(bool writable) { protect(REGION_CHIP, CHIP_BASE, 24, writable ? READ_WRITE : READ_ONLY | 1u << 28); }

void mpu_open_firmware(bool writable) { protect(REGION_FLASH, 0, 28, writable ? READ_WRITE : READ_ONLY); }

static void begin(void) {
    /* FPU for everybody; memory, bus and usage faults by themselves; division by zero is one. */
    REGISTER(CPACR) |= 0xfu << 20;
    REGISTER(SHCSR) |= 7u << 16;
    REGISTER(CCR) |= 1u << 4;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
    memcpy(data_start, data_load, (size_t)((uint8_t *)data_end - (uint8_t *)data_start));
    memset(zero_start, 0, (size_t)((uint8_t *)zero_end - (uint8_t *)zero_start));
    mpu_open_firmware(false);
    protect(REGION_BELOW_RAM, 0x10000000u, 28, NO_ACCESS);
    mpu_open_flash(false);
    /* What no region covers is as without an MPU, for privileged code. */
    REGISTER(MPU_CTRL) = 1u << 2 | 1u;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
    main();
    unexpected();
}

/* Interrupts and faults keep the stack of the vector table; the program gets its own. */
__attribute__((naked)) void reset(void) {
    __asm__ volatile("ldr r0, =stack_top\n\t"
                     "msr psp, r0\n\t"
                     "movs r0, #2\n\t"
                     "msr control, r0\n\t"
                     "isb\n\t"
                     "b %c0" ::"i"(begin));
}

/* Stack, reset, NMI (the watchdog), hard fault, memory, bus, usage; then 16 interrupts of which three are used: UART 1 receives, timer 1, watchdog has none. */
__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 16])(void) = {
    (void (*)(void))handler_stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, unexpected, unexpected, 0, unexpected, unexpected,
    unexpected, unexpected, uart_received, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected, clock_expired, unexpected, unexpected, unexpected, unexpected, unexpected, unexpected,
};
