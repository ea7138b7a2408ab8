#include "writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

/* A buffer that is first measured (bytes == NULL), then filled by the same calls. */
typedef struct {
    uint8_t *bytes;
    size_t size;
} output;

static void put(output *to, const void *bytes, size_t size) {
    if (to->bytes != NULL && size > 0) memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void put16(output *to, size_t value) { put(to, (const uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2); }

static void put32(output *to, size_t value) {
    put(to, (const uint8_t[]){ (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value }, 4);
}

static void put_string(output *to, const char *text) { put(to, text, strlen(text) + 1); }

/* Starts an atom; its size is set when it ends. */
static size_t begin(output *to, uint32_t type) {
    const size_t start = to->size;
    put32(to, 0);
    put32(to, type);
    return start;
}

static void end(output *to, size_t start) {
    output header = { to->bytes, start };
    if (to->bytes != NULL) put32(&header, to->size - start);
}

static void put_image(output *to, const image_parts *parts) {
    const size_t root = begin(to, ASSAY_IMAGE_ROOT);
    size_t atom = begin(to, ASSAY_IMAGE_VERSION);
    size_t body;
    put(to, (const uint8_t[]){ ASSAY_IMAGE_FORMAT, parts->version[0], parts->version[1], parts->version[2] }, 4);
    put32(to, 0);
    end(to, atom);
    body = to->size;

    atom = begin(to, ASSAY_IMAGE_SYMBOLS);
    put16(to, parts->first_id);
    put16(to, parts->symbol_count);
    for (size_t i = 0; i < parts->symbol_count; i++) put_string(to, parts->symbols[i]);
    end(to, atom);

    atom = begin(to, ASSAY_IMAGE_CODE);
    put(to, parts->code, parts->code_size);
    end(to, atom);

    atom = begin(to, ASSAY_IMAGE_FILES);
    put16(to, parts->file_count);
    for (size_t i = 0; i < parts->file_count; i++) put_string(to, parts->files[i]);
    end(to, atom);

    atom = begin(to, ASSAY_IMAGE_LINES);
    put(to, parts->lines, parts->line_count * ASSAY_IMAGE_LINE_BYTES);
    end(to, atom);

    for (size_t i = 0; i < parts->resource_count; i++) {
        static const uint8_t zeros[ASSAY_IMAGE_ALIGNMENT] = { 0 };
        atom = begin(to, ASSAY_IMAGE_RESOURCE);
        put32(to, parts->resources[i].size);
        put_string(to, parts->resources[i].name);
        put(to, zeros, (ASSAY_IMAGE_ALIGNMENT - to->size % ASSAY_IMAGE_ALIGNMENT) % ASSAY_IMAGE_ALIGNMENT);
        put(to, parts->resources[i].data, parts->resources[i].size);
        end(to, atom);
    }
    end(to, root);
    if (to->bytes != NULL) {
        output checksum = { to->bytes, body - 4 };
        put32(&checksum, assay_crc32(to->bytes + body, to->size - body));
    }
}

int image_write(const image_parts *parts, const char *path) {
    output to = { NULL, 0 };
    FILE *file;
    size_t size;
    put_image(&to, parts);
    size = to.size;
    to.bytes = calloc(size, 1);
    to.size = 0;
    if (to.bytes == NULL) return -1;
    put_image(&to, parts);
    file = fopen(path, "wb");
    if (file == NULL) return -1;
    if (fwrite(to.bytes, 1, size, file) != size) {
        fclose(file);
        return -1;
    }
    free(to.bytes);
    return fclose(file);
}
