/*
 * When the firmware cannot go on: a line that names what happened, a backtrace of C (addresses, which `assay monitor` gives names) and of JavaScript, then a reset. The outbox stands in
 * flash, so the chain of statements goes on after it.
 */
#include "mps2.h"
#include "stack-trace.h"

enum { CFSR = 0xe000ed28u, HFSR = 0xe000ed2cu, MMFAR = 0xe000ed34u, BFAR = 0xe000ed38u, AIRCR = 0xe000ed0cu };
#define REGISTER(address) (*(volatile uint32_t *)(address))

/* What the processor puts on the stack (DDI 0403, B1.5.6). */
typedef struct {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
} exception_frame;

enum { MOST_ADDRESSES = 16 };
/* An access in the 64 MB below the stack is one by a frame that does not fit. */
#define BELOW_STACK 0x04000000u

static assay_host *watched;

void fault(void);
void unexpected(void);
void fault_from(const uint32_t *frame, uint32_t number, uint32_t exc_return);

void panic_watch(assay_host *host) { watched = host; }

/* Text without newlib, whose state may be what broke. */
void board_say(const char *text) {
    size_t size = 0;
    while (text[size] != 0) size++;
    uart_write(UART_CONSOLE, text, size);
}

static void say_hex(uint32_t value) {
    char text[11] = "0x";
    for (int i = 0; i < 8; i++) text[2 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    text[10] = 0;
    board_say(text);
}

void board_say_number(uint32_t value) {
    char text[11];
    int at = 10;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    board_say(text + at);
}

/* Whether a call ends right before this address: BL (32 bits) or BLX with a register (16 bits). */
static bool is_return(uint32_t word) {
    const uint32_t address = word & ~1u;
    const uint16_t *code = (const uint16_t *)(uintptr_t)address;
    if ((word & 1) == 0 || address < (uint32_t)text_start + 4 || address >= (uint32_t)text_end) return false;
    if ((code[-2] & 0xf800) == 0xf000 && (code[-1] & 0xd000) == 0xd000) return true;
    return (code[-1] & 0xff87) == 0x4780;
}

void panic_backtrace(const uint32_t *from, uint32_t pc) {
    int count = 0;
    board_say("assay: backtrace");
    if (pc != 0) {
        board_say(" ");
        say_hex(pc & ~1u);
    }
    for (const uint32_t *word = from; word < stack_top && count < MOST_ADDRESSES; word++) {
        if (!is_return(*word)) continue;
        board_say(" ");
        /* the call, not what comes after it */
        say_hex((*word & ~1u) - 2);
        count++;
    }
    board_say("\n");
}

static void say_frame(void *self, const char *function, const char *file, uint16_t line) {
    (void)self;
    board_say("assay:   at");
    if (function != NULL) board_say(" ");
    if (function != NULL) board_say(function);
    if (file != NULL) {
        board_say(" (");
        board_say(file);
        board_say(":");
        board_say_number(line);
        board_say(")");
    } else if (function == NULL) board_say(" (C)");
    board_say("\n");
}

static void say_javascript(void) {
    assay_host *host = watched;
    /* a fault on the way shall not come here again */
    watched = NULL;
    if (host != NULL && host->machine != NULL) assay_visit_stack(host->machine, say_frame, NULL);
}

void board_reset(void) {
    __asm__ volatile("dsb" ::: "memory");
    REGISTER(AIRCR) = 0x05fau << 16 | 1u << 2;
    for (;;) continue;
}

void panic(const char *what) {
    const uint32_t *here = __builtin_frame_address(0);
    board_say("assay: panic: ");
    board_say(what);
    board_say("\n");
    panic_backtrace(here, 0);
    say_javascript();
    board_say("assay: reset\n");
    board_reset();
}

static const char *name_of(uint32_t number, uint32_t status) {
    if (number == 2) return "watchdog: the event loop has not turned for 10 seconds";
    if (status & 1u << 25) return "usage fault: division by zero";
    if (status & 1u << 24) return "usage fault: unaligned access";
    if (status & 0xfu << 16) return "usage fault: no such instruction";
    if (status & 0xffu << 8) return "bus fault";
    if (status & 1u) return "memory fault: code that must not be executed";
    if (status & 0xffu) return "memory fault";
    return "hard fault";
}

void fault_from(const uint32_t *stacked, uint32_t number, uint32_t exc_return) {
    const exception_frame *frame = (const exception_frame *)stacked;
    const uint32_t status = REGISTER(CFSR);
    /* Bits of the status say whether the address of the access is known; if the frame itself did not fit on the stack, there is no frame. */
    const bool has_address = (status & (1u << 7 | 1u << 15)) != 0;
    const uint32_t address = REGISTER(status & 1u << 7 ? MMFAR : BFAR);
    const bool is_overflow = (status & 1u << 4) != 0 || (has_address && address < (uint32_t)stack_limit && address >= (uint32_t)stack_limit - BELOW_STACK) || stacked < stack_limit;
    board_say("assay: panic: ");
    board_say(is_overflow ? "stack overflow" : name_of(number, status));
    if (has_address) {
        board_say(" at ");
        say_hex(address);
    }
    if (exc_return & 4 && stacked >= stack_limit && stacked < stack_top) {
        board_say(", pc ");
        say_hex(frame->pc);
        board_say(", lr ");
        say_hex(frame->lr);
        board_say("\n");
        panic_backtrace(stacked + sizeof *frame / sizeof *stacked, frame->pc);
    } else {
        board_say("\n");
        panic_backtrace(stack_limit, 0);
    }
    say_javascript();
    board_say("assay: reset\n");
    board_reset();
}

/*
 * The frame is on the stack that was in use: bit 2 of the value in lr tells which. The FPU's registers are still to be saved there, at its first use (FPCCR.LSPACT: DDI 0403, B3.2.21); if the
 * stack is full that would be one more fault, so they are given up.
 */
__attribute__((naked)) void fault(void) {
    __asm__ volatile("movw r0, #0xef34\n\t"
                     "movt r0, #0xe000\n\t"
                     "ldr r1, [r0]\n\t"
                     "bic r1, r1, #1\n\t"
                     "str r1, [r0]\n\t"
                     "mov r2, lr\n\t"
                     "tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "mrs r1, ipsr\n\t"
                     "b fault_from");
}

void unexpected(void) { panic("an interrupt that nobody expects, or the end of main"); }
