/*
 * The image has one module, since the bundler made one of all TypeScript files. Its code stays where it is: ids were assigned by the compiler (runtime/compiler),
 * which interned the same names in the same order, so here they only have to come out the same.
 */
#include "xsAll.h"
#include "xsScript.h"

#include <string.h>

#include "host.h"
#include "xs-version.h"

#if XS_MAJOR_VERSION != ASSAY_XS_MAJOR || XS_MINOR_VERSION != ASSAY_XS_MINOR || XS_PATCH_VERSION != ASSAY_XS_PATCH
    #error "expected the version of XS that xs-version.h says"
#endif

#define MAIN_MODULE "app"

const char *assay_modules_link(assay_host *host) {
    txMachine *the = host->machine;
    const char *name = host->image.symbols;
    if (the->keyIndex != host->image.first_id) return "expected an image that is linked for this engine, got one for another; build the app again";
    for (uint16_t i = 0; i < host->image.symbol_count; i++) {
        if (fxNewNameX(the, (txString)name) != (txID)(host->image.first_id + i)) return "expected each name of the image once, got one twice";
        name += strlen(name) + 1;
    }
    return NULL;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID moduleID, txSlot *slot) {
    (void)realm;
    (void)moduleID;
    return strcmp(fxToString(the, slot), MAIN_MODULE) == 0 ? fxNewNameX(the, MAIN_MODULE) : XS_NO_ID;
}

void fxLoadModule(txMachine *the, txSlot *module, txID moduleID) {
    const assay_host *host = the->context;
    char path[] = MAIN_MODULE;
    txScript script;
    memset(&script, 0, sizeof script);
    /* Without symbols XS neither remaps the code nor frees it. */
    script.codeBuffer = (txS1 *)(uintptr_t)host->image.code;
    script.codeSize = (txSize)host->image.code_size;
    script.path = path;
    script.version[0] = XS_MAJOR_VERSION;
    script.version[1] = XS_MINOR_VERSION;
    script.version[2] = XS_PATCH_VERSION;
    fxResolveModule(the, module, moduleID, &script, NULL, NULL);
}

static void fulfilled(txMachine *the) { (void)the; }

static void rejected(txMachine *the) {
    mxException = *mxArgv(0);
    assay_report_exception(the);
}

void assay_modules_start(assay_host *host) {
    txMachine *the = host->machine;
    txSlot *realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
    fxBeginHost(the);
    mxTry(the) {
        mxPushStringC(MAIN_MODULE);
        fxRunImport(the, realm, XS_NO_ID);
        mxDub();
        mxGetID(mxID(_then));
        mxCall();
        fxNewHostFunction(the, fulfilled, 1, XS_NO_ID, XS_NO_ID);
        fxNewHostFunction(the, rejected, 1, XS_NO_ID, XS_NO_ID);
        mxRunCount(2);
        mxPop();
    }
    mxCatch(the) {
        assay_report_exception(the);
    }
    fxEndHost(the);
}
