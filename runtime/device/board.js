const boardName = native("xs_board_name");
const isSimulator = native("xs_board_isSimulator");
const engine = native("xs_board_engine");
const digest = native("xs_board_digest");
const codeBytes = native("xs_board_codeBytes");
const entropy = native("xs_board_entropy");
const onShutdown = native("xs_board_onShutdown");
const exit = native("xs_board_exit");
const memory = native("xs_board_memory");
const ticks = native("xs_timer_now");
const board = {
    name: boardName(),
    simulator: isSimulator(),
    image: { digest: digest(), codeBytes: codeBytes(), engine: engine() },
    entropy,
    ticks,
    onShutdown,
    exit,
    /** Beside what every board reports: the peaks since the start, and the instructions that XS has run (modulo 2^32). */
    memory() {
        const [slotsUsed = 0, slots = 0, chunkBytesUsed = 0, chunkBytes = 0, peakSlots = 0, peakChunkBytes = 0, instructions = 0] = memory();
        return { slotsUsed, slots, chunkBytesUsed, chunkBytes, peakSlots, peakChunkBytes, instructions };
    },
};
export default board;
