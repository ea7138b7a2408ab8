/* Writes an image: the counterpart of runtime/image.c. */
#ifndef ASSAY_WRITER_H
#define ASSAY_WRITER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *name;
    const uint8_t *data;
    size_t size;
} image_resource;

typedef struct {
    uint8_t version[3];
    uint16_t first_id;
    const char **symbols;
    size_t symbol_count;
    const uint8_t *code;
    size_t code_size;
    const char **files;
    size_t file_count;
    /* entries as in the atom LINE */
    const uint8_t *lines;
    size_t line_count;
    const image_resource *resources;
    size_t resource_count;
} image_parts;

/* 0, or -1 with errno. */
int image_write(const image_parts *parts, const char *path);

#endif
