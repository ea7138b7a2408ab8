/* The checked reader of images: see image.h. Pure C, no XS. */
#include "image.h"

#include <string.h>

#define ATOM_HEADER 8u

static uint16_t read16(const uint8_t *p) { return (uint16_t)((p[0] << 8) | p[1]); }
static uint32_t read32(const uint8_t *p) { return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3]; }

typedef struct {
    const uint8_t *next;
    const uint8_t *end;
} cursor;

typedef struct {
    const uint8_t *body;
    size_t size;
} atom;

/* Takes the next atom if it has that type and lies within the cursor. */
static bool take(cursor *from, uint32_t type, atom *found) {
    const size_t left = (size_t)(from->end - from->next);
    size_t size;
    if (left < ATOM_HEADER || read32(from->next + 4) != type) return false;
    size = read32(from->next);
    if (size < ATOM_HEADER || size > left) return false;
    found->body = from->next + ATOM_HEADER;
    found->size = size - ATOM_HEADER;
    from->next += size;
    return true;
}

/* Whether `size` bytes are exactly `count` strings that are not empty, each ended by NUL. */
static bool are_strings(const uint8_t *bytes, size_t size, size_t count) {
    while (count > 0) {
        const uint8_t *end = size == 0 ? NULL : memchr(bytes, 0, size);
        if (end == NULL || end == bytes) return false;
        size -= (size_t)(end - bytes) + 1;
        bytes = end + 1;
        count--;
    }
    return size == 0;
}

static bool are_lines(const assay_image *image) {
    size_t before = 0;
    for (size_t i = 0; i < image->line_count; i++) {
        const uint8_t *entry = image->lines + i * ASSAY_IMAGE_LINE_BYTES;
        const size_t offset = read32(entry);
        if (offset >= image->code_size || (i > 0 && offset <= before) || read16(entry + 4) >= image->file_count) return false;
        before = offset;
    }
    return true;
}

/* Splits the body of a RSRC atom. */
static bool read_resource(const assay_image *image, const atom *from, const char **name, const uint8_t **data, size_t *size) {
    const uint8_t *end = from->body + from->size;
    const uint8_t *nul;
    if (from->size < 4) return false;
    *size = read32(from->body);
    *name = (const char *)from->body + 4;
    nul = memchr(*name, 0, from->size - 4);
    if (nul == NULL || nul == from->body + 4 || *size > (size_t)(end - nul) - 1) return false;
    *data = end - *size;
    return (size_t)(*data - image->bytes) % ASSAY_IMAGE_ALIGNMENT == 0;
}

const char *assay_image_open(assay_image *image, const uint8_t *bytes, size_t size, const uint8_t version[3]) {
    cursor from = { bytes, bytes + size };
    atom found;
    memset(image, 0, sizeof *image);
    image->bytes = bytes;
    image->size = size;
    if (size < ATOM_HEADER || read32(bytes + 4) != ASSAY_IMAGE_ROOT) return "expected an image (ASAY), got another kind of file";
    if (read32(bytes) != size) return "expected as many bytes as the header says, got a truncated or extended file";
    from.next += ATOM_HEADER;

    if (!take(&from, ASSAY_IMAGE_VERSION, &found) || found.size != 8) return "expected the atom VERS, got something else or a wrong length";
    if (found.body[0] != ASSAY_IMAGE_FORMAT) return "expected format 1, got another";
    if (memcmp(found.body + 1, version, 3) != 0) return "expected an image for this version of XS, got one for another; build the app again";
    if (read32(found.body + 4) != assay_crc32(from.next, (size_t)(from.end - from.next))) return "expected the CRC-32 that the header says, got damaged content";

    if (!take(&from, ASSAY_IMAGE_SYMBOLS, &found) || found.size < 4) return "expected the atom SYMB, got something else or a wrong length";
    image->first_id = read16(found.body);
    image->symbol_count = read16(found.body + 2);
    image->symbols = (const char *)found.body + 4;
    image->linked_size = found.size + ATOM_HEADER;
    if (!are_strings(found.body + 4, found.size - 4, image->symbol_count)) return "expected the names of SYMB to fill it, got a wrong count or length";

    if (!take(&from, ASSAY_IMAGE_CODE, &found) || found.size == 0) return "expected the atom CODE, got something else or a wrong length";
    image->code = found.body;
    image->code_size = found.size;
    image->linked_size += found.size + ATOM_HEADER;

    if (!take(&from, ASSAY_IMAGE_FILES, &found) || found.size < 2) return "expected the atom FILE, got something else or a wrong length";
    image->file_count = read16(found.body);
    image->files = (const char *)found.body + 2;
    if (!are_strings(found.body + 2, found.size - 2, image->file_count)) return "expected the names of FILE to fill it, got a wrong count or length";

    if (!take(&from, ASSAY_IMAGE_LINES, &found) || found.size % ASSAY_IMAGE_LINE_BYTES != 0) return "expected the atom LINE, got something else or a wrong length";
    image->lines = found.body;
    image->line_count = found.size / ASSAY_IMAGE_LINE_BYTES;
    if (!are_lines(image)) return "expected LINE to be sorted and to name files of FILE, got something else";

    image->resources = from.next;
    image->resources_size = (size_t)(from.end - from.next);
    while (from.next < from.end) {
        const char *name;
        const uint8_t *data;
        size_t length;
        if (!take(&from, ASSAY_IMAGE_RESOURCE, &found)) return "expected the atom RSRC, got something else or a wrong length";
        if (!read_resource(image, &found, &name, &data, &length)) return "expected a resource with a name and aligned data within its atom, got something else";
    }
    return NULL;
}

const uint8_t *assay_image_resource(const assay_image *image, const char *name, size_t *size) {
    cursor from = { image->resources, image->resources + image->resources_size };
    atom found;
    while (take(&from, ASSAY_IMAGE_RESOURCE, &found)) {
        const char *its_name;
        const uint8_t *data;
        if (read_resource(image, &found, &its_name, &data, size) && strcmp(its_name, name) == 0) return data;
    }
    return NULL;
}

bool assay_image_line(const assay_image *image, size_t offset, const char **file, uint16_t *line) {
    size_t low = 0;
    size_t high = image->line_count;
    const uint8_t *entry;
    uint16_t index;
    /* the last entry at or before `offset` */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (read32(image->lines + middle * ASSAY_IMAGE_LINE_BYTES) <= offset) low = middle + 1;
        else high = middle;
    }
    if (low == 0) return false;
    entry = image->lines + (low - 1) * ASSAY_IMAGE_LINE_BYTES;
    *line = read16(entry + 6);
    *file = image->files;
    for (index = read16(entry + 4); index > 0; index--) *file += strlen(*file) + 1;
    return *line != 0;
}

uint32_t assay_crc32(const uint8_t *bytes, size_t size) {
    uint32_t crc = 0xFFFFFFFFu;
    while (size-- > 0) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}
