/* Fills memory with one element, of any size, over and over. */
#ifndef ASSAY_TFLITE_REPEATED_H
#define ASSAY_TFLITE_REPEATED_H

#include <stdint.h>
#include <string.h>

/* `bytes` is a multiple of `element_bytes` and at least one element. What is filled is copied on, twice as much each time. */
static inline void repeat_element(uint8_t *to, uint32_t bytes, const uint8_t *element, uint32_t element_bytes) {
	uint32_t filled = element_bytes;
	memcpy(to, element, element_bytes);
	while (filled < bytes) {
		uint32_t more = bytes - filled < filled ? bytes - filled : filled;
		memcpy(to + filled, to, more);
		filled += more;
	}
}

#endif
