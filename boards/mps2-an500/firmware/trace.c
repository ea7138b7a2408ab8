/* Natives under `assay/trace`: the recording in the flash partition of that name, read in place. It stands there as text that ends at the first erased byte. */
#include "xsmc.h"

#include <stdlib.h>
#include <string.h>

#include "mps2.h"
#include "throw.h"

enum { LONGEST_LINE = 1024 };
#define ERASED 0xff

typedef struct {
    const flash_partition *partition;
    uint32_t at;
} trace;

void xs_trace_destructor(void *data) { free(data); }

static trace *opened(xsMachine *the) {
    trace *t = xsmcGetHostData(xsArg(0));
    if (t == NULL || t->partition == NULL) xsTypeError("expected an open recording, got a closed one");
    return t;
}

/* (file: string) → trace */
void xs_trace_open(xsMachine *the) {
    trace *t = calloc(1, sizeof *t);
    const char *file;
    if (t == NULL) xsUnknownError("out of memory");
    xsResult = xsNewHostObject(xs_trace_destructor);
    xsmcSetHostData(xsResult, t);
    file = xsmcToString(xsArg(0));
    if (strcmp(file, "trace") != 0) assay_throw(the, "ENOENT", "recording: expected trace, the flash partition, got %.64s", file);
    t->partition = flash_find("trace");
    if (t->partition == NULL || *flash_bytes(t->partition) == ERASED) {
        t->partition = NULL;
        assay_throw(the, "ENOENT", "recording: expected one in the flash partition trace, got none; flash the board with --trace FILE");
    }
}

/* (trace) → the next line without its end, or undefined at the end of the recording */
void xs_trace_line(xsMachine *the) {
    trace *t = opened(the);
    const uint8_t *bytes = flash_bytes(t->partition);
    const uint32_t start = t->at;
    char line[LONGEST_LINE + 1];
    size_t length = 0;
    while (t->at < t->partition->bytes && bytes[t->at] != ERASED) {
        const char c = (char)bytes[t->at++];
        if (c == '\n') break;
        if (length == LONGEST_LINE) xsRangeError("expected lines of at most %d bytes in a recording", (int)LONGEST_LINE);
        line[length++] = c;
    }
    if (t->at == start) return;
    if (length > 0 && line[length - 1] == '\r') length--;
    line[length] = 0;
    xsmcSetString(xsResult, line);
}

/* (trace) */
void xs_trace_rewind(xsMachine *the) { opened(the)->at = 0; }

/* (trace) */
void xs_trace_close(xsMachine *the) {
    trace *t = xsmcGetHostData(xsArg(0));
    if (t != NULL) t->partition = NULL;
}
