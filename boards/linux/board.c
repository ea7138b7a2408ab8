/* Natives under the module `assay/board` that are Linux's own. */
#include "xsmc.h"

#include "linux.h"

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
