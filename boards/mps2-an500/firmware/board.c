/* Natives under the module `assay/board` that are this board's own, and of a sensor that it does not have. */
#include "xsmc.h"

#include "mps2.h"

/* () → the board's name */
void xs_board_name(xsMachine *the) { xsmcSetString(xsResult, "mps2-an500"); }

/* () → true: it is QEMU that lends the entropy */
void xs_board_isSimulator(xsMachine *the) { xsmcSetBoolean(xsResult, 1); }

/* (counters: ArrayBuffer) → the file that could not be read: this board has no load of Linux to measure, but can play a recording of one */
void xs_sensor_readMachineLoad(xsMachine *the) { xsmcSetString(xsResult, "/proc"); }
