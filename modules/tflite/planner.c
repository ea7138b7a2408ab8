#include "planner.h"

static bool comes_before(const planner_block *blocks, uint16_t a, uint16_t b) {
	if (blocks[a].bytes != blocks[b].bytes) return blocks[a].bytes > blocks[b].bytes;
	if (blocks[a].first != blocks[b].first) return blocks[a].first < blocks[b].first;
	return a < b;
}

/* Heap sort: bounded time for any file, and no recursion. */
static void sift(const planner_block *blocks, uint16_t *order, uint32_t from, uint32_t count) {
	uint16_t moving = order[from];
	for (uint32_t child = 2 * from + 1; child < count; child = 2 * from + 1) {
		if (child + 1 < count && comes_before(blocks, order[child], order[child + 1])) child++;
		if (!comes_before(blocks, moving, order[child])) break;
		order[from] = order[child];
		from = child;
	}
	order[from] = moving;
}

static void sort(const planner_block *blocks, uint16_t *order, uint32_t count) {
	for (uint32_t i = count / 2; i-- > 0;) sift(blocks, order, i, count);
	for (uint32_t end = count; end-- > 1;) {
		uint16_t last = order[end];
		order[end] = order[0];
		order[0] = last;
		sift(blocks, order, 0, end);
	}
}

bool planner_place(planner_block *blocks, uint16_t *order, uint32_t count, uint32_t *arena_bytes) {
	uint32_t total = 0;
	for (uint32_t i = 0; i < count; i++) order[i] = (uint16_t)i;
	sort(blocks, order, count);
	/* The front of `order`, up to `placed`, becomes the list of placed blocks by rising offset. */
	for (uint32_t placed = 0; placed < count; placed++) {
		uint16_t index = order[placed];
		planner_block *block = &blocks[index];
		uint32_t offset = 0;
		for (uint32_t i = 0; i < placed; i++) {
			const planner_block *other = &blocks[order[i]];
			if (other->last < block->first || block->last < other->first) continue;
			if (other->offset >= offset && other->offset - offset >= block->bytes) break;
			if (other->offset + other->bytes > offset) offset = other->offset + other->bytes;
		}
		if (block->bytes > INT32_MAX - offset) return false;
		block->offset = offset;
		if (offset + block->bytes > total) total = offset + block->bytes;
		uint32_t at = placed;
		for (; at > 0 && blocks[order[at - 1]].offset > offset; at--) order[at] = order[at - 1];
		order[at] = index;
	}
	*arena_bytes = total;
	return true;
}
