/* What the machine has used of its fixed memory: looks into XS itself, so it is apart from the other natives of the board. */
#include "xsAll.h"

#include "host.h"

void xs_board_memory(txMachine *the);

/* () → [slotsUsed, slots, chunkBytesUsed, chunkBytes, peakSlots, peakChunkBytes, instructions]: what is alive (so it collects first), peaks with garbage since the start */
void xs_board_memory(txMachine *the) {
    const assay_host *host = the->context;
    fxCollectGarbage(the);
    const txNumber figures[] = {
        the->currentHeapCount, host->limits.slots, the->currentChunksSize, host->limits.chunks, the->peakHeapCount, the->peakChunksSize, the->meterIndex,
    };
    const txInteger count = (txInteger)(sizeof figures / sizeof figures[0]);
    fxNewArray(the, count);
    mxPullSlot(mxResult);
    for (txInteger i = 0; i < count; i++) {
        mxPushNumber(figures[i]);
        mxPushSlot(mxResult);
        mxSetIndex((txIndex)i);
        mxPop();
    }
}
