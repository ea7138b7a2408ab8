/* The event loop: a callback, then every promise job that it left (as ECMAScript wants jobs run), then the next callback. */
#include "xsAll.h"

#include <math.h>

#include "host.h"

static void run_promise_jobs(txMachine *the) {
    while (the->promiseJobs) {
        the->promiseJobs = 0;
        fxRunPromiseJobs(the);
    }
    fxEndJob(the);
    /* A rejection that nobody handled when the jobs are through ends the app, as an exception does. */
    fxCheckUnhandledRejections(the, 1);
}

void assay_call(assay_host *host, assay_root *root, int count, const double *numbers) {
    txMachine *the = host->machine;
    fxBeginHost(the);
    mxTry(the) {
        mxPushUndefined();
        mxPushSlot((txSlot *)root->slot);
        mxCall();
        for (int i = 0; i < count; i++) mxPushNumber(numbers[i]);
        mxRunCount(count);
        mxPop();
    }
    mxCatch(the) {
        assay_report_exception(the);
    }
    fxEndHost(the);
    run_promise_jobs(the);
}

void assay_loop(assay_host *host) {
    run_promise_jobs(host->machine);
    for (;;) {
        const double wait = fmax(0, host->wake_at - assay_ticks());
        /* with neither a timer nor anything that the board waits for, nothing can happen any more */
        if (!assay_board_wait(host, wait) && isinf(host->wake_at)) return;
        if (host->wake_at <= assay_ticks()) {
            /* the callback sets the time of the next timer */
            host->wake_at = INFINITY;
            assay_call(host, &host->timer, 0, NULL);
        }
    }
}
