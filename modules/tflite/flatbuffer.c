#include "flatbuffer.h"

#include <string.h>

/* The loads take bytes apart: a hostile file keeps no alignment, and boards differ in what they make of that. */
static uint16_t load_u16(const fb_reader *reader, uint32_t position) {
	const uint8_t *at = reader->bytes + position;
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t load_u32(const fb_reader *reader, uint32_t position) {
	const uint8_t *at = reader->bytes + position;
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t load_u64(const fb_reader *reader, uint32_t position) {
	return load_u32(reader, position) | (uint64_t)load_u32(reader, position + 4) << 32;
}

static bool inside(const fb_reader *reader, uint64_t position, uint64_t bytes) {
	return position <= reader->size && bytes <= reader->size - position;
}

fb_reader fb_open(const void *bytes, uint32_t size) {
	fb_reader reader = { bytes, size, size < UINT32_MAX / 16 ? 16 * size : UINT32_MAX, false };
	return reader;
}

fb_table fb_table_at(fb_reader *reader, uint32_t position) {
	const fb_table absent = { 0, 0, 0, 0 };
	fb_table table;
	if (reader->broken || position == 0) return absent;
	reader->broken = true;
	if (!inside(reader, position, 4)) return absent;
	int64_t vtable = (int64_t)position - (int32_t)load_u32(reader, position);
	if (vtable < 0 || !inside(reader, (uint64_t)vtable, 4)) return absent;
	table.position = position;
	table.vtable = (uint32_t)vtable;
	table.vtable_bytes = load_u16(reader, table.vtable);
	table.bytes = load_u16(reader, table.vtable + 2);
	if (table.vtable_bytes < 4 || table.vtable_bytes % 2 != 0 || !inside(reader, table.vtable, table.vtable_bytes)) return absent;
	if (table.bytes < 4 || !inside(reader, position, table.bytes)) return absent;
	reader->broken = false;
	return table;
}

/* Where the unsigned offset at `position` (4 bytes known to be inside) points to. */
static uint32_t follow(fb_reader *reader, uint32_t position) {
	uint64_t target = (uint64_t)position + load_u32(reader, position);
	if (target == position || !inside(reader, target, 4)) {
		reader->broken = true;
		return 0;
	}
	return (uint32_t)target;
}

fb_table fb_root(fb_reader *reader) {
	if (!inside(reader, 0, 8)) reader->broken = true;
	return fb_table_at(reader, reader->broken ? 0 : follow(reader, 0));
}

/* The position of a field of `bytes` bytes, or 0 if the table leaves it out. */
static uint32_t field_at(fb_reader *reader, const fb_table *table, uint32_t field, uint32_t bytes) {
	uint32_t slot = 4 + 2 * field;
	if (reader->broken || table->position == 0 || slot + 2 > table->vtable_bytes) return 0;
	uint32_t offset = load_u16(reader, table->vtable + slot);
	if (offset == 0) return 0;
	if (offset < 4 || offset + bytes > table->bytes) {
		reader->broken = true;
		return 0;
	}
	return table->position + offset;
}

fb_table fb_table_field(fb_reader *reader, const fb_table *table, uint32_t field) {
	uint32_t at = field_at(reader, table, field, 4);
	return fb_table_at(reader, at == 0 ? 0 : follow(reader, at));
}

fb_vector fb_vector_field(fb_reader *reader, const fb_table *table, uint32_t field, uint32_t element_bytes) {
	const fb_vector empty = { 0, 0 };
	uint32_t at = field_at(reader, table, field, 4);
	if (at != 0) at = follow(reader, at);
	if (at == 0) return empty;
	fb_vector vector = { at + 4, load_u32(reader, at) };
	if (!inside(reader, vector.position, (uint64_t)vector.length * element_bytes)) {
		reader->broken = true;
		return empty;
	}
	return vector;
}

fb_vector fb_string_field(fb_reader *reader, const fb_table *table, uint32_t field) {
	const fb_vector empty = { 0, 0 };
	fb_vector string = fb_vector_field(reader, table, field, 1);
	if (string.position == 0) return empty;
	if (!inside(reader, string.position, (uint64_t)string.length + 1) || reader->bytes[string.position + string.length] != 0) {
		reader->broken = true;
		return empty;
	}
	return string;
}

uint8_t fb_u8(fb_reader *reader, const fb_table *table, uint32_t field, uint8_t otherwise) {
	uint32_t at = field_at(reader, table, field, 1);
	return at == 0 ? otherwise : reader->bytes[at];
}

int32_t fb_i32(fb_reader *reader, const fb_table *table, uint32_t field, int32_t otherwise) {
	uint32_t at = field_at(reader, table, field, 4);
	return at == 0 ? otherwise : (int32_t)load_u32(reader, at);
}

uint64_t fb_u64(fb_reader *reader, const fb_table *table, uint32_t field, uint64_t otherwise) {
	uint32_t at = field_at(reader, table, field, 8);
	return at == 0 ? otherwise : load_u64(reader, at);
}

static float load_f32(const fb_reader *reader, uint32_t position) {
	uint32_t bits = load_u32(reader, position);
	float value;
	memcpy(&value, &bits, sizeof value);
	return value;
}

float fb_f32(fb_reader *reader, const fb_table *table, uint32_t field, float otherwise) {
	uint32_t at = field_at(reader, table, field, 4);
	return at == 0 ? otherwise : load_f32(reader, at);
}

fb_table fb_table_element(fb_reader *reader, fb_vector vector, uint32_t index) {
	return fb_table_at(reader, reader->broken ? 0 : follow(reader, vector.position + 4 * index));
}

int32_t fb_i32_element(const fb_reader *reader, fb_vector vector, uint32_t index) {
	return (int32_t)load_u32(reader, vector.position + 4 * index);
}

int64_t fb_i64_element(const fb_reader *reader, fb_vector vector, uint32_t index) {
	return (int64_t)load_u64(reader, vector.position + 8 * index);
}

float fb_f32_element(const fb_reader *reader, fb_vector vector, uint32_t index) {
	return load_f32(reader, vector.position + 4 * index);
}

void fb_spend(fb_reader *reader, fb_vector vector, uint32_t element_bytes) {
	uint32_t bytes = vector.length * element_bytes;
	if (bytes > reader->budget) reader->broken = true;
	else reader->budget -= bytes;
}
