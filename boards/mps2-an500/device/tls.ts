/** `assay/board/tls` on the MPS2+ board, whose link is a UART: whoever joins it to a network encrypts there. */
import type { TLSOptions } from "assay/board/tls";

/** An error with a code, as those of sockets have. */
class UnsupportedError extends Error {
  readonly code = "TLS_UNSUPPORTED";
}

export default class TLS {
  constructor(_options: TLSOptions) {
    throw new UnsupportedError("expected a connection without TLS: this board's link is a UART, which cannot tell who is at its other end; leave config.broker.tls out");
  }

  read(): ArrayBuffer | undefined {
    return undefined;
  }

  write(): void {}

  close(): void {}
}
