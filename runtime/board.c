/* Natives under the modules `assay/board` and `mc/config` that are the same on every board. */
#include "xsmc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "throw.h"
#include "xs-version.h"

/* On the C stack, which is small on a microcontroller. */
#define MAX_ENTROPY_BYTES 1024

/* () → version of XS */
void xs_board_engine(xsMachine *the) { xsmcSetString(xsResult, ASSAY_XS_NAME); }

/* () → SHA-256 of what runs */
void xs_board_digest(xsMachine *the) {
    assay_host *host = xsGetContext(the);
    xsmcSetArrayBuffer(xsResult, host->digest, sizeof host->digest);
}

/* () → bytes of bytecode and names in the image */
void xs_board_codeBytes(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    xsmcSetInteger(xsResult, (xsIntegerValue)host->image.linked_size);
}

/* (n: number) → n bytes from the board's entropy source */
void xs_board_entropy(xsMachine *the) {
    const xsNumberValue n = xsmcToNumber(xsArg(0));
    uint8_t bytes[MAX_ENTROPY_BYTES];
    if (!(n >= 0 && n <= MAX_ENTROPY_BYTES) || n != (xsNumberValue)(int)n) xsRangeError("entropy: expected a number of bytes from 0 to %d", MAX_ENTROPY_BYTES);
    if (assay_entropy(bytes, (size_t)n) != 0) assay_throw(the, "EIO", "entropy: expected bytes from the board's source, got none");
    xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)n);
    memset(bytes, 0, sizeof bytes);
}

/* (callback: () => void): called once when the board is told to stop */
void xs_board_onShutdown(xsMachine *the) {
    assay_host *host = xsGetContext(the);
    xsSlot *root = (xsSlot *)host->shutdown.slot;
    if (!xsmcIsCallable(xsArg(0))) xsTypeError("onShutdown: expected a function, got another value");
    *root = xsArg(0);
    if (!host->shutdown.is_set) xsRemember(*root);
    host->shutdown.is_set = true;
}

/* (code: number): ends the program; a board that nobody can start again resets for any code but 0 */
void xs_board_exit(xsMachine *the) {
    const xsIntegerValue code = xsmcToInteger(xsArg(0));
    if (code < 0 || code > 255) xsRangeError("exit: expected a code from 0 to 255, got %d", (int)code);
    fflush(stdout);
    exit(code);
}

/* () → text of the configuration */
void xs_board_config(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    xsmcSetString(xsResult, (xsStringValue)(uintptr_t)host->config);
}
