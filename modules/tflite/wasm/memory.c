/*
 * The functions of <string.h> that the engine and the compiler call. Long blocks go to memory.copy and memory.fill, which engines turn into
 * the machine's best; short ones would spend more time on the way there than it takes to copy them. Compiled with -fno-builtin, so that no
 * loop in here becomes a call to itself.
 */
#include <string.h>
#include <stdint.h>

/* From about here on the call of the host's memmove pays. */
enum { LONG = 256 };

void *memmove(void *to, const void *from, size_t bytes) {
	uint8_t *target = to;
	const uint8_t *source = from;
	if (bytes >= LONG) {
		__builtin_memmove(to, from, bytes);
	} else if ((uintptr_t)to - (uintptr_t)from >= bytes) {
		for (; bytes >= 8; bytes -= 8, target += 8, source += 8) {
			uint64_t eight;
			__builtin_memcpy(&eight, source, 8);
			__builtin_memcpy(target, &eight, 8);
		}
		for (; bytes > 0; bytes--) *target++ = *source++;
	} else {
		while (bytes-- > 0) target[bytes] = source[bytes];
	}
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
	return memmove(to, from, bytes);
}

void *memset(void *at, int value, size_t bytes) {
	uint8_t *target = at;
	const uint64_t eight = (uint8_t)value * (uint64_t)0x0101010101010101;
	if (bytes >= LONG) return __builtin_memset(at, value, bytes);
	for (; bytes >= 8; bytes -= 8, target += 8) __builtin_memcpy(target, &eight, 8);
	for (; bytes > 0; bytes--) *target++ = (uint8_t)value;
	return at;
}

int memcmp(const void *a, const void *b, size_t bytes) {
	const uint8_t *first = a, *second = b;
	for (; bytes > 0; bytes--, first++, second++) {
		if (*first != *second) return *first < *second ? -1 : 1;
	}
	return 0;
}

size_t strlen(const char *text) {
	size_t length = 0;
	while (text[length] != '\0') length++;
	return length;
}
