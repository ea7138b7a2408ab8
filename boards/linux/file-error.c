#define _POSIX_C_SOURCE 200809L
#include "file-error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *code_of(int error) {
    switch (error) {
        case EACCES: return "EACCES";
        case EEXIST: return "EEXIST";
        case EINVAL: return "EINVAL";
        case EIO: return "EIO";
        case EISDIR: return "EISDIR";
        case EMFILE: return "EMFILE";
        case ENOENT: return "ENOENT";
        case ENOMEM: return "ENOMEM";
        case ENOSPC: return "ENOSPC";
        case ENOTDIR: return "ENOTDIR";
        case EROFS: return "EROFS";
        default: return "EOTHER";
    }
}

void assay_throw_file_error(xsMachine *the, const char *what, int error) {
    char message[256];
    snprintf(message, sizeof message, "%s: %s", what, strerror(error));
    xsmcVars(2);
    xsVar(0) = xsNew1(xsGlobal, xsID("Error"), xsString(message));
    xsmcSetString(xsVar(1), (char *)code_of(error));
    xsmcSet(xsVar(0), xsID("code"), xsVar(1));
    xsThrow(xsVar(0));
}

void assay_check_name(xsMachine *the, const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length > 64) xsRangeError("expected a name of 1 to 64 characters, got %d", (int)length);
    if (name[0] == '.' || strchr(name, '/') != NULL) xsRangeError("expected a name without \"/\" that does not begin with \".\", got \"%s\"", name);
}
