#include "flatbuffer.h"

/* 4 bytes, as most of what is read. */
static inline bool word_inside(const fb_reader *reader, uint32_t position) {
	return position <= reader->size - 4;
}

static inline bool inside(const fb_reader *reader, uint32_t position, uint32_t bytes) {
	return bytes <= reader->size && position <= reader->size - bytes;
}

fb_reader fb_open(const void *bytes, uint32_t size) {
	fb_reader reader = { bytes, size, size < UINT32_MAX / 16 ? 16 * size : UINT32_MAX, false };
	return reader;
}

static const fb_table no_table = { 0, 0, 0, 0 };

/* A table without a vtable: all its fields are absent. */
static fb_table broken_table(fb_reader *reader) {
	reader->broken = true;
	return no_table;
}

/* `position` and the 4 bytes there are known to be inside. */
static inline fb_table open_table(fb_reader *reader, uint32_t position) {
	fb_table table;
	/* Below 0 it becomes a position beyond the file, which is smaller than 2 GiB. */
	table.vtable = position - fb_load_u32(reader, position);
	if (!word_inside(reader, table.vtable)) return broken_table(reader);
	table.position = position;
	table.vtable_bytes = fb_load_u16(reader, table.vtable);
	table.bytes = fb_load_u16(reader, table.vtable + 2);
	if (table.vtable_bytes < 4 || table.vtable_bytes % 2 != 0 || !inside(reader, table.vtable, table.vtable_bytes)) return broken_table(reader);
	if (table.bytes < 4 || !inside(reader, position, table.bytes)) return broken_table(reader);
	return table;
}

fb_table fb_table_at(fb_reader *reader, uint32_t position) {
	if (reader->broken || position == 0) return no_table;
	return word_inside(reader, position) ? open_table(reader, position) : broken_table(reader);
}

/* Where the unsigned offset at `position` (4 bytes known to be inside) points to: 4 bytes inside, or 0 and a broken reader. */
static inline uint32_t follow(fb_reader *reader, uint32_t position) {
	const uint32_t offset = fb_load_u32(reader, position);
	if (offset != 0 && offset < (uint32_t)1 << 31 && word_inside(reader, position + offset)) return position + offset;
	reader->broken = true;
	return 0;
}

fb_table fb_root(fb_reader *reader) {
	const uint32_t at = follow(reader, 0);
	return at == 0 ? no_table : open_table(reader, at);
}

/* The position of a field of `bytes` bytes, or 0 if the table leaves it out. */
static inline uint32_t field_at(fb_reader *reader, const fb_table *table, uint32_t field, uint32_t bytes) {
	const uint32_t slot = 4 + 2 * field;
	if (slot >= table->vtable_bytes) return 0;
	const uint32_t offset = fb_load_u16(reader, table->vtable + slot);
	if (offset == 0) return 0;
	if (offset < 4 || offset + bytes > table->bytes) {
		reader->broken = true;
		return 0;
	}
	return table->position + offset;
}

/* The position that the offset in a field points to, or 0. */
static inline uint32_t target_of(fb_reader *reader, const fb_table *table, uint32_t field) {
	const uint32_t at = field_at(reader, table, field, 4);
	return at == 0 ? 0 : follow(reader, at);
}

fb_table fb_table_field(fb_reader *reader, const fb_table *table, uint32_t field) {
	const uint32_t at = target_of(reader, table, field);
	return at == 0 ? no_table : open_table(reader, at);
}

uint32_t fb_vector_behind(fb_reader *reader, uint32_t position, uint32_t element_bytes) {
	const uint32_t at = follow(reader, position);
	/* A division, as the product might not fit. */
	if (at == 0 || fb_load_u32(reader, at) <= (reader->size - 4 - at) / element_bytes) return at;
	reader->broken = true;
	return 0;
}

uint32_t fb_vector_at(fb_reader *reader, const fb_table *table, uint32_t field, uint32_t element_bytes) {
	const uint32_t at = field_at(reader, table, field, 4);
	return at == 0 ? 0 : fb_vector_behind(reader, at, element_bytes);
}

uint32_t fb_table_like(fb_reader *reader, uint32_t position, const fb_field *fields, uint32_t count, fb_layout *layout) {
	const uint32_t at = follow(reader, position);
	if (at == 0) return 0;
	if (at - fb_load_u32(reader, at) == layout->vtable && inside(reader, at, layout->bytes)) return at;
	const fb_table table = open_table(reader, at);
	layout->vtable = table.vtable;
	layout->bytes = table.bytes;
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t field = field_at(reader, &table, fields[i].field, fields[i].bytes);
		layout->offsets[i] = (uint16_t)(field == 0 ? 0 : field - at);
	}
	if (!reader->broken) return at;
	layout->vtable = UINT32_MAX;
	return 0;
}

fb_vector fb_string_behind(fb_reader *reader, uint32_t position) {
	const fb_vector string = fb_vector_from(reader, position, 1), none = { 0, 0 };
	const uint32_t end = string.position + string.length;
	if (string.position == 0 || (end < reader->size && reader->bytes[end] == 0)) return string;
	reader->broken = true;
	return none;
}

fb_vector fb_string_field(fb_reader *reader, const fb_table *table, uint32_t field) {
	return fb_string_behind(reader, field_at(reader, table, field, 4));
}

uint8_t fb_u8(fb_reader *reader, const fb_table *table, uint32_t field, uint8_t otherwise) {
	uint32_t at = field_at(reader, table, field, 1);
	return at == 0 ? otherwise : reader->bytes[at];
}

int32_t fb_i32(fb_reader *reader, const fb_table *table, uint32_t field, int32_t otherwise) {
	uint32_t at = field_at(reader, table, field, 4);
	return at == 0 ? otherwise : (int32_t)fb_load_u32(reader, at);
}

uint64_t fb_u64(fb_reader *reader, const fb_table *table, uint32_t field, uint64_t otherwise) {
	uint32_t at = field_at(reader, table, field, 8);
	return at == 0 ? otherwise : fb_load_u64(reader, at);
}

float fb_f32(fb_reader *reader, const fb_table *table, uint32_t field, float otherwise) {
	uint32_t at = field_at(reader, table, field, 4);
	return at == 0 ? otherwise : fb_load_f32(reader, at);
}

fb_table fb_table_element(fb_reader *reader, fb_vector vector, uint32_t index) {
	if (reader->broken) return no_table;
	const uint32_t at = follow(reader, vector.position + 4 * index);
	return at == 0 ? no_table : open_table(reader, at);
}
