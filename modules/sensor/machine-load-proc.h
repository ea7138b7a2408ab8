/**
 * The kernel's running totals of what a Linux machine does, read from /proc.
 *
 * Plain C: the sensor's native and its tests use it alike.
 */
#ifndef ASSAY_MACHINE_LOAD_PROC_H
#define ASSAY_MACHINE_LOAD_PROC_H

/** Totals since boot. */
typedef struct {
    double time;             /* s, monotonic */
    double user;             /* CPU seconds, nice included */
    double system;           /* CPU seconds, hard interrupts included */
    double iowait;           /* CPU seconds */
    double softirq;          /* CPU seconds */
    double context_switches; /* events */
    double interrupts;       /* events */
    double disk_read;        /* bytes */
    double disk_written;     /* bytes */
    double network;          /* bytes, all interfaces, both directions */
    double memory_stalled;   /* s in which some task waited for memory */
} assay_machine_load;

/**
 * Reads all totals from the folder `proc` (normally "/proc").
 *
 * @return NULL, or the name of the file below `proc` that could not be read or made no sense.
 *         Pressure stall information is optional: without it `memory_stalled` is 0.
 */
const char *assay_machine_load_read(const char *proc, assay_machine_load *load);

#endif
