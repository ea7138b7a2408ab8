/* XS natives of the sensors. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "xsmc.h"

#include "machine-load-proc.h"

/* (counters: ArrayBuffer of 11 binary64 numbers) → undefined, or the file that could not be read */
void xs_sensor_readMachineLoad(xsMachine *the) {
    assay_machine_load load;
    void *buffer;
    xsUnsignedValue size;
    const char *missing = assay_machine_load_read("/proc", &load);
    double totals[11];
    if (missing != NULL) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%s", missing);
        xsmcSetString(xsResult, path);
        return;
    }
    totals[0] = load.time;
    totals[1] = load.user;
    totals[2] = load.system;
    totals[3] = load.iowait;
    totals[4] = load.softirq;
    totals[5] = load.context_switches;
    totals[6] = load.interrupts;
    totals[7] = load.disk_read;
    totals[8] = load.disk_written;
    totals[9] = load.network;
    totals[10] = load.memory_stalled;
    xsmcGetBufferWritable(xsArg(0), &buffer, &size);
    if (size != sizeof totals) xsRangeError("expected a buffer of %d bytes, got %d", (int)sizeof totals, (int)size);
    memcpy(buffer, totals, sizeof totals);
}
