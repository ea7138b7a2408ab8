/*
 * assay-device: an app's image on Linux, with the memory of a device.
 *
 *   assay-device --app FILE.xsa [--config FILE.json] [--data DIR]
 *                [--slots N] [--chunks BYTES] [--stack BYTES] [--values N] [--keys N] [--seed N] [--parent PID] [--hardware yes]
 *
 * Without `--hardware yes` its statements say that a simulator made them: only a device in service has that option.
 * A service manager that speaks systemd's notification protocol (NOTIFY_SOCKET, WATCHDOG_USEC) hears that the device is ready, turns its event loop, and stops.
 * With --parent the device loses its power (SIGKILL) when that process, which must be its parent, ends: a simulator leaves no device behind.
 *
 * Exit codes: what the app says; 0 when nothing is left to wait for; 1 for an exception or rejection that nobody caught; 64 for a wrong command line;
 * 65 for a damaged image; 66 for a file that cannot be read; 70 when the fixed memory is exhausted.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io-port.h"
#include "linux.h"
#include "modules/identity/sha256.h"
#include "natives.h"
#include "xs-version.h"

#define MAX_IMAGE_BYTES (64L * 1024 * 1024)
#define MAX_CONFIG_BYTES (1024L * 1024)
/* C stack that natives and the C library may use below the limit of XS */
#define STACK_RESERVE (256 * 1024)

typedef struct {
    const char *app;
    const char *config;
    const char *seed;
} options;

static void __attribute__((noreturn, format(printf, 2, 3))) stop(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("assay: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(code);
}

static int32_t parse_limit(const char *name, const char *text, long lowest, long highest) {
    char *end;
    long value;
    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || value < lowest || value > highest) stop(ASSAY_EXIT_USAGE, "%s: expected a number from %ld to %ld, got %s", name, lowest, highest, text);
    return (int32_t)value;
}

/* Dies with the parent, also if that has ended already. */
static void tie_to_parent(int32_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) stop(ASSAY_EXIT_USAGE, "--parent: %s", strerror(errno));
    if (getppid() != parent) stop(ASSAY_EXIT_USAGE, "--parent: expected the process that started this one (%ld), got %ld", (long)getppid(), (long)parent);
}

static void parse_options(options *given, assay_host *host, assay_linux *board, int count, char **words) {
    for (int i = 1; i < count; i += 2) {
        const char *name = words[i];
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        if (value == NULL) stop(ASSAY_EXIT_USAGE, "expected a value after %s, got nothing", name);
        if (strcmp(name, "--app") == 0) given->app = value;
        else if (strcmp(name, "--config") == 0) given->config = value;
        else if (strcmp(name, "--data") == 0) board->data = value;
        else if (strcmp(name, "--seed") == 0) given->seed = value;
        else if (strcmp(name, "--slots") == 0) host->limits.slots = parse_limit(name, value, 256, 64L * 1024 * 1024);
        else if (strcmp(name, "--chunks") == 0) host->limits.chunks = parse_limit(name, value, 1024, 1024L * 1024 * 1024);
        else if (strcmp(name, "--stack") == 0) host->limits.stack = parse_limit(name, value, 16 * 1024, 1024L * 1024 * 1024);
        else if (strcmp(name, "--values") == 0) host->limits.values = parse_limit(name, value, 512, 1024 * 1024);
        else if (strcmp(name, "--keys") == 0) host->limits.keys = parse_limit(name, value, 16, 32000);
        else if (strcmp(name, "--hardware") == 0) {
            if (strcmp(value, "yes") != 0) stop(ASSAY_EXIT_USAGE, "--hardware: expected yes, got %s", value);
            board->is_hardware = true;
        }
        else if (strcmp(name, "--parent") == 0) tie_to_parent(parse_limit(name, value, 1, INT32_MAX));
        else stop(ASSAY_EXIT_USAGE, "expected one of --app, --config, --data, --slots, --chunks, --stack, --values, --keys, --seed, --parent, --hardware, got %s", name);
    }
    if (given->app == NULL) stop(ASSAY_EXIT_USAGE, "expected --app FILE.xsa, got none");
}

