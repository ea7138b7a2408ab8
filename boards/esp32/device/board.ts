/** `assay/board` on an ESP32. What the natives say is asked for when it is used: this module is run on the build machine, where there are none. */
/** Memory as XS counts it. */
export interface Memory {
  slotsUsed: number;
  slots: number;
  chunkBytesUsed: number;
  chunkBytes: number;
}

const boardName = native<() => string>("xs_esp32_name");
const digest = native<() => ArrayBuffer>("xs_esp32_digest");
const entropy = native<(n: number) => ArrayBuffer>("xs_esp32_entropy");
const ticks = native<() => number>("xs_esp32_ticks");
const restart = native<() => never>("xs_esp32_restart");
const engine = native<() => string>("xs_esp32_engine");
const codeBytes = native<() => number>("xs_esp32_codeBytes");
const memory = native<() => number[]>("xs_esp32_memory");

const onShutdown = native<(callback: () => void) => void>("xs_esp32_onShutdown");

const board = Object.freeze({
  /** the chip, such as "esp32s3" */
  get name(): string {
    return boardName();
  },
  simulator: false,
  image: Object.freeze({
    /** SHA-256 of the app's image as it stands in flash: the last 32 bytes of the `.bin` that was flashed. Read and hashed at every call. */
    get digest(): ArrayBuffer {
      return digest();
    },
    /** of modules that are not preloaded only: the build tells the whole (build.ts) */
    get codeBytes(): number {
      return codeBytes();
    },
    get engine(): string {
      return engine();
    },
  }),
  /** From the hardware's generator, which is only one of true random numbers while the radio is on: throws `EAGAIN` before Wi-Fi has been started. */
  entropy,
  ticks,
  onShutdown,
  /** Restarts the chip: there is nothing to return to. The code is on the data line for whoever listens. */
  exit(code: number): never {
    console.log(JSON.stringify({ event: "restart", code }));
    return restart();
  },
  memory(): Memory {
    const [slotsUsed = 0, slots = 0, chunkBytesUsed = 0, chunkBytes = 0] = memory();
    return { slotsUsed, slots, chunkBytesUsed, chunkBytes };
  },
});

/** Asks the app to stop (restarting the chip, if none runs), which restarts the chip when what it holds is sent: what an update calls when the new image is in its slot. */
export const shutdown = native<() => void>("xs_esp32_shutdown");

export default board;
