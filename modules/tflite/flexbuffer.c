#include "flexbuffer.h"

#include <string.h>

/* A type byte: the kind in the upper six bits, the width of what is pointed to, or of what lies in the root, in the lower two. */
enum { KIND_INT = 1, KIND_UINT = 2, KIND_MAP = 9, KIND_BOOL = 26 };

/* Loads an unsigned number of 1, 2, 4 or 8 bytes that are known to be inside. */
static uint64_t load(const uint8_t *at, uint32_t bytes) {
	uint64_t value = 0;
	for (uint32_t i = 0; i < bytes; i++) value |= (uint64_t)at[i] << 8 * i;
	return value;
}

static bool is_width(uint64_t bytes) {
	return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

/* Follows the offset at `position`; false if it leaves the bytes. */
static bool follow(const flexbuffer_map *map, uint32_t position, uint32_t bytes, uint32_t *target) {
	uint64_t offset = load(map->bytes + position, bytes);
	if (offset > position) return false;
	*target = position - (uint32_t)offset;
	return true;
}

bool flexbuffer_open(const uint8_t *bytes, uint32_t size, flexbuffer_map *map) {
	memset(map, 0, sizeof *map);
	map->bytes = bytes;
	map->size = size;
	if (size < 3) return false;
	const uint32_t root_bytes = bytes[size - 1], type = bytes[size - 2];
	if (!is_width(root_bytes) || size < 2 + root_bytes || type >> 2 != KIND_MAP) return false;
	const uint32_t end = size - 2 - root_bytes;
	const uint32_t wide = 1u << (type & 3);
	/* Three numbers stand before the values: where the keys are, how wide their offsets are, and how many there are. */
	uint32_t values, keys;
	if (!follow(map, end, root_bytes, &values) || values < 3 * wide) return false;
	const uint64_t count = load(bytes + values - wide, wide), key_bytes = load(bytes + values - 2 * wide, wide);
	/* A value takes its width and a type byte. */
	if (count > (end - values) / (wide + 1) || !is_width(key_bytes)) return false;
	if (!follow(map, values - 3 * wide, wide, &keys) || count > (size - keys) / key_bytes) return false;
	map->values = values;
	map->value_bytes = wide;
	map->keys = keys;
	map->key_bytes = (uint32_t)key_bytes;
	map->count = (uint32_t)count;
	return true;
}

static bool is_key(const flexbuffer_map *map, uint32_t index, const char *name) {
	const size_t with_end = strlen(name) + 1;
	uint32_t key;
	return follow(map, map->keys + index * map->key_bytes, map->key_bytes, &key) && with_end <= map->size - key && memcmp(map->bytes + key, name, with_end) == 0;
}

bool flexbuffer_integer(const flexbuffer_map *map, const char *name, int64_t *value) {
	for (uint32_t i = 0; i < map->count; i++) {
		if (!is_key(map, i, name)) continue;
		const uint32_t kind = map->bytes[map->values + map->count * map->value_bytes + i] >> 2;
		const uint64_t raw = load(map->bytes + map->values + i * map->value_bytes, map->value_bytes);
		const uint64_t sign = (uint64_t)1 << (8 * map->value_bytes - 1);
		if (kind != KIND_INT && kind != KIND_UINT && kind != KIND_BOOL) return false;
		*value = (int64_t)(kind == KIND_INT ? (raw ^ sign) - sign : raw);
		return true;
	}
	return false;
}