/* The whole file in pages of its own, with a NUL behind it. */
static uint8_t *read_file(const char *path, long most, size_t *size) {
    FILE *file = fopen(path, "rb");
    long length = -1;
    uint8_t *bytes;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0) stop(ASSAY_EXIT_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
    if (length > most) stop(ASSAY_EXIT_IMAGE, "%s: expected at most %ld bytes, got %ld", path, most, length);
    bytes = mmap(NULL, (size_t)length + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) stop(ASSAY_EXIT_NO_INPUT, "cannot read %s: %s", path, strerror(errno));
    errno = 0;
    if (fread(bytes, 1, (size_t)length, file) != (size_t)length) stop(ASSAY_EXIT_NO_INPUT, "cannot read %s: %s", path, errno == 0 ? "it changed meanwhile" : strerror(errno));
    fclose(file);
    *size = (size_t)length;
    return bytes;
}

static void open_image(assay_host *host, const char *path) {
    static const uint8_t version[] = ASSAY_XS_VERSION;
    size_t size;
    uint8_t *bytes = read_file(path, MAX_IMAGE_BYTES, &size);
    const char *wrong = assay_image_open(&host->image, bytes, size, version);
    if (wrong != NULL) stop(ASSAY_EXIT_IMAGE, "%s: %s", path, wrong);
    assay_sha256(bytes, size, host->digest);
    /* An image is flash: whoever writes to it shall not get away with it here either. */
    if (mprotect(bytes, size, PROT_READ) != 0) stop(ASSAY_EXIT_NO_INPUT, "cannot protect %s: %s", path, strerror(errno));
}

static void open_stack(assay_host *host, const void *here) {
    struct rlimit limit;
    const size_t wanted = (size_t)host->limits.stack + STACK_RESERVE;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < wanted)
        stop(ASSAY_EXIT_USAGE, "--stack: expected at most %ld bytes under this shell's limit (ulimit -s), got %d", (long)limit.rlim_cur - STACK_RESERVE, host->limits.stack);
    host->stack_limit = (uintptr_t)here - (uintptr_t)host->limits.stack;
}

static uint64_t find_seed(const char *text) {
    uint64_t seed;
    char *end;
    if (text == NULL) {
        if (assay_entropy((uint8_t *)&seed, sizeof seed) != 0) stop(ASSAY_EXIT_NO_INPUT, "expected entropy from the system, got none");
        return seed;
    }
    errno = 0;
    seed = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != 0) stop(ASSAY_EXIT_USAGE, "--seed: expected a number below 2^64, got %s", text);
    return seed;
}

int main(int count, char **words) {
    options given = { 0 };
    static assay_port ports[ASSAY_PORTS];
    assay_linux board = { .data = ".", .data_folder = -1, .notify = { .socket = -1 }, .ports = ports };
    assay_host host = {
        .limits = { .slots = 32768, .chunks = 512 * 1024, .stack = 512 * 1024, .values = 1024, .keys = 512 },
        .natives = assay_natives,
        .native_count = assay_native_count,
        .wake_at = INFINITY,
        .memory_advice = "; give more with --slots, --chunks or --keys",
        .config = "{}",
        .board = &board,
    };
    const char *wrong;
    size_t size;
    for (int i = 0; i < ASSAY_WATCHES; i++) board.watches[i].fd = -1;
    parse_options(&given, &host, &board, count, words);
    open_image(&host, given.app);
    if (given.config != NULL) {
        host.config = (const char *)read_file(given.config, MAX_CONFIG_BYTES, &size);
        if (strlen(host.config) != size) stop(ASSAY_EXIT_NO_INPUT, "%s: expected JSON, got a NUL in it", given.config);
    }
    open_stack(&host, &given);
    assay_random_seed(&host, find_seed(given.seed));
    /* not worth to stop for: the environment may be that of another program */
    if ((wrong = assay_notify_open(&board.notify)) != NULL) fprintf(stderr, "assay: %s\n", wrong);
    if (!assay_signals_open(&host)) stop(ASSAY_EXIT_NO_INPUT, "cannot watch for signals: %s", strerror(errno));
    assay_machine_open(&host);
    if ((wrong = assay_modules_link(&host)) != NULL) stop(ASSAY_EXIT_IMAGE, "%s: %s", given.app, wrong);
    assay_native_install(&host);
    assay_console_install(&host);
    assay_modules_start(&host);
    assay_loop(&host);
    assay_machine_close(&host);
    for (int i = 0; i < ASSAY_PORTS; i++) assay_port_close(&ports[i]);
    free(board.tcp);
    return 0;
}
