/* Looks into XS itself, so it is apart from the natives of the board. */
#include "xsAll.h"

#include "esp32-machine.h"

/* In mc.xs.c, which the SDK's linker writes: the image's modules. */
extern void *xsPreparationAndCreation(txCreation **creation);

assay_machine_memory assay_machine_memory_of(void *machine) {
    txMachine *the = machine;
    assay_machine_memory memory;
    fxCollectGarbage(the);
    memory.slots_used = (int32_t)the->currentHeapCount;
    memory.slots = (int32_t)the->maximumHeapCount;
    memory.chunk_bytes_used = (int32_t)the->currentChunksSize;
    memory.chunk_bytes = (int32_t)the->maximumChunksSize;
    return memory;
}

uint32_t assay_machine_code_bytes(void) {
    const txPreparation *preparation = xsPreparationAndCreation(NULL);
    uint32_t bytes = 0;
    for (txSize i = 0; i < preparation->scriptCount; i++) bytes += (uint32_t)preparation->scripts[i].codeSize;
    return bytes;
}

void assay_machine_version(int *major, int *minor) {
    *major = XS_MAJOR_VERSION;
    *minor = XS_MINOR_VERSION;
}
