#include "xsAll.h"

#include <string.h>

#include "throw.h"

static void __attribute__((noreturn)) throw_text(txMachine *the, const char *code, const char *text) {
    mxTry(the) {
        fxThrowMessage(the, NULL, 0, XS_UNKNOWN_ERROR, "%s", text);
    }
    mxCatch(the) {
        mxPushStringC((txString)code);
        mxPush(mxException);
        mxDefineID(fxNewNameX(the, "code"), XS_NO_FLAG, XS_NO_FLAG);
        mxPop();
    }
    fxJump(the);
}

void assay_throw(void *machine, const char *code, const char *format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    throw_text(machine, code, text);
}

static const char *code_of(int number) {
    switch (number) {
    case EACCES: return "EACCES";
    case EADDRINUSE: return "EADDRINUSE";
    case EADDRNOTAVAIL: return "EADDRNOTAVAIL";
    case EAGAIN: return "EBUSY"; /* a lock that another process holds */
    case EBUSY: return "EBUSY";
    case ECONNREFUSED: return "ECONNREFUSED";
    case ECONNRESET: return "ECONNRESET";
    case EEXIST: return "EEXIST";
    case EFBIG: return "EFBIG";
    case EINVAL: return "EINVAL";
    case EISDIR: return "EISDIR";
    case EMFILE: return "EMFILE";
    case EMSGSIZE: return "EMSGSIZE";
    case ENAMETOOLONG: return "ENAMETOOLONG";
    case ENETUNREACH: return "ENETUNREACH";
    case ENODEV: return "ENODEV";
    case ENOENT: return "ENOENT";
    case ENOMEM: return "ENOMEM";
    case ENOSPC: return "ENOSPC";
    case ENOTDIR: return "ENOTDIR";
    case ENOTTY: return "ENOTTY";
    case ENXIO: return "ENXIO";
    case EOPNOTSUPP: return "EOPNOTSUPP";
    case EPERM: return "EPERM";
    case EPIPE: return "EPIPE";
    case EROFS: return "EROFS";
    case ETIMEDOUT: return "ETIMEDOUT";
    default: return "EIO";
    }
}

void assay_throw_errno(void *machine, int number, const char *what) { assay_throw(machine, code_of(number), "%s: %s", what, strerror(number)); }
