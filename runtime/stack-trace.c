/*
 * Stack traces. XS records lines only when it is compiled for debugging, with an instruction per line in the bytecode. Here the bytecode has none: the code
 * address of each frame is looked up in the line table of the image, when an error is made. Release speed, TypeScript lines.
 */
#include "xsAll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "stack-trace.h"

/* Each frame of a trace takes a slot of the heap, and a runaway recursion has hundreds. */
#define MAX_FRAMES 12

void assay_capture_stack(txMachine *the, txSlot *internal, txSlot *frame);

/* Where `code` stands: the name of the file, or NULL. */
static const char *find_line(txMachine *the, const txByte *code, bool is_return_address, uint16_t *line) {
    const assay_host *host = the->context;
    const txByte *first = (const txByte *)host->image.code;
    const char *file;
    size_t offset;
    /* outside of the image is what XS itself made, such as default constructors */
    if (code == NULL || code < first || code > first + host->image.code_size) return NULL;
    offset = (size_t)(code - first);
    /* A return address is behind the call, which may already be the next line. */
    if (is_return_address && offset > 0) offset--;
    return assay_image_line(&host->image, offset, &file, line) ? file : NULL;
}

/* Stands for fxCaptureErrorStack of XS (xsError.c), whose list it fills: a slot per frame with the file as ID, the line as sum and the function's name. */
void assay_capture_stack(txMachine *the, txSlot *internal, txSlot *frame) {
    txSlot *above = the->frame;
    const txByte *code = the->code;
    bool is_return_address = false;
    txSlot *slot = internal->value.reference = fxNewSlot(the);
    slot->kind = XS_INSTANCE_KIND;
    slot->value.instance.garbage = NULL;
    slot->value.instance.prototype = NULL;
    /* A frame holds the address to which its caller resumes, so the address of `frame` is in the frame above it. */
    while (above != NULL && above != frame) {
        code = above->value.frame.code;
        is_return_address = true;
        above = above->next;
    }
    for (int count = 0; frame->next != NULL && count < MAX_FRAMES; frame = frame->next) {
        txSlot *function = frame + 3;
        if (function->kind == XS_REFERENCE_KIND && mxIsFunction(function->value.reference)) {
            uint16_t line = 0;
            const char *file = find_line(the, code, is_return_address, &line);
            txSlot *name;
            slot = slot->next = fxNewSlot(the);
            slot->flag = XS_GET_ONLY;
            slot->kind = XS_KEY_KIND;
            slot->ID = file == NULL ? XS_NO_ID : fxNewNameX(the, (txString)file);
            slot->value.key.string = NULL;
            slot->value.key.sum = line;
            name = mxBehaviorGetProperty(the, function->value.reference, mxID(_name), 0, XS_OWN);
            if (name != NULL && (name->kind == XS_STRING_KIND || name->kind == XS_STRING_X_KIND)) {
                if (name->kind == XS_STRING_X_KIND) slot->kind = XS_KEY_X_KIND;
                slot->value.key.string = name->value.string;
            } else {
                txSlot *key = mxFunctionInstanceCode(function->value.reference)->ID == XS_NO_ID ? NULL : fxGetKey(the, mxFunctionInstanceCode(function->value.reference)->ID);
                if (key != NULL) {
                    if (key->kind == XS_KEY_X_KIND) slot->kind = XS_KEY_X_KIND;
                    slot->value.key.string = key->value.key.string;
                }
            }
            count++;
        }
        code = frame->value.frame.code;
        is_return_address = true;
    }
}

/* The name that a function was defined with, without asking JavaScript: NULL if it has none, or one that is computed. */
static const char *name_of(txMachine *the, const txSlot *function) {
    for (const txSlot *property = function->next; property != NULL; property = property->next)
        if (property->ID == mxID(_name) && !(property->flag & XS_INTERNAL_FLAG) && (property->kind == XS_STRING_KIND || property->kind == XS_STRING_X_KIND)) return property->value.string;
    if (mxFunctionInstanceCode(function)->ID != XS_NO_ID) {
        const txSlot *key = fxGetKey(the, mxFunctionInstanceCode(function)->ID);
        if (key != NULL && (key->kind == XS_KEY_KIND || key->kind == XS_KEY_X_KIND)) return key->value.key.string;
    }
    return NULL;
}

void assay_visit_stack(void *machine, void (*visit)(void *self, const char *function, const char *file, uint16_t line), void *self) {
    txMachine *the = machine;
    const txByte *code = the->code;
    int count = 0;
    for (txSlot *frame = the->frame; frame != NULL && frame->next != NULL && count < MAX_FRAMES; frame = frame->next) {
        const txSlot *function = frame + 3;
        if (function->kind == XS_REFERENCE_KIND && mxIsFunction(function->value.reference)) {
            uint16_t line = 0;
            const char *file = find_line(the, code, count > 0, &line);
            const char *name = name_of(the, function->value.reference);
            visit(self, name == NULL || *name == 0 ? NULL : name, file, line);
            count++;
        }
        code = frame->value.frame.code;
    }
}

/* The text of the exception: its stack if it is an Error that has one, else the value. NULL if even that throws. */
static const char *describe(txMachine *the) {
    const char *text = NULL;
    mxTry(the) {
        mxPush(mxException);
        if (mxIsReference(the->stack)) {
            mxGetID(mxID(_stack));
            if (mxIsUndefined(the->stack)) {
                mxPop();
                mxPush(mxException);
            }
        }
        text = fxToString(the, the->stack);
    }
    mxCatch(the) {
    }
    return text;
}

void assay_report_exception(void *machine) {
    txMachine *the = machine;
    const bool is_error = mxIsReference(&mxException);
    const char *text = describe(the);
    fflush(stdout);
    fprintf(stderr, "assay: uncaught %s%s\n", is_error ? "" : "value ", text == NULL ? "exception" : text);
    exit(ASSAY_EXIT_EXCEPTION);
}
