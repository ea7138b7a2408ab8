/** The serial line to a board as the protocol sees it. `openSerial` fulfils it with a real port; tests fulfil it in memory. */
export interface SerialLink {
  /** what is told to people, such as /dev/ttyUSB0 */
  readonly path: string;
  /** true if it is the chip's own USB-Serial/JTAG peripheral, which is reset in another way and has no real baud rate */
  readonly usbJtag: boolean;
  /**
   * Hands bytes to the port; resolves when the operating system has taken them all.
   * @throws FlashError `PORT_GONE`, `PORT_FAILED`
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * What has arrived since the last read, at once if there is something, else as soon as something comes; empty after `timeoutMs` milliseconds without any byte.
   * @throws FlashError `PORT_GONE`, `PORT_FAILED`
   */
  read(timeoutMs: number): Promise<Uint8Array>;
  /**
   * Sets both modem-control lines. True is asserted, which is low voltage at the pin.
   * @throws FlashError `LINES_UNSUPPORTED` if this port has none, `PORT_GONE`, `PORT_FAILED`
   */
  setSignals(signals: { readonly dtr: boolean; readonly rts: boolean }): Promise<void>;
  /**
   * Changes the speed, in bits per second.
   * @throws FlashError `PORT_GONE`, `PORT_FAILED` if the driver does not know this speed
   */
  setBaudRate(baud: number): Promise<void>;
  /** Closes the port; may be called again. */
  close(): Promise<void>;
}

/** Waits some milliseconds. A parameter wherever the protocol pauses, so that tests need not. */
export type Delay = (milliseconds: number) => Promise<unknown>;
