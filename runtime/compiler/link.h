/* The linker: bytecode as XS's code generator makes it → bytecode that runs in place, with its lines in a table beside it. */
#ifndef ASSAY_LINK_H
#define ASSAY_LINK_H

#include <stddef.h>
#include <stdint.h>

/* Where each line of the bundle came from. Line numbers count from 1; file 0xFFFF: from nowhere. */
typedef struct {
    uint16_t file;
    uint16_t line;
} link_source;

typedef struct {
    /* in: what fxParserCode made; `names[id]` for 0 < id < name_count */
    const uint8_t *code;
    size_t code_size;
    const char **names;
    size_t name_count;
    const link_source *sources;
    size_t source_count;
    /* in: the id that the machine gave to names[i], filled by the caller between link_measure and link_write for the names that are used */
    uint16_t *ids;
    /* out of link_measure: whether names[i] is used by the linked code */
    uint8_t *used;
    /* out of link_write */
    uint8_t *linked;
    size_t linked_size;
    /* entries of the atom LINE */
    uint8_t *lines;
    size_t line_count;
    /* scratch: new offset of each old offset */
    uint32_t *moved;
} link_job;

/* Finds the new offsets and the names in use. NULL, or what is wrong with the code. */
const char *link_measure(link_job *job);

/* Writes `linked` and `lines`. NULL, or what is wrong with the code. */
const char *link_write(link_job *job);

#endif
