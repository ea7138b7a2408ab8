/** `assay/board/tls` on Linux: mbedTLS (tls-session.c) between the app and an ordinary TCP socket, whose class it has the shape of. */
import TCP from "embedded:io/socket/tcp";
import Timer, { type TimerId } from "timer";
import type { TLSOptions } from "assay/board/tls";

type Session = object;
type Text = string | ArrayBuffer | undefined;
const openSession = native<(server: string, ca: Text, certificate: Text, key: Text) => Session>("xs_tls_open");
const freeSession = native<(session: Session) => void>("xs_tls_free");
const step = native<(session: Session) => number>("xs_tls_step");
const throwFailure = native<(session: Session) => void>("xs_tls_failure");
const pushRoom = native<(session: Session) => number>("xs_tls_pushRoom");
const push = native<(session: Session, bytes: ArrayBuffer) => void>("xs_tls_push");
const pull = native<(session: Session, most: number) => ArrayBuffer | undefined>("xs_tls_pull");
const available = native<(session: Session) => number>("xs_tls_available");
const readSession = native<(session: Session, byteLength?: number) => ArrayBuffer | undefined>("xs_tls_read");
const writeRoom = native<(session: Session) => number>("xs_tls_writeRoom");
const writeSession = native<(session: Session, buffer: ArrayBuffer | Uint8Array) => void>("xs_tls_write");
const closeSession = native<(session: Session) => void>("xs_tls_close");

/** States of tls-session.h. */
const HANDSHAKE = 0;
const ENDED = 2;

type CodedError = Error & { code: string };

function coded(code: string, message: string): CodedError {
  return Object.assign(new Error(message), { code });
}

export default class TLS {
  private readonly options: TLSOptions;
  private readonly server: string;
  private readonly tcp: TCP;
  /** undefined when the connection is over */
  private session: Session | undefined;
  private isClosed = false;
  /** ciphertext that the socket takes without waiting, bytes */
  private socketRoom = 0;
  private socketEnded = false;
  private isOpen = false;
  private wantsWritable = false;
  private hasRead = false;
  /** an app that has not read what was announced is not told again until it has */
  private isHeld = false;
  private again: TimerId | undefined;

  constructor(options: TLSOptions) {
    const { onReadable, onWritable, onError, tls = {} } = options;
    for (const callback of [onReadable, onWritable, onError]) if (callback !== undefined && typeof callback !== "function") throw new TypeError("TLS: expected functions as callbacks, got another value");
    this.options = options;
    this.server = tls.serverName ?? options.host ?? options.address ?? "";
    if (typeof this.server !== "string" || this.server === "") throw new TypeError(`TLS: expected an address, a host or a serverName, got ${String(this.server)}`);
    this.session = openSession(this.server, tls.ca, tls.certificate, tls.key);
    try {
      this.tcp = new TCP({
        ...(options.address === undefined ? {} : { address: options.address }),
        ...(options.host === undefined ? {} : { host: options.host }),
        port: options.port,
        nodelay: options.nodelay ?? false,
        format: options.format ?? "buffer",
        onReadable: (bytes) => this.receive(bytes),
        onWritable: (room) => {
          this.socketRoom = room;
          this.advance();
        },
        onError: () => {
          this.socketEnded = true;
          this.advance();
        },
      });
    } catch (error) {
      freeSession(this.session);
      throw error;
    }
  }

  read(byteLength?: number): ArrayBuffer | undefined {
    const session = this.opened("read");
    if (session === undefined) return undefined;
    const data = readSession(session, byteLength);
    this.hasRead = true;
    this.isHeld = false;
    const state = this.refill(session);
    // mbedTLS has what no event of the socket will announce.
    if (available(session) > 0 || state === ENDED || this.socketEnded) {
      this.again ??= Timer.set(() => {
        this.again = undefined;
        this.advance();
      });
    }
    return data;
  }

  write(buffer: ArrayBuffer | Uint8Array): void {
    const session = this.opened("write");
    if (session === undefined || !this.isOpen || this.socketEnded) throw coded("ENOTCONN", "TLS write: expected a connected socket, got one that is not");
    writeSession(session, buffer);
    this.wantsWritable = true;
    this.flush(session);
  }

  close(): void {
    this.isClosed = true;
    if (this.session === undefined) return;
    closeSession(this.session);
    this.flush(this.session);
    this.release();
  }

  private receive(bytes: number): void {
    for (let left = bytes; left > 0 && this.session !== undefined; ) {
      const room = Math.min(left, pushRoom(this.session));
      const data = room > 0 ? this.tcp.read(room) : undefined;
      if (data === undefined) return;
      left -= data.byteLength;
      push(this.session, data);
      this.advance();
    }
  }

  /** Asks the socket for what it was not asked for while there was no room: it announces nothing until then. */
  private refill(session: Session): number {
    for (;;) {
      const state = step(session);
      const room = this.socketEnded ? 0 : pushRoom(session);
      const data = room > 0 ? this.tcp.read(room) : undefined;
      if (data === undefined) return state;
      push(session, data);
    }
  }

  /** Does what can be done now, and tells the app. */
  private advance(): void {
    const session = this.session;
    if (session === undefined) return;
    const state = step(session);
    this.flush(session);
    if (!this.isOpen && state !== HANDSHAKE && state !== ENDED) this.isOpen = this.wantsWritable = true;
    if (this.wantsWritable && !this.socketEnded && writeRoom(session) > 0) {
      this.wantsWritable = false;
      this.options.onWritable?.call(this, writeRoom(session));
    }
    if (this.session === session && !this.isHeld && available(session) > 0) {
      this.hasRead = false;
      this.options.onReadable?.call(this, available(session));
      this.isHeld = !this.hasRead;
    }
    // What came before the end is read first.
    if (this.session === session && (state === ENDED || this.socketEnded) && available(session) === 0) this.fail(session);
  }

  private flush(session: Session): void {
    while (!this.socketEnded && this.socketRoom > 0) {
      const data = pull(session, this.socketRoom);
      if (data === undefined) return;
      this.socketRoom -= data.byteLength;
      this.tcp.write(data);
    }
  }

  private fail(session: Session): void {
    const error = this.failure(session);
    this.release();
    this.options.onError?.call(this, error);
  }

  private failure(session: Session): CodedError {
    try {
      throwFailure(session);
    } catch (error) {
      return error as CodedError;
    }
    const what = this.isOpen ? "its end without a goodbye" : "an error or its end";
    return coded("TLS_CONNECTION", `TLS: expected a connection to ${this.server}:${this.options.port}, got ${what}`);
  }

  private release(): void {
    if (this.session !== undefined) freeSession(this.session);
    this.session = undefined;
    Timer.clear(this.again);
    this.tcp.close();
  }

  private opened(operation: string): Session | undefined {
    if (this.isClosed) throw new Error(`TLS ${operation}: expected an open socket, got a closed one`);
    return this.session;
  }
}
