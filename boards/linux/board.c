/* Natives under the module `assay/board`. */
#include "xsmc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux.h"
#include "throw.h"
#include "xs-version.h"

#define MAX_ENTROPY_BYTES 4096

/* () → such as "linux-x64" */
void xs_board_name(xsMachine *the) {
#if defined(__x86_64__)
    xsmcSetString(xsResult, "linux-x64");
#elif defined(__aarch64__)
    xsmcSetString(xsResult, "linux-arm64");
#elif defined(__arm__)
    xsmcSetString(xsResult, "linux-arm");
#elif defined(__riscv)
    xsmcSetString(xsResult, "linux-riscv");
#else
    xsmcSetString(xsResult, "linux");
#endif
}

/* () → whether statements are to say that no hardware is behind them: so unless the host was started with --hardware */
void xs_board_isSimulator(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    const assay_linux *board = host->board;
    xsmcSetBoolean(xsResult, !board->is_hardware);
}

/* () → version of XS */
void xs_board_engine(xsMachine *the) { xsmcSetString(xsResult, ASSAY_XS_NAME); }

/* () → SHA-256 of the image file */
void xs_board_digest(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    xsmcSetArrayBuffer(xsResult, board->digest, sizeof board->digest);
}

/* () → bytes of bytecode and names in the image */
void xs_board_codeBytes(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    xsmcSetInteger(xsResult, (xsIntegerValue)host->image.linked_size);
}

/* (n: number) → n bytes from the system's entropy source */
void xs_board_entropy(xsMachine *the) {
    const xsNumberValue n = xsmcToNumber(xsArg(0));
    uint8_t bytes[MAX_ENTROPY_BYTES];
    if (!(n >= 0 && n <= MAX_ENTROPY_BYTES) || n != (xsNumberValue)(int)n) xsRangeError("entropy: expected a number of bytes from 0 to %d", MAX_ENTROPY_BYTES);
    if (assay_entropy(bytes, (size_t)n) != 0) assay_throw(the, "EIO", "entropy: expected bytes from the system, got none");
    xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)n);
    memset(bytes, 0, sizeof bytes);
}

/* (callback: () => void): called once when the process is told to stop */
void xs_board_onShutdown(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_linux *board = host->board;
    xsSlot *root = (xsSlot *)board->shutdown.slot;
    if (!xsmcIsCallable(xsArg(0))) xsTypeError("onShutdown: expected a function, got another value");
    *root = xsArg(0);
    if (!board->shutdown.is_set) xsRemember(*root);
    board->shutdown.is_set = true;
}

/* (code: number): ends the process */
void xs_board_exit(xsMachine *the) {
    const xsIntegerValue code = xsmcToInteger(xsArg(0));
    if (code < 0 || code > 255) xsRangeError("exit: expected a code from 0 to 255, got %d", (int)code);
    fflush(stdout);
    exit(code);
}

/* () → text of the file that --config names */
void xs_board_config(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    xsmcSetString(xsResult, (xsStringValue)(uintptr_t)host->config);
}
