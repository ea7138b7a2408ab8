/*
 * Resources of the image, in place: an object that reads like an ArrayBuffer, whose bytes stay in flash and cannot be written. Looks into XS itself, since its API for
 * natives makes host buffers that are no ArrayBuffers.
 */
#include "xsAll.h"

#include "host.h"
#include "throw.h"

/* slice(begin?, end?): a copy on the heap, as ArrayBuffer.prototype.slice makes one */
static void slice(txMachine *the) {
    const txNumber size = fxGetHostBufferLength(the, mxThis);
    const txByte *bytes = fxGetHostData(the, mxThis);
    txNumber bounds[] = { 0, size };
    for (txInteger i = 0; i < 2 && i < mxArgc; i++) {
        if (mxIsUndefined(mxArgv(i))) continue;
        bounds[i] = fxToInteger(the, mxArgv(i));
        if (bounds[i] < 0) bounds[i] = bounds[i] + size < 0 ? 0 : bounds[i] + size;
        if (bounds[i] > size) bounds[i] = size;
    }
    if (bounds[1] < bounds[0]) bounds[1] = bounds[0];
    fxArrayBuffer(the, mxResult, (void *)(uintptr_t)(bytes + (size_t)bounds[0]), (txInteger)(bounds[1] - bounds[0]), -1);
}

void xs_resource_open(txMachine *the);

/* (name: string) → the resource */
void xs_resource_open(txMachine *the) {
    const assay_host *host = the->context;
    const txString name = mxArgc > 0 ? fxToString(the, mxArgv(0)) : NULL;
    size_t size = 0;
    const uint8_t *data = name == NULL ? NULL : assay_image_resource(&host->image, name, &size);
    txSlot *resource;
    if (data == NULL) assay_throw(the, "ENOENT", "resource: expected one of the image, got %s", name == NULL ? "nothing" : name);
    fxNewHostObject(the, NULL);
    resource = the->stack;
    resource->value.reference->value.instance.prototype = mxArrayBufferPrototype.value.reference;
    fxSetHostBuffer(the, resource, (void *)(uintptr_t)data, (txSize)size);
    /* XS has a pointer through which it could write; this flag is why it does not. */
    fxPetrifyHostBuffer(the, resource);
    mxPushInteger((txInteger)size);
    mxPushSlot(resource);
    mxDefineID(mxID(_byteLength), XS_DONT_ENUM_FLAG | XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG, XS_DONT_ENUM_FLAG | XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG);
    mxPop();
    fxNewHostFunction(the, slice, 2, mxID(_slice), XS_NO_ID);
    mxPushSlot(resource);
    mxDefineID(mxID(_slice), XS_DONT_ENUM_FLAG, XS_DONT_ENUM_FLAG);
    mxPop();
    mxPullSlot(mxResult);
}
