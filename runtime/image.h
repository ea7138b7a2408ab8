/*
 * The image of an app (`.xsa`): what the bytecode compiler writes and a device runs in place, from read-only memory.
 *
 * Like an archive of XS it is a row of atoms, each { size, big-endian 32 bits, header included; type, 4 characters }:
 *
 *   ASAY  the whole file, which holds the atoms below in this order
 *   VERS  format (1 byte), version of XS (3 bytes), CRC-32 (IEEE 802.3) of everything behind this atom
 *   SYMB  first id, count (16 bits each), then the names that XS has to know, each ended by NUL; name i has id `first + i`
 *   CODE  bytecode of the one module of the app, linked: ids are those of SYMB and of XS itself
 *   FILE  count (16 bits), then the names of the source files
 *   LINE  { offset in CODE, 32 bits; file, line, 16 bits each }, sorted by offset: from there on the code is of that line
 *   RSRC  any number: { length of the data, 32 bits; name ended by NUL; zeros; data, which starts at a multiple of 16 }
 *
 * A file is hostile until `assay_image_open` took it: truncated, wrong lengths, wrong version, a name without end. The bytecode itself is
 * trusted, as firmware is: the CRC shows damage, not malice, and XS checks no operand.
 */
#ifndef ASSAY_IMAGE_H
#define ASSAY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSAY_IMAGE_FORMAT 1
#define ASSAY_IMAGE_ROOT 0x41534159u /* 'ASAY' */
#define ASSAY_IMAGE_VERSION 0x56455253u /* 'VERS' */
#define ASSAY_IMAGE_SYMBOLS 0x53594D42u /* 'SYMB' */
#define ASSAY_IMAGE_CODE 0x434F4445u /* 'CODE' */
#define ASSAY_IMAGE_FILES 0x46494C45u /* 'FILE' */
#define ASSAY_IMAGE_LINES 0x4C494E45u /* 'LINE' */
#define ASSAY_IMAGE_RESOURCE 0x52535243u /* 'RSRC' */
#define ASSAY_IMAGE_ALIGNMENT 16u
#define ASSAY_IMAGE_LINE_BYTES 8u

/* An opened image. Every pointer points into the bytes that were opened. */
typedef struct {
    const uint8_t *bytes;
    size_t size;
    uint16_t first_id;
    uint16_t symbol_count;
    const char *symbols;
    const uint8_t *code;
    size_t code_size;
    /* bytes of CODE and SYMB, headers included: what an app costs in flash beside its resources */
    size_t linked_size;
    uint16_t file_count;
    const char *files;
    const uint8_t *lines;
    size_t line_count;
    const uint8_t *resources;
    size_t resources_size;
} assay_image;

/* Checks `size` bytes. NULL if they are an image for `version` (of XS: major, minor, patch), else what was expected and what came. */
const char *assay_image_open(assay_image *image, const uint8_t *bytes, size_t size, const uint8_t version[3]);

/* The resource of that name, or NULL; `*size` is its length in bytes. */
const uint8_t *assay_image_resource(const assay_image *image, const char *name, size_t *size);

/* The line that the byte at `offset` of CODE belongs to; false if the table does not say. */
bool assay_image_line(const assay_image *image, size_t offset, const char **file, uint16_t *line);

/* CRC-32 (IEEE 802.3). */
uint32_t assay_crc32(const uint8_t *bytes, size_t size);

#endif
