/* Recordings of sensors, read line by line. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "throw.h"
#include "xsmc.h"

enum { LONGEST_LINE = 1024 };

typedef struct {
    FILE *file;
} trace;

void xs_trace_destructor(void *data) {
    trace *t = data;
    if (t == NULL) return;
    if (t->file != NULL) fclose(t->file);
    free(t);
}

static FILE *opened(xsMachine *the) {
    trace *t = xsmcGetHostData(xsArg(0));
    if (t == NULL || t->file == NULL) xsTypeError("expected an open recording, got a closed one");
    return t->file;
}

/* (file: string) → trace */
void xs_trace_open(xsMachine *the) {
    const char *path;
    trace *t = malloc(sizeof *t);
    if (t == NULL) xsUnknownError("out of memory");
    t->file = NULL;
    xsResult = xsNewHostObject(xs_trace_destructor);
    xsmcSetHostData(xsResult, t);
    path = xsmcToString(xsArg(0));
    t->file = fopen(path, "re");
    if (t->file == NULL) assay_throw_errno(the, errno, path);
}

/* (trace) → the next line without its end, or undefined at the end of the file */
void xs_trace_line(xsMachine *the) {
    FILE *file = opened(the);
    char line[LONGEST_LINE + 2];
    size_t length;
    errno = 0;
    if (fgets(line, sizeof line, file) == NULL) {
        if (ferror(file)) assay_throw_errno(the, errno != 0 ? errno : EIO, "recording");
        return;
    }
    length = strlen(line);
    if (length > LONGEST_LINE) xsRangeError("expected lines of at most %d bytes in a recording", (int)LONGEST_LINE);
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) line[--length] = 0;
    xsmcSetString(xsResult, line);
}

/* (trace) */
void xs_trace_rewind(xsMachine *the) {
    rewind(opened(the));
}

/* (trace) */
void xs_trace_close(xsMachine *the) {
    trace *t = xsmcGetHostData(xsArg(0));
    if (t != NULL && t->file != NULL) {
        fclose(t->file);
        t->file = NULL;
    }
}
