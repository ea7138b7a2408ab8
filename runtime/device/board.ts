/** `assay/board`: what the board's C code says of itself. */
import type { Memory } from "assay/board";

const boardName = native<() => string>("xs_board_name");
const isSimulator = native<() => boolean>("xs_board_isSimulator");
const engine = native<() => string>("xs_board_engine");
const digest = native<() => ArrayBuffer>("xs_board_digest");
const codeBytes = native<() => number>("xs_board_codeBytes");
const entropy = native<(n: number) => ArrayBuffer>("xs_board_entropy");
const onShutdown = native<(callback: () => void) => void>("xs_board_onShutdown");
const exit = native<(code: number) => never>("xs_board_exit");
const memory = native<() => number[]>("xs_board_memory");
const ticks = native<() => number>("xs_timer_now");

const board = {
  name: boardName(),
  simulator: isSimulator(),
  image: { digest: digest(), codeBytes: codeBytes(), engine: engine() },
  entropy,
  ticks,
  onShutdown,
  exit,
  /** Beside what every board reports: the peaks since the start, and the instructions that XS has run (modulo 2^32). */
  memory(): Memory & { peakSlots: number; peakChunkBytes: number; instructions: number } {
    const [slotsUsed = 0, slots = 0, chunkBytesUsed = 0, chunkBytes = 0, peakSlots = 0, peakChunkBytes = 0, instructions = 0] = memory();
    return { slotsUsed, slots, chunkBytesUsed, chunkBytes, peakSlots, peakChunkBytes, instructions };
  },
};

export default board;
