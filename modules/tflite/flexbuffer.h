/*
 * Reads the options of a custom operator: a FlexBuffer whose root is a map from names to numbers. The bytes are vouched for by nobody,
 * so every offset, width and length is checked before it is used. Other kinds of roots, and values that are no integers or
 * booleans, count as absent.
 *
 * Layout: https://flatbuffers.dev/internals/#flexbuffers-encoding (little endian; the root lies at the end, and offsets point
 * towards the start).
 */
#ifndef ASSAY_TFLITE_FLEXBUFFER_H
#define ASSAY_TFLITE_FLEXBUFFER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	const uint8_t *bytes;
	uint32_t size;
	/* of the first value; the types, a byte each, follow the values */
	uint32_t values;
	uint32_t value_bytes;
	/* of the first key's offset */
	uint32_t keys;
	uint32_t key_bytes;
	uint32_t count;
} flexbuffer_map;

/* Finds the map. False if the bytes are damaged or hold something else. */
bool flexbuffer_open(const uint8_t *bytes, uint32_t size, flexbuffer_map *map);

/* The integer or boolean of that name. False if there is none. */
bool flexbuffer_integer(const flexbuffer_map *map, const char *name, int64_t *value);

#endif
