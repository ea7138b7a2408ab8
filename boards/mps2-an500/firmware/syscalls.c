/* What newlib asks of the system under it: text goes to the console, memory comes from the heap between the program's data and its stacks, ending is a reset. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "mps2.h"
#include "platform.h"

void *_sbrk(ptrdiff_t bytes);
int _write(int file, const void *bytes, int size);
int _read(int file, void *bytes, int size);
int _close(int file);
int _lseek(int file, int offset, int whence);
int _fstat(int file, struct stat *status);
int _isatty(int file);
int _getpid(void);
int _kill(int process, int number);
int _gettimeofday(struct timeval *now, void *zone);
void _exit(int code) __attribute__((noreturn));

void *_sbrk(ptrdiff_t bytes) {
    static uint8_t *end;
    uint8_t *first, *limit, *before;
    heap_bounds(&first, &limit);
    before = end == NULL ? first : end;
    if (bytes > limit - before) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end = before + bytes;
    return before;
}

int _write(int file, const void *bytes, int size) {
    if (file != 1 && file != 2) {
        errno = EBADF;
        return -1;
    }
    uart_write(UART_CONSOLE, bytes, (size_t)size);
    return size;
}

int _read(int file, void *bytes, int size) {
    (void)file;
    (void)bytes;
    (void)size;
    errno = EBADF;
    return -1;
}

int _close(int file) {
    (void)file;
    errno = EBADF;
    return -1;
}

int _lseek(int file, int offset, int whence) {
    (void)file;
    (void)offset;
    (void)whence;
    errno = ESPIPE;
    return -1;
}

int _fstat(int file, struct stat *status) {
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file) {
    (void)file;
    return 1;
}

int _getpid(void) { return 1; }

int _kill(int process, int number) {
    (void)process;
    (void)number;
    panic("abort");
}

/* There is no clock for the time of day: the time since the start, so that Date.now() goes on. Statements have no time of the board's (its configuration says so). */
int _gettimeofday(struct timeval *now, void *zone) {
    const double ticks = assay_ticks();
    (void)zone;
    now->tv_sec = (time_t)(ticks / 1000);
    now->tv_usec = (suseconds_t)((ticks - (double)now->tv_sec * 1000) * 1000);
    return 0;
}

/* 0: the app is done. Anything else: what was said before is why; start again. */
void _exit(int code) {
    if (code == 0) semihosting_exit(0);
    /* newlib has closed its files by now */
    board_say("assay: reset after exit code ");
    board_say_number((uint32_t)code);
    board_say("\n");
    board_reset();
}
