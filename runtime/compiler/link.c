/*
 * Linking, in two passes over the instructions:
 *
 * - instructions that only a debugger needs (FILE, LINE, PROFILE) go away; the lines go into a table, sorted by code offset;
 * - names of local variables go away where nothing else uses them, since each name costs the device a slot (a message about such a variable says ?);
 * - CODE and STRING become their ARCHIVE forms, which refer to the code in place instead of copying it to the heap;
 * - names become the ids that the device's machine will have for them;
 * - branches are set to the new distances. Code only shrinks, so a distance fits where it fitted before.
 */
#include "xsCommon.h"

#include <stdlib.h>
#include <string.h>

#include "link.h"

#define MAX_DEPTH 256

/* What an instruction is to the linker. */
typedef enum { KIND_PLAIN, KIND_BRANCH, KIND_CODE, KIND_STRING, KIND_NAME, KIND_VARIABLE, KIND_LINE, KIND_DROPPED } code_kind;

static code_kind kind_of(uint8_t byte) {
    switch (byte) {
    case XS_CODE_BRANCH_1:
    case XS_CODE_BRANCH_2:
    case XS_CODE_BRANCH_4:
    case XS_CODE_BRANCH_CHAIN_1:
    case XS_CODE_BRANCH_CHAIN_2:
    case XS_CODE_BRANCH_CHAIN_4:
    case XS_CODE_BRANCH_COALESCE_1:
    case XS_CODE_BRANCH_COALESCE_2:
    case XS_CODE_BRANCH_COALESCE_4:
    case XS_CODE_BRANCH_ELSE_1:
    case XS_CODE_BRANCH_ELSE_2:
    case XS_CODE_BRANCH_ELSE_4:
    case XS_CODE_BRANCH_IF_1:
    case XS_CODE_BRANCH_IF_2:
    case XS_CODE_BRANCH_IF_4:
    case XS_CODE_BRANCH_STATUS_1:
    case XS_CODE_BRANCH_STATUS_2:
    case XS_CODE_BRANCH_STATUS_4:
    case XS_CODE_CATCH_1:
    case XS_CODE_CATCH_2:
    case XS_CODE_CATCH_4:
        return KIND_BRANCH;
    case XS_CODE_CODE_1:
    case XS_CODE_CODE_2:
    case XS_CODE_CODE_4:
        return KIND_CODE;
    case XS_CODE_STRING_1:
    case XS_CODE_STRING_2:
    case XS_CODE_STRING_4:
        return KIND_STRING;
    case XS_CODE_NEW_CLOSURE:
    case XS_CODE_NEW_LOCAL:
        return KIND_VARIABLE;
    case XS_CODE_LINE:
        return KIND_LINE;
    case XS_CODE_FILE:
    case XS_CODE_PROFILE:
        return KIND_DROPPED;
    default:
        return gxCodeSizes[byte] == 0 ? KIND_NAME : KIND_PLAIN;
    }
}

static uint16_t read16(const uint8_t *p) { return (uint16_t)(p[0] | (p[1] << 8)); }

static int32_t read_signed(const uint8_t *p, size_t size) {
    if (size == 1) return (int8_t)p[0];
    if (size == 2) return (int16_t)read16(p);
    return (int32_t)((uint32_t)read16(p) | ((uint32_t)read16(p + 2) << 16));
}

static void write_signed(uint8_t *p, size_t size, int32_t value) {
    for (size_t i = 0; i < size; i++) p[i] = (uint8_t)((uint32_t)value >> (8 * i));
}

/* Bytes of the instruction at `p`, or 0 if it is none that XS knows or does not fit. */
static size_t length_of(const uint8_t *p, const uint8_t *end) {
    const size_t left = (size_t)(end - p);
    size_t length;
    int size;
    if (*p == XS_NO_CODE || *p >= XS_CODE_COUNT) return 0;
    size = gxCodeSizes[*p];
    if (size > 0) length = (size_t)size;
    else if (size == 0) length = 1 + sizeof(uint16_t);
    else {
        const size_t prefix = (size_t)-size;
        if (left < 1 + prefix) return 0;
        length = prefix == 4 ? (size_t)(uint32_t)read_signed(p + 1, 4) : (prefix == 2 ? read16(p + 1) : p[1]);
        length += 1 + prefix;
    }
    return length <= left ? length : 0;
}

