/* Natives under `assay/board/tls`: a session per socket. tls.ts moves its ciphertext through an ordinary TCP socket. */
#include "xsmc.h"

#include <string.h>

#include "throw.h"
#include "tls-session.h"

void xs_tls_destructor(void *data) { assay_tls_free(data); }

static assay_tls *opened(xsMachine *the) {
    assay_tls *tls = xsmcGetHostDataValidate(xsArg(0), xs_tls_destructor);
    if (tls == NULL) xsTypeError("TLS: expected an open session, got a closed one");
    return tls;
}

static void __attribute__((noreturn)) throw_error(xsMachine *the, const assay_tls_error *error) {
    if (error->code == NULL) assay_throw_errno(the, error->number, error->text);
    assay_throw(the, error->code, "%s", error->text);
}

/* A string or a buffer. It points into the heap of XS: nothing may be allocated there while it is used. */
static assay_tls_source source_of(xsMachine *the, int index) {
    const xsType type = xsmcTypeOf(xsArg(index));
    void *bytes;
    xsUnsignedValue size;
    if (type == xsUndefinedType) return (assay_tls_source){ NULL, 0 };
    if (type == xsStringType || type == xsStringXType) {
        const char *text = xsmcToString(xsArg(index));
        return (assay_tls_source){ text, strlen(text) };
    }
    xsmcGetBufferReadable(xsArg(index), &bytes, &size);
    /* an empty buffer has no address, but is none the less given */
    return (assay_tls_source){ size == 0 ? "" : bytes, size };
}

/* (server: string, ca?, certificate?, key?: string | ArrayBuffer) → session */
void xs_tls_open(xsMachine *the) {
    assay_tls_options options;
    assay_tls_error error;
    assay_tls *tls;
    xsResult = xsNewHostObject(xs_tls_destructor);
    xsmcSetHostData(xsResult, NULL);
    /* first, so that no conversion moves what the others point to */
    (void)xsmcToString(xsArg(0));
    options.ca = source_of(the, 1);
    options.certificate = source_of(the, 2);
    options.key = source_of(the, 3);
    options.server = xsmcToString(xsArg(0));
    if ((options.certificate.bytes == NULL) != (options.key.bytes == NULL)) xsTypeError("TLS: expected certificate and key together, got one of them");
    tls = assay_tls_open(&options, &error);
    if (tls == NULL) throw_error(the, &error);
    xsmcSetHostData(xsResult, tls);
}

/* (session): frees it */
void xs_tls_free(xsMachine *the) {
    assay_tls *tls = opened(the);
    xsmcSetHostData(xsArg(0), NULL);
    assay_tls_free(tls);
}

/* (session) → 0 while the handshake is under way, 1 when open, 2 when it has ended */
void xs_tls_step(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)assay_tls_step(opened(the))); }

/* (session): throws why it has ended */
void xs_tls_failure(xsMachine *the) {
    const assay_tls_error *failure = assay_tls_failure(opened(the));
    if (failure->code != NULL) throw_error(the, failure);
}

/* (session) → bytes of ciphertext that push takes */
void xs_tls_pushRoom(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)assay_tls_push_room(opened(the))); }

/* (session, ciphertext: ArrayBuffer) */
void xs_tls_push(xsMachine *the) {
    assay_tls *tls = opened(the);
    void *bytes;
    xsUnsignedValue size;
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    if (size > assay_tls_push_room(tls)) xsRangeError("TLS: expected at most %d bytes, got %d", (int)assay_tls_push_room(tls), (int)size);
    assay_tls_push(tls, bytes, size);
}

/* (session, most: number) → ArrayBuffer of ciphertext for the socket, or undefined if there is none */
void xs_tls_pull(xsMachine *the) {
    const xsIntegerValue most = xsmcToInteger(xsArg(1));
    /* after a conversion, since that may run code of the app, which may close it */
    assay_tls *tls = opened(the);
    size_t size = assay_tls_pull_size(tls);
    void *buffer;
    xsUnsignedValue length;
    if (most <= 0 || size == 0) return;
    if (size > (size_t)most) size = (size_t)most;
    xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
    xsmcGetBufferWritable(xsResult, &buffer, &length);
    assay_tls_pull(tls, buffer, length);
}

/* (session) → bytes of plaintext that are here */
void xs_tls_available(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)assay_tls_available(opened(the))); }

/* (session, byteLength?: number) → ArrayBuffer, or undefined if there is nothing to read now */
void xs_tls_read(xsMachine *the) {
    assay_tls *tls;
    size_t size, most = SIZE_MAX;
    void *buffer;
    xsUnsignedValue length;
    if (xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType) {
        const xsNumberValue wanted = xsmcToNumber(xsArg(1));
        if (!(wanted >= 0 && wanted <= INT32_MAX)) xsRangeError("TLS read: expected a number of bytes from 0");
        most = (size_t)wanted;
    }
    /* after a conversion, since that may run code of the app, which may close it */
    tls = opened(the);
    size = assay_tls_available(tls);
    if (size > most) size = most;
    if (size == 0) return;
    xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
    xsmcGetBufferWritable(xsResult, &buffer, &length);
    assay_tls_read(tls, buffer, length);
}

/* (session) → bytes of plaintext that write takes */
void xs_tls_writeRoom(xsMachine *the) { xsmcSetInteger(xsResult, (xsIntegerValue)assay_tls_write_room(opened(the))); }

/* (session, plaintext: buffer) */
void xs_tls_write(xsMachine *the) {
    assay_tls *tls = opened(the);
    const size_t room = assay_tls_write_room(tls);
    void *bytes;
    xsUnsignedValue size;
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    if (size > room) assay_throw(the, "ENOBUFS", "TLS write: expected at most %d bytes, got %d", (int)room, (int)size);
    if (!assay_tls_write(tls, bytes, size)) throw_error(the, assay_tls_failure(tls));
}

/* (session): what pull then gives says goodbye */
void xs_tls_close(xsMachine *the) { assay_tls_close(opened(the)); }
