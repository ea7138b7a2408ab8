/* Natives under the modules `assay/board` and `mc/config`, and of sensors that this board does not have. */
#include "xsmc.h"

#include <stdlib.h>
#include <string.h>

#include "mps2.h"
#include "throw.h"
#include "xs-version.h"

#define MAX_ENTROPY_BYTES 256

/* () → the board's name */
void xs_board_name(xsMachine *the) { xsmcSetString(xsResult, "mps2-an500"); }

/* () → true: it is QEMU that lends the entropy */
void xs_board_isSimulator(xsMachine *the) { xsmcSetBoolean(xsResult, 1); }

/* () → version of XS */
void xs_board_engine(xsMachine *the) { xsmcSetString(xsResult, ASSAY_XS_NAME); }

/* () → SHA-256 of the firmware, app and model included */
void xs_board_digest(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_mps2 *board = host->board;
    xsmcSetArrayBuffer(xsResult, board->digest, sizeof board->digest);
}

/* () → bytes of bytecode and names in the image */
void xs_board_codeBytes(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    xsmcSetInteger(xsResult, (xsIntegerValue)host->image.linked_size);
}

/* (n: number) → n bytes of entropy */
void xs_board_entropy(xsMachine *the) {
    const xsNumberValue n = xsmcToNumber(xsArg(0));
    uint8_t bytes[MAX_ENTROPY_BYTES];
    if (!(n >= 0 && n <= MAX_ENTROPY_BYTES) || n != (xsNumberValue)(int)n) xsRangeError("entropy: expected a number of bytes from 0 to %d", MAX_ENTROPY_BYTES);
    if (assay_entropy(bytes, (size_t)n) != 0) assay_throw(the, "EIO", "entropy: expected bytes from the emulator's machine, got none; run QEMU with -semihosting-config");
    xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)n);
    memset(bytes, 0, sizeof bytes);
}

/* (callback: () => void): kept, though nothing on this board asks it to stop but its power switch */
void xs_board_onShutdown(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_mps2 *board = host->board;
    xsSlot *root = (xsSlot *)board->shutdown.slot;
    if (!xsmcIsCallable(xsArg(0))) xsTypeError("onShutdown: expected a function, got another value");
    *root = xsArg(0);
    if (!board->shutdown.is_set) xsRemember(*root);
    board->shutdown.is_set = true;
}

/* (code: number): 0 ends the program, another code resets the board */
void xs_board_exit(xsMachine *the) {
    const xsIntegerValue code = xsmcToInteger(xsArg(0));
    if (code < 0 || code > 255) xsRangeError("exit: expected a code from 0 to 255, got %d", (int)code);
    exit(code);
}

/* () → text of the configuration */
void xs_board_config(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    xsmcSetString(xsResult, (xsStringValue)(uintptr_t)host->config);
}

/* (counters: ArrayBuffer) → the file that could not be read: this board has no load of Linux to measure, but can play a recording of one */
void xs_sensor_readMachineLoad(xsMachine *the) { xsmcSetString(xsResult, "/proc"); }
