/* The firmware of the MPS2+ board: one app, in place in flash, with the memory of an ESP32. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/identity/sha256.h"
#include "mps2.h"
#include "natives.h"
#include "xs-version.h"

/* C stack below the limit of XS, for natives and the C library. */
#define STACK_RESERVE (6 * 1024)
#define LONGEST_CONFIG 4096

/* image.c, made by the build: the app. */
extern const uint8_t assay_app[], assay_app_end[];

int main(void);

/* The configuration is text in a partition of its own, up to the first erased byte; an erased partition is {}. */
static const char *read_config(char *text) {
    const flash_partition *partition = flash_find("config");
    const uint8_t *bytes = flash_bytes(partition);
    size_t size = 0;
    while (size < partition->bytes && bytes[size] != 0xff && bytes[size] != 0) size++;
    if (size == 0) return "{}";
    if (size >= LONGEST_CONFIG) panic("expected a configuration of less than 4096 bytes, got more");
    memcpy(text, bytes, size);
    text[size] = 0;
    return text;
}

int main(void) {
    static assay_mps2 board;
    static char config[LONGEST_CONFIG];
    static char out[256], err[256];
    static const uint8_t version[] = ASSAY_XS_VERSION;
    static assay_host host = {
        .natives = assay_natives,
        .memory_advice = "; give more in the board's definition.ts",
        .board = &board,
    };
    assay_sha256_state hash;
    const char *wrong;
    uint64_t seed;
    host.limits = mps2_limits;
    host.native_count = assay_native_count;
    host.wake_at = INFINITY;
    host.stack_limit = (uintptr_t)stack_limit + STACK_RESERVE;
    host.limits.stack = (int32_t)((uintptr_t)stack_top - host.stack_limit);
    uart_open(UART_CONSOLE);
    uart_open(UART_LINK);
    clock_open();
    watchdog_open();
    setvbuf(stdout, out, _IOLBF, sizeof out);
    setvbuf(stderr, err, _IOLBF, sizeof err);
    /* First of all: while the built-ins are made, every byte that C allocates is part of them. */
    host.built_ins = built_ins_machine(host.stack_limit);
    host.config = read_config(config);
    wrong = assay_image_open(&host.image, assay_app, (size_t)(assay_app_end - assay_app), version);
    if (wrong != NULL) panic(wrong);
    assay_sha256_begin(&hash);
    assay_sha256_update(&hash, (const uint8_t *)flash_start, (size_t)((const uint8_t *)flash_end - (const uint8_t *)flash_start));
    assay_sha256_update(&hash, (const uint8_t *)built_ins_start, (size_t)((const uint8_t *)built_ins_end - (const uint8_t *)built_ins_start));
    assay_sha256_end(&hash, host.digest);
    if (assay_entropy((uint8_t *)&seed, sizeof seed) != 0) panic("expected entropy from the emulator's machine, got none; run QEMU with -semihosting-config");
    assay_random_seed(&host, seed);
    assay_machine_open(&host);
    panic_watch(&host);
    if ((wrong = assay_modules_link(&host)) != NULL) panic(wrong);
    assay_native_install(&host);
    assay_console_install(&host);
    assay_modules_start(&host);
    assay_loop(&host);
    exit(0);
}
