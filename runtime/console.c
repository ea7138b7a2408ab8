/* console.log and console.info to stdout, console.warn and console.error to stderr: one line per call, values joined by spaces. */
#include "xsAll.h"

#include <stdio.h>

#include "host.h"

/* Replaces the value on top of the stack by its text: an Error by its stack, another object by its JSON if it has one, anything else as String() does. */
static txString to_text(txMachine *the) {
    if (mxIsReference(the->stack)) {
        txSlot *first = the->stack->value.reference->next;
        const bool is_error = first != NULL && (first->flag & XS_INTERNAL_FLAG) && first->kind == XS_ERROR_KIND;
        if (is_error) mxGetID(mxID(_stack));
        else if (!mxIsCallable(the->stack->value.reference)) {
            txSlot *value = the->stack;
            mxPush(mxGlobal);
            mxGetID(mxID(_JSON));
            mxDub();
            mxGetID(mxID(_stringify));
            mxCall();
            mxPushSlot(value);
            mxRunCount(1);
            if (mxIsUndefined(the->stack)) mxPop();
            else mxPullSlot(value);
        }
    }
    return fxToString(the, the->stack);
}

static void print(txMachine *the, FILE *file) {
    const txInteger count = mxArgc;
    for (txInteger i = 0; i < count; i++) {
        mxPushSlot(mxArgv(i));
        fprintf(file, i == 0 ? "%s" : " %s", to_text(the));
        mxPop();
    }
    fputc('\n', file);
    fflush(file);
}

static void print_log(txMachine *the) { print(the, stdout); }
static void print_error(txMachine *the) { print(the, stderr); }

void assay_console_install(assay_host *host) {
    static const struct {
        const char *name;
        txCallback print;
    } functions[] = { { "log", print_log }, { "info", print_log }, { "warn", print_error }, { "error", print_error } };
    txMachine *the = host->machine;
    fxBeginHost(the);
    mxPush(mxObjectPrototype);
    fxNewObjectInstance(the);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        txSlot *console = the->stack;
        const txID name = fxNewNameX(the, (txString)functions[i].name);
        fxNewHostFunction(the, functions[i].print, 0, name, XS_NO_ID);
        mxPushSlot(console);
        mxDefineID(name, XS_DONT_ENUM_FLAG, XS_DONT_ENUM_FLAG);
        mxPop();
    }
    mxPush(mxGlobal);
    mxDefineID(fxNewNameX(the, "console"), XS_DONT_ENUM_FLAG, XS_DONT_ENUM_FLAG);
    mxPop();
    fxEndHost(the);
}
