/* Semihosting: https://github.com/ARM-software/abi-aa/blob/main/semihosting/semihosting.rst. The board has no source of entropy, so the emulator's machine lends its own. */
#include "mps2.h"
#include "platform.h"

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20, STOPPED_BY_APPLICATION = 0x20026 };

static int32_t ask(int32_t operation, const void *parameters) {
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameters;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

bool semihosting_entropy(uint8_t *out, size_t size) {
    static const char path[] = "/dev/urandom";
    /* mode 1: "rb" */
    const uintptr_t open[3] = { (uintptr_t)path, 1, sizeof path - 1 };
    const int32_t file = ask(SYS_OPEN, open);
    const uintptr_t read[3] = { (uintptr_t)file, (uintptr_t)out, size };
    const uintptr_t close[1] = { (uintptr_t)file };
    int32_t missing;
    if (file < 0) return false;
    missing = ask(SYS_READ, read);
    ask(SYS_CLOSE, close);
    return missing == 0;
}

int assay_entropy(uint8_t *out, size_t n) { return n == 0 || semihosting_entropy(out, n) ? 0 : -1; }

void semihosting_exit(int code) {
    const uintptr_t block[2] = { STOPPED_BY_APPLICATION, (uintptr_t)code };
    ask(SYS_EXIT_EXTENDED, block);
    for (;;) continue;
}
