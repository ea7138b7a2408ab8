#define _POSIX_C_SOURCE 200809L
#include "machine-load-proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a line may hold: the longest line that matters is one of /proc/net/dev, about 130 characters. The "intr" line of
 * /proc/stat runs to tens of thousands, but only its beginning counts. */
#define LINE_LENGTH 256

typedef struct {
    const char *name;
    double *value;
    double unit;
} field;

/** Calls `line` with the first LINE_LENGTH characters of each line of a file. Returns 0, or -1 if the file cannot be read. */
static int each_line(const char *proc, const char *name, void (*line)(const char *text, void *context), void *context) {
    char path[256], chunk[4096], text[LINE_LENGTH];
    size_t length = 0;
    ssize_t got;
    int file, written = snprintf(path, sizeof path, "%s/%s", proc, name);
    if (written < 0 || (size_t)written >= sizeof path) return -1;
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    while ((got = read(file, chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (chunk[i] == '\n') {
                text[length] = 0;
                line(text, context);
                length = 0;
            } else if (length < LINE_LENGTH - 1) {
                text[length++] = chunk[i];
            }
        }
    }
    close(file);
    return got < 0 ? -1 : 0;
}

/** Reads up to `count` decimal numbers from `text`; returns how many there were. */
static int numbers(const char *text, double *values, int count) {
    int n = 0;
    while (n < count) {
        char *end;
        unsigned long long value = strtoull(text, &end, 10);
        if (end == text) break;
        values[n++] = (double)value;
        text = end;
    }
    return n;
}

static const char *after(const char *text, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

typedef struct {
    assay_machine_load *load;
    int seen;
} reading;

/* proc_pid_stat(5), /proc/stat: user nice system idle iowait irq softirq … in ticks of sysconf(_SC_CLK_TCK) */
static void stat_line(const char *text, void *context) {
    reading *r = context;
    double v[7];
    const char *rest;
    if ((rest = after(text, "cpu ")) != NULL && numbers(rest, v, 7) == 7) {
        double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
        r->load->user = (v[0] + v[1]) * tick;
        r->load->system = (v[2] + v[5]) * tick;
        r->load->iowait = v[4] * tick;
        r->load->softirq = v[6] * tick;
        r->seen |= 1;
    } else if ((rest = after(text, "ctxt ")) != NULL && numbers(rest, v, 1) == 1) {
        r->load->context_switches = v[0];
        r->seen |= 2;
    } else if ((rest = after(text, "intr ")) != NULL && numbers(rest, v, 1) == 1) {
        r->load->interrupts = v[0];
        r->seen |= 4;
    }
}

/* /proc/vmstat counts what block devices read and wrote in KiB, whatever the devices are called */
static void vmstat_line(const char *text, void *context) {
    reading *r = context;
    double kib;
    const char *rest;
    if ((rest = after(text, "pgpgin ")) != NULL && numbers(rest, &kib, 1) == 1) {
        r->load->disk_read = kib * 1024;
        r->seen |= 1;
    } else if ((rest = after(text, "pgpgout ")) != NULL && numbers(rest, &kib, 1) == 1) {
        r->load->disk_written = kib * 1024;
        r->seen |= 2;
    }
}

/* "  eth0: received bytes, 7 more, sent bytes, …" after two lines of heading */
static void net_line(const char *text, void *context) {
    reading *r = context;
    double v[9];
    const char *colon = strchr(text, ':');
    r->seen = 1;
    if (colon != NULL && numbers(colon + 1, v, 9) == 9) r->load->network += v[0] + v[8];
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=123", microseconds */
static void pressure_line(const char *text, void *context) {
    reading *r = context;
    double us;
    const char *total;
    if (after(text, "some ") != NULL && (total = strstr(text, "total=")) != NULL && numbers(total + 6, &us, 1) == 1) r->load->memory_stalled = us * 1e-6;
}

const char *assay_machine_load_read(const char *proc, assay_machine_load *load) {
    struct timespec now;
    reading r = {load, 0};
    memset(load, 0, sizeof *load);
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return "clock";
    load->time = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    if (each_line(proc, "stat", stat_line, &r) != 0 || r.seen != 7) return "stat";
    r.seen = 0;
    if (each_line(proc, "vmstat", vmstat_line, &r) != 0 || r.seen != 3) return "vmstat";
    r.seen = 0;
    if (each_line(proc, "net/dev", net_line, &r) != 0 || r.seen != 1) return "net/dev";
    (void)each_line(proc, "pressure/memory", pressure_line, &r); /* optional: kernels without CONFIG_PSI */
    return NULL;
}
