/*
 * The host: one machine of XS, the image that it runs and the board under it. There are no globals; whoever has the machine has the host
 * (`xsGetContext(the)` in a native, `the->context` beside XS).
 *
 * How the host runs an app: machine.c makes the machine with its fixed memory, modules.c links and starts the image, loop.c runs promise
 * jobs and waits, in the board, for the next timer or event; the board calls back into JavaScript by `assay_call`.
 */
#ifndef ASSAY_HOST_H
#define ASSAY_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"
#include "platform.h"

/* Exit codes (those of sysexits.h where it has them). */
#define ASSAY_EXIT_EXCEPTION 1 /* an exception or rejection that nobody caught */
#define ASSAY_EXIT_USAGE 64
#define ASSAY_EXIT_IMAGE 65 /* not an image, or a damaged one */
#define ASSAY_EXIT_NO_INPUT 66 /* a file that cannot be read */
#define ASSAY_EXIT_MEMORY 70 /* the fixed memory of the machine is exhausted */

/* The fixed memory of a machine. Nothing grows: what does not fit ends the app with ASSAY_EXIT_MEMORY. */
typedef struct {
    /* slots of the heap; a slot is 16 bytes on a 32-bit processor, 32 on a 64-bit one */
    int32_t slots;
    /* bytes of the heap for strings, buffers and the like */
    int32_t chunks;
    /* bytes of C stack that XS may use: deeper recursion throws a RangeError */
    int32_t stack;
    /* slots of the value stack of XS: deeper recursion throws a RangeError */
    int32_t values;
    /* names beyond those of XS and of the image, such as the keys of parsed JSON */
    int32_t keys;
} assay_limits;

/* A value that C keeps over collections (a remembered slot of XS, whose size it has). */
typedef struct {
    void *slot[4];
    bool is_set;
} assay_root;

typedef struct {
    const char *name;
    void (*function)(void *machine);
} assay_native;

typedef struct {
    void *machine;
    /* the machine whose built-ins it shares; NULL: made when the machine is opened */
    void *built_ins;
    assay_limits limits;
    assay_image image;
    /* sorted by name */
    const assay_native *natives;
    size_t native_count;
    /* lowest address of the C stack that XS may use */
    uintptr_t stack_limit;
    /* state of Math.random() */
    uint64_t random[2];
    /* ticks at which `timer` is to be called; infinite if no timer runs */
    double wake_at;
    assay_root timer;
    /* how to give the machine more memory, or NULL */
    const char *memory_advice;
    /* parsed by the module mc/config */
    const char *config;
    /* called once when the board is told to stop */
    assay_root shutdown;
    /* SHA-256 of what runs: the image, or the whole firmware */
    uint8_t digest[32];
    /* what the board keeps for its natives */
    void *board;
} assay_host;

/* machine.c: makes the built-ins: a machine that is never written again. Everything of it is allocated by malloc and its like. */
void *assay_machine_prepare(uintptr_t stack_limit);
/* machine.c: makes the machine of `host`, whose limits, image and natives are set. Ends the process if the limits are too small for XS itself. */
void assay_machine_open(assay_host *host);
/* machine.c: frees the machine, which runs the destructors of what natives have made. */
void assay_machine_close(assay_host *host);
/* machine.c: ends the process with one line that names what is exhausted. */
void assay_machine_exhausted(assay_host *host, const char *what) __attribute__((noreturn));

/* random.c */
void assay_random_seed(assay_host *host, uint64_t seed);

/* modules.c: interns the names of the image. NULL, or why the image does not fit this machine. */
const char *assay_modules_link(assay_host *host);
/* modules.c: starts the module of the image. */
void assay_modules_start(assay_host *host);

/* native.c and console.c: put `native` and `console` on globalThis. */
void assay_native_install(assay_host *host);
void assay_console_install(assay_host *host);

/* stack-trace.c: writes the exception that XS holds, with its stack, to stderr and ends the process with ASSAY_EXIT_EXCEPTION. */
void assay_report_exception(void *machine) __attribute__((noreturn));

/* loop.c: runs promise jobs, timers and what the board waits for until nothing is left to wait for. */
void assay_loop(assay_host *host);
/* loop.c: calls the function that `root` holds with numbers, then runs the promise jobs that it left. An exception ends the process. */
void assay_call(assay_host *host, assay_root *root, int count, const double *numbers);

/* The board: waits at most `milliseconds` (infinite: until something happens) and calls back for what happened; false if there is nothing to wait for but the time. */
bool assay_board_wait(assay_host *host, double milliseconds);

#endif