const char *link_measure(link_job *job) {
    const uint8_t *end = job->code + job->code_size;
    uint32_t at = 0;
    for (const uint8_t *p = job->code; p < end;) {
        const size_t length = length_of(p, end);
        const code_kind kind = kind_of(*p);
        if (length == 0) return "expected an instruction of XS, got something else";
        job->moved[p - job->code] = at;
        if (kind == KIND_NAME || kind == KIND_VARIABLE) {
            const uint16_t id = read16(p + 1);
            if (id >= job->name_count) return "expected an id of a name, got a larger number";
            /* XS tells the private members of an object apart by the names of their variables. */
            if (kind == KIND_NAME || (id > 0 && job->names[id][0] == '#')) job->used[id] = 1;
        }
        if (kind != KIND_LINE && kind != KIND_DROPPED) at += (uint32_t)length;
        p += length;
    }
    job->moved[job->code_size] = at;
    job->linked_size = at;
    return NULL;
}

static void add_line(link_job *job, uint32_t offset, const link_source *source) {
    uint8_t *entry = job->lines + job->line_count * 8;
    if (job->line_count > 0) {
        const uint8_t *last = entry - 8;
        if (memcmp(last + 4, (const uint8_t[]){ (uint8_t)(source->file >> 8), (uint8_t)source->file, (uint8_t)(source->line >> 8), (uint8_t)source->line }, 4) == 0) return;
        /* a line of which no instruction is left */
        if (read_signed((const uint8_t[]){ last[3], last[2], last[1], last[0] }, 4) == (int32_t)offset) {
            entry -= 8;
            job->line_count--;
        }
    }
    entry[0] = (uint8_t)(offset >> 24);
    entry[1] = (uint8_t)(offset >> 16);
    entry[2] = (uint8_t)(offset >> 8);
    entry[3] = (uint8_t)offset;
    entry[4] = (uint8_t)(source->file >> 8);
    entry[5] = (uint8_t)source->file;
    entry[6] = (uint8_t)(source->line >> 8);
    entry[7] = (uint8_t)source->line;
    job->line_count++;
}

const char *link_write(link_job *job) {
    const uint8_t *end = job->code + job->code_size;
    uint8_t *q = job->linked;
    /* the lines of the functions around this one, which go on where it ends */
    struct {
        const uint8_t *end;
        link_source source;
    } outer[MAX_DEPTH];
    size_t depth = 0;
    link_source source = { 0, 0 };
    job->line_count = 0;
    for (const uint8_t *p = job->code; p < end;) {
        const size_t length = length_of(p, end);
        const code_kind kind = kind_of(*p);
        while (depth > 0 && p >= outer[depth - 1].end) {
            source = outer[--depth].source;
            if (q < job->linked + job->linked_size) add_line(job, (uint32_t)(q - job->linked), &source);
        }
        switch (kind) {
        case KIND_LINE: {
            const size_t line = read16(p + 1);
            if (line > 0 && line <= job->source_count && job->sources[line - 1].file != 0xFFFF) {
                source = job->sources[line - 1];
                add_line(job, (uint32_t)(q - job->linked), &source);
            }
            break;
        }
        case KIND_DROPPED:
            break;
        case KIND_BRANCH:
        case KIND_CODE: {
            const size_t size = length - 1;
            const int64_t target = (p - job->code) + (int64_t)length + read_signed(p + 1, size);
            if (target < 0 || target > (int64_t)job->code_size) return "expected a branch within the code, got one beyond it";
            if (kind == KIND_CODE) {
                if (depth == MAX_DEPTH) return "expected at most 256 functions within each other, got more";
                outer[depth].end = job->code + target;
                outer[depth].source = source;
                depth++;
            }
            *q++ = kind == KIND_CODE ? (uint8_t)(*p - XS_CODE_CODE_1 + XS_CODE_CODE_ARCHIVE_1) : *p;
            write_signed(q, size, (int32_t)((int64_t)job->moved[target] - (q - job->linked) - (int64_t)size));
            q += size;
            break;
        }
        case KIND_NAME:
        case KIND_VARIABLE: {
            const uint16_t name = read16(p + 1);
            *q++ = *p;
            write_signed(q, 2, name < job->name_count && job->used[name] ? job->ids[name] : 0);
            q += 2;
            break;
        }
        case KIND_STRING:
        case KIND_PLAIN:
            memcpy(q, p, length);
            if (kind == KIND_STRING) *q = (uint8_t)(*p - XS_CODE_STRING_1 + XS_CODE_STRING_ARCHIVE_1);
            q += length;
            break;
        }
        p += length;
    }
    return (size_t)(q - job->linked) == job->linked_size ? NULL : "expected both passes to agree on the size of the code, got two sizes";
}
