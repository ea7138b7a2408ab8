/**
 * SLIP framing (RFC 1055) as the ROM loader of ESP32 chips speaks it: a frame begins and ends with 0xC0; within it 0xC0 is sent as 0xDB 0xDC and 0xDB as 0xDB 0xDD.
 * Source: Espressif, esptool documentation, "Serial Protocol", section "Low Level Protocol".
 */

const [END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE] = [0xc0, 0xdb, 0xdc, 0xdd];

/** A frame around any bytes: at most 2 n + 2 bytes. */
export function slipEncode(payload: Uint8Array): Uint8Array {
  const frame: number[] = [END];
  for (const byte of payload) {
    if (byte === END) frame.push(ESCAPE, ESCAPED_END);
    else if (byte === ESCAPE) frame.push(ESCAPE, ESCAPED_ESCAPE);
    else frame.push(byte);
  }
  frame.push(END);
  return Uint8Array.from(frame);
}

/**
 * Takes bytes as they come and gives whole frames. Bytes outside of a frame (a boot log, line noise) are dropped; a frame with an unknown escape or of more than `limit` bytes is dropped to its end.
 * Empty frames (0xC0 0xC0, as between two frames) are none. It keeps at most `limit` bytes.
 */
export class SlipDecoder {
  readonly #limit: number;
  #frame: number[] | undefined;
  #escaped = false;
  /** frames that were dropped since they were malformed or too long */
  dropped = 0;

  constructor(limit = 0x10000) {
    this.#limit = limit;
  }

  /** The frames that these bytes complete. */
  push(bytes: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte === END) {
        // The end of one frame may be the beginning of the next, and after noise nobody knows which it is: so every 0xC0 begins a frame.
        if (this.#escaped) this.dropped++;
        else if (this.#frame !== undefined && this.#frame.length > 0) frames.push(Uint8Array.from(this.#frame));
        this.#frame = [];
        this.#escaped = false;
      } else if (this.#frame !== undefined) this.#take(byte);
    }
    return frames;
  }

  /** Forgets what has come of the current frame. */
  reset(): void {
    this.#frame = undefined;
    this.#escaped = false;
  }

  #take(byte: number): void {
    const frame = this.#frame!;
    if (this.#escaped) {
      this.#escaped = false;
      if (byte === ESCAPED_END) frame.push(END);
      else if (byte === ESCAPED_ESCAPE) frame.push(ESCAPE);
      else return this.#drop();
    } else if (byte === ESCAPE) this.#escaped = true;
    else frame.push(byte);
    if (frame.length > this.#limit) this.#drop();
  }

  #drop(): void {
    this.dropped++;
    this.reset();
  }
}
