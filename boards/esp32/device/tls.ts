/**
 * `assay/board/tls` on an ESP32: the SDK's TLS 1.2 socket over `assay/board/tcp`. The broker shows a certificate for `serverName` that the given authority has signed; that
 * authority is the only one that is trusted.
 *
 * What the SDK's check of certificates asks for: the broker sends its whole chain, the authority's own certificate included; that one has a subject key identifier
 * and an authority key identifier (as `openssl req -x509` makes them); the clock is set.
 */
import TLSSocket from "embedded:io/socket/tcp/tls";
import type { TCPOptions } from "embedded:io/socket/tcp";
import { DeviceError } from "assay/esp32/device-error";
import { derOf } from "assay/esp32/pem";
import TCP from "assay/board/tcp";
import { TlsOrder } from "assay/esp32/tls-order";

/** Whom a connection trusts, and who it is itself. */
export interface TLSCredentials {
  /** certificate of the authority that signs the broker's, PEM or DER */
  readonly ca?: string | ArrayBuffer;
  /** the name in the broker's certificate; default the host or address that the socket connects to */
  readonly serverName?: string;
  /** this device's own certificates, PEM (the chain in one text) or DER, if the broker asks for one */
  readonly certificate?: string | ArrayBuffer;
  /** the key of the first of them, PKCS #8, PEM or DER */
  readonly key?: string | ArrayBuffer;
}

/** Options of a connection. */
export interface TLSOptions extends TCPOptions {
  tls?: TLSCredentials;
}

/** A record has a header, a nonce, a tag: what is written takes more than itself. Enough for some ten small writes before the socket is asked again. */
const RECORDS_OVERHEAD = 512;

/** What the SDK's session writes to and reads from: TCP, watched. Exceptions of the session end the connection here; in a socket's callback they would end the program. */
class WatchedSocket {
  /** kept by the SDK's session: bytes that can be read and written */
  readable = 0;
  writable = 0;
  private readonly socket: TCP;
  private readonly order: TlsOrder;
  private readonly options: TCPOptions & { order: TlsOrder };

  constructor(options: TCPOptions & { order: TlsOrder }) {
    this.options = options;
    this.order = options.order;
    const { host, address, port, nodelay } = options;
    this.socket = new TCP({
      ...(address === undefined ? { host: host! } : { address }),
      port,
      ...(nodelay === undefined ? {} : { nodelay }),
      onReadable: (bytes) => this.guard(() => options.onReadable?.(bytes)),
      onWritable: (bytes) => this.guard(() => options.onWritable?.(bytes)),
      onError: () => options.onError?.(),
    });
  }

  read(into: Uint8Array): number {
    const count = this.socket.readInto(into);
    this.order.received(into.subarray(0, count));
    return count;
  }

  write(packet: ArrayBuffer | Uint8Array): number {
    this.order.sent(packet instanceof Uint8Array ? packet : new Uint8Array(packet));
    return this.socket.write(packet);
  }

  close(): void {
    this.socket.close();
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      console.warn(`TLS: ${String(error)}`);
      this.socket.close();
      this.options.onError?.();
    }
  }
}

export default class TLS {
  private readonly socket: TLSSocket;
  private readonly order = new TlsOrder();
  private closed = false;

  /** @throws DeviceError `BAD_PEM`, `BAD_CONFIG`; TypeError without a host; Error if the authority's certificate is out of date, the network is not up or no socket is free */
  constructor(options: TLSOptions) {
    const { tls = {}, onReadable, onWritable } = options;
    const host = options.host ?? options.address;
    if (typeof host !== "string" || host === "") throw new TypeError(`TLS: expected an address or a host, got ${String(host)}`);
    this.socket = new TLSSocket({
      ...options,
      host: tls.serverName ?? host,
      order: this.order,
      // The SDK's socket gives its own options to the socket below, whose host is the broker's and not the certificate's.
      TCP: { io: class extends WatchedSocket { constructor(below: TCPOptions & { order: TlsOrder }) { super({ ...below, host, ...(options.address === undefined ? {} : { address: options.address }) }); } } },
      secure: { serverName: tls.serverName ?? host, cache: false, ...credentials(tls) },
      onReadable: (bytes: number) => onReadable?.call(this, bytes),
      onWritable: (bytes: number) => {
        if (this.order.established && bytes > RECORDS_OVERHEAD) onWritable?.call(this, bytes - RECORDS_OVERHEAD);
      },
      onError: () => this.failed(options),
    });
  }

  read(byteLength?: number): ArrayBuffer | undefined {
    return this.socket.read(byteLength);
  }

  write(buffer: ArrayBuffer | Uint8Array): void {
    this.socket.write(buffer);
  }

  close(): void {
    this.closed = true;
    this.socket.close();
  }

  private failed(options: TLSOptions): void {
    if (this.closed) return;
    this.close();
    options.onError?.call(this);
  }
}

function credentials({ ca, certificate, key }: TLSCredentials): object {
  const authorities = ca === undefined ? [] : derOf(ca, "tls.ca");
  if (authorities.length > 1) throw new DeviceError("BAD_CONFIG", `tls.ca: expected one certificate, got ${authorities.length}`);
  if ((certificate === undefined) !== (key === undefined)) throw new DeviceError("BAD_CONFIG", "tls: expected a certificate and its key, got one of them");
  return {
    ...(authorities[0] === undefined ? {} : { certificate: new Uint8Array(authorities[0]) }),
    ...(certificate === undefined ? {} : { clientCertificates: derOf(certificate, "tls.certificate").map((der) => new Uint8Array(der)) }),
    ...(key === undefined ? {} : { clientKey: derOf(key, "tls.key")[0] }),
  };
}
