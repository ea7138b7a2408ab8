/* What esp32-machine.c, which looks into XS itself, tells the natives of the board. Apart from them since XS's own headers and `xsmc.h` do not go together. */
#ifndef ASSAY_ESP32_MACHINE_H
#define ASSAY_ESP32_MACHINE_H

#include <stdint.h>

/* slots in use and slots, chunk bytes in use and chunk bytes; collects first, so what is in use is alive */
typedef struct {
    int32_t slots_used, slots, chunk_bytes_used, chunk_bytes;
} assay_machine_memory;

assay_machine_memory assay_machine_memory_of(void *machine);

/* bytes of bytecode of the modules in this image that are not preloaded: the code of those that are hangs on slots in flash, which do not say how long it is */
uint32_t assay_machine_code_bytes(void);

/* XS's own version, such as 17 and 7 */
void assay_machine_version(int *major, int *minor);

#endif
