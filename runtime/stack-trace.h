/* Where the app is. */
#ifndef ASSAY_STACK_TRACE_H
#define ASSAY_STACK_TRACE_H

#include <stdint.h>

/*
 * Calls `visit` for each function that is being called, the innermost first, at most twelve: its name (NULL if it has none), and the file and line where it is (NULL for functions
 * in C). Reads the machine only, so it can be called when the heap is full or something has broken.
 */
void assay_visit_stack(void *machine, void (*visit)(void *self, const char *function, const char *file, uint16_t line), void *self);

#endif
