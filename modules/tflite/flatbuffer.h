/*
 * Reads a flatbuffer that nobody vouches for.
 *
 * Every offset, vtable, vector length and string end is checked before it is used. A reader is sticky: at the first unsound byte
 * `broken` is set, what was asked for is empty (absent table, vector of length 0, default scalar), and so is whatever hangs on it.
 * So a caller may read a whole table and ask once. Positions count bytes from the start of the file; 0 means absent, as
 * no table and no vector can start on the root offset.
 *
 * Layout: https://flatbuffers.dev/internals/ (tables, vtables, vectors, strings; little endian).
 */
#ifndef ASSAY_TFLITE_FLATBUFFER_H
#define ASSAY_TFLITE_FLATBUFFER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	const uint8_t *bytes;
	uint32_t size;
	/* Bytes of vectors that may still be walked, see fb_spend. */
	uint32_t budget;
	bool broken;
} fb_reader;

typedef struct {
	uint32_t position;
	uint32_t vtable;
	uint16_t vtable_bytes;
	uint16_t bytes;
} fb_table;

typedef struct {
	/* of the first element */
	uint32_t position;
	uint32_t length;
} fb_vector;

/*
 * What lies at a position that is known to be inside. A hostile file keeps no alignment; with memcpy the compiler makes of that what
 * the machine allows.
 */
static inline uint16_t fb_load_u16(const fb_reader *reader, uint32_t position) {
	uint16_t value;
	memcpy(&value, reader->bytes + position, sizeof value);
	return value;
}

static inline uint32_t fb_load_u32(const fb_reader *reader, uint32_t position) {
	uint32_t value;
	memcpy(&value, reader->bytes + position, sizeof value);
	return value;
}

static inline uint64_t fb_load_u64(const fb_reader *reader, uint32_t position) {
	uint64_t value;
	memcpy(&value, reader->bytes + position, sizeof value);
	return value;
}

static inline float fb_load_f32(const fb_reader *reader, uint32_t position) {
	float value;
	memcpy(&value, reader->bytes + position, sizeof value);
	return value;
}

/* `size` from 8 to 2^31 - 1. */
fb_reader fb_open(const void *bytes, uint32_t size);

/* The root table. */
fb_table fb_root(fb_reader *reader);

/* The table at a position that fb_open's file gave earlier (and that was found sound then). */
fb_table fb_table_at(fb_reader *reader, uint32_t position);

/* A field that holds a table; absent if the field is. */
fb_table fb_table_field(fb_reader *reader, const fb_table *table, uint32_t field);

/* The position of a vector's length, which its elements of `element_bytes` each follow; 0 if the field is absent. */
uint32_t fb_vector_at(fb_reader *reader, const fb_table *table, uint32_t field, uint32_t element_bytes);

/* The same for the offset at a position that is inside. */
uint32_t fb_vector_behind(fb_reader *reader, uint32_t position, uint32_t element_bytes);

/* A field that holds a vector; empty if the field is absent. */
static inline fb_vector fb_vector_field(fb_reader *reader, const fb_table *table, uint32_t field, uint32_t element_bytes) {
	const uint32_t at = fb_vector_at(reader, table, field, element_bytes);
	const fb_vector vector = { at == 0 ? 0 : at + 4, at == 0 ? 0 : fb_load_u32(reader, at) };
	return vector;
}

/* The string that the offset at `position` points to; empty if position is 0. */
fb_vector fb_string_behind(fb_reader *reader, uint32_t position);

/* A field that holds a string: its bytes without the closing NUL, which is checked to be there. */
fb_vector fb_string_field(fb_reader *reader, const fb_table *table, uint32_t field);

/* Scalar fields, or the default that the schema gives. */
uint8_t fb_u8(fb_reader *reader, const fb_table *table, uint32_t field, uint8_t otherwise);
int32_t fb_i32(fb_reader *reader, const fb_table *table, uint32_t field, int32_t otherwise);
uint64_t fb_u64(fb_reader *reader, const fb_table *table, uint32_t field, uint64_t otherwise);
float fb_f32(fb_reader *reader, const fb_table *table, uint32_t field, float otherwise);

/* Element `index` of a vector; `index` must be below its length. */
fb_table fb_table_element(fb_reader *reader, fb_vector vector, uint32_t index);
static inline int32_t fb_i32_element(const fb_reader *reader, fb_vector vector, uint32_t index) {
	return (int32_t)fb_load_u32(reader, vector.position + 4 * index);
}

static inline int64_t fb_i64_element(const fb_reader *reader, fb_vector vector, uint32_t index) {
	return (int64_t)fb_load_u64(reader, vector.position + 8 * index);
}

static inline float fb_f32_element(const fb_reader *reader, fb_vector vector, uint32_t index) {
	return fb_load_f32(reader, vector.position + 4 * index);
}

/*
 * Where some fields of a table lie. Tables of one kind share a vtable, mostly, so that it is checked once for all of them: start with
 * fb_no_layout, and give the same to fb_table_like for each.
 */
enum { FB_MOST_FIELDS = 8 };

typedef struct {
	uint32_t vtable;
	uint16_t bytes;
	/* from the start of the table; 0 where it leaves the field out */
	uint16_t offsets[FB_MOST_FIELDS];
} fb_layout;

static const fb_layout fb_no_layout = { UINT32_MAX, 0, { 0, 0, 0, 0, 0, 0, 0, 0 } };

/* Which fields of the schema a layout is to hold, and their bytes in the table. */
typedef struct {
	uint8_t field;
	uint8_t bytes;
} fb_field;

/* The table that the offset at `position` (inside the file) points to: its position, with *layout filled in; 0 if it is unsound. */
uint32_t fb_table_like(fb_reader *reader, uint32_t position, const fb_field *fields, uint32_t count, fb_layout *layout);

/* The vector that the offset at `position` points to; empty if position is 0. */
static inline fb_vector fb_vector_from(fb_reader *reader, uint32_t position, uint32_t element_bytes) {
	const uint32_t at = position == 0 ? 0 : fb_vector_behind(reader, position, element_bytes);
	const fb_vector vector = { at == 0 ? 0 : at + 4, at == 0 ? 0 : fb_load_u32(reader, at) };
	return vector;
}

/* Where a table of that layout has a field: its position, 0 if it is left out. */
static inline uint32_t fb_place(const fb_layout *layout, uint32_t table, uint32_t index) {
	return layout->offsets[index] == 0 ? 0 : table + layout->offsets[index];
}

/*
 * Takes the bytes of a vector off the budget, which starts at 16 times the file's size. A sound file lists each byte once, and
 * reads few of them often (an unrolled loop shares its weights); one that lets thousands of tables share a long vector would
 * otherwise cost thousands of times its size in work and memory.
 */
static inline void fb_spend(fb_reader *reader, fb_vector vector, uint32_t element_bytes) {
	const uint32_t bytes = vector.length * element_bytes;
	if (bytes > reader->budget) reader->broken = true;
	else reader->budget -= bytes;
}

#endif
