/* What the firmware of the MPS2+ board keeps, and what its files offer each other. Registers: Arm DAI 0500 (board), DDI 0479 (UART, timer, watchdog), DDI 0489 (Cortex-M7). */
#ifndef ASSAY_MPS2_H
#define ASSAY_MPS2_H

#include "host.h"

/* The processor's clock, which also drives timers and UARTs. */
#define MPS2_CLOCK_HZ 25000000u

/* Two of the board's serial ports. */
enum { UART_CONSOLE, UART_LINK };

/* What the board keeps for its natives: `host->board`. */
typedef struct {
    /* tells tcp.ts what happened to a socket */
    assay_root dispatch;
} assay_mps2;

/* uart.c: opens a port; sends bytes, waiting for each. */
void uart_open(int port);
void uart_write(int port, const void *bytes, size_t size);
/* uart.c: bytes that the link has received and nobody has read; takes up to `room` of them. */
size_t uart_waiting(void);
size_t uart_read(uint8_t *bytes, size_t room);

/* clock.c: starts the timers; after `milliseconds`, an interrupt wakes the processor. */
void clock_open(void);
void clock_wake_after(double milliseconds);
/* clock.c: the watchdog bites when it is not fed for ten seconds. */
void watchdog_open(void);
void watchdog_feed(void);

/* link.c: what a look after the socket on the link came to. */
typedef enum {
    /* there is no socket */
    LINK_CLOSED,
    /* there is one, and nothing to do for it */
    LINK_QUIET,
    /* JavaScript was called, and may have changed anything */
    LINK_CALLED
} link_outcome;
/* link.c: looks after the socket. `*due` becomes the ticks at which it wants to be asked again, if that is earlier. */
link_outcome link_turn(assay_host *host, double *due);
/* link.c: whether something came in that the socket is waiting for. */
bool link_has_news(void);

/* chip.c: the flash chip's partitions, by name; NULL if there is none. */
typedef struct {
    const char *name;
    uint32_t offset, bytes;
} flash_partition;
/* Made by the build from partitions.ts and firmware.ts: the chip's partitions, and the memory of the machine. */
extern const flash_partition mps2_partitions[];
extern const size_t mps2_partition_count;
extern const assay_limits mps2_limits;
const flash_partition *flash_find(const char *name);
/* chip.c: what stands in a partition; it can be read in place and not be written. */
const uint8_t *flash_bytes(const flash_partition *partition);
#define FLASH_BLOCK_BYTES 4096u
/* chip.c: clears bits; sets blocks back to ones. The range is checked by the caller. */
void flash_program(const flash_partition *partition, uint32_t offset, const uint8_t *bytes, size_t size);
void flash_erase(const flash_partition *partition, uint32_t block);

/* start.c: lets the flash chip be written, or not; and the firmware. */
void mpu_open_flash(bool writable);
void mpu_open_firmware(bool writable);

/* built-ins.c: the machine whose built-ins stand in flash; while there is none, makes them there, says so and never returns. */
void *built_ins_machine(uintptr_t stack_limit);
/* built-ins.c: where the C heap begins and ends: it is the place of the built-ins while they are made. */
void heap_bounds(uint8_t **start, uint8_t **end);

/* semihosting.c: asks the debugger, here QEMU: for bytes of the host's entropy, and to end. */
bool semihosting_entropy(uint8_t *out, size_t size);
void semihosting_exit(int code) __attribute__((noreturn));

/* panic.c: the machine whose JavaScript stack a panic shows. */
void panic_watch(assay_host *host);
/* panic.c: says what happened and where, then resets. */
void panic(const char *what) __attribute__((noreturn));
/* panic.c: text on the console without newlib, whose state may be what broke. */
void board_say(const char *text);
void board_say_number(uint32_t value);
/* panic.c: addresses of returns that stand on the C stack above `from`. */
void panic_backtrace(const uint32_t *from, uint32_t pc);
/* panic.c: resets the processor and its devices; RAM and flash keep what they hold. */
void board_reset(void) __attribute__((noreturn));

/* Places that the linker knows. */
extern uint32_t flash_start[], flash_end[], text_start[], text_end[], data_start[], data_end[], data_load[], zero_start[], zero_end[], built_ins_start[], built_ins_end[];
extern uint32_t heap_start[], heap_end[], handler_stack_top[], stack_limit[], stack_top[];

#endif
