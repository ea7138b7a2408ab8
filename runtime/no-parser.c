/* A device has no parser: whatever would compile source text throws. (The bytecode compiler links XS's own parser instead of this file.) */
#include "xsAll.h"

txScript *fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags) {
    (void)stream;
    (void)getter;
    (void)flags;
    fxThrowMessage(the, NULL, 0, XS_EVAL_ERROR, "expected compiled code, got source text: this device has no parser, so eval and Function do not work");
}
