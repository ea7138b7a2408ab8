/* What the engine uses of <string.h>, where there is no C library: memory.c has it. */
#ifndef ASSAY_WASM_STRING_H
#define ASSAY_WASM_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *at, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);

#endif
