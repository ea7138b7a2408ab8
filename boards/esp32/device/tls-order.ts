/**
 * The order of records in a TLS 1.2 handshake (RFC 5246 §7.3), watched from outside of the SDK's TLS session, which does not insist on it: it takes a plain "close notify"
 * alert for the end of the handshake and then writes without encryption, and takes plain application data before any key is agreed on. Whoever sits on the
 * network could so read a password. Watched over a full handshake: sessions are not resumed.
 *
 * Record types (§6.2.1): 20 change cipher spec, 21 alert, 22 handshake, 23 application data.
 */
import { DeviceError } from "assay/esp32/device-error";

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const HEADER_LENGTH = 5;

/** Finds the type of each record in a stream that comes in pieces. */
class RecordTypes {
  private readonly header = new Uint8Array(HEADER_LENGTH);
  private have = 0;
  private bodyLeft = 0;

  /** @param begun called with the type of each record whose header is complete with these bytes */
  pass(bytes: Uint8Array, begun: (type: number) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.bodyLeft > 0) {
        const step = Math.min(this.bodyLeft, bytes.length - at);
        this.bodyLeft -= step;
        at += step;
        continue;
      }
      this.header[this.have++] = bytes[at++]!;
      if (this.have < HEADER_LENGTH) continue;
      this.have = 0;
      this.bodyLeft = (this.header[3]! << 8) | this.header[4]!;
      begun(this.header[0]!);
    }
  }
}

/** Watches one connection, as its client. */
export class TlsOrder {
  private readonly out = new RecordTypes();
  private readonly in = new RecordTypes();
  private ourKeys = false;
  private theirKeys = false;

  /** both sides encrypt: the peer has shown with its certificate's key who it is */
  get established(): boolean {
    return this.ourKeys && this.theirKeys;
  }

  /** Bytes that are about to be sent. @throws DeviceError `TLS_ORDER` */
  sent(bytes: Uint8Array): void {
    this.out.pass(bytes, (type) => {
      if (type === CHANGE_CIPHER_SPEC) this.ourKeys = true;
      if (type === APPLICATION_DATA && !this.established) throw new DeviceError("TLS_ORDER", "expected a complete handshake before data is sent");
    });
  }

  /** Bytes that came, before anything is made of them. @throws DeviceError `TLS_ORDER` */
  received(bytes: Uint8Array): void {
    this.in.pass(bytes, (type) => {
      if (type === HANDSHAKE) return;
      if (type === CHANGE_CIPHER_SPEC && this.ourKeys && !this.theirKeys) this.theirKeys = true;
      else if (!(this.established && (type === ALERT || type === APPLICATION_DATA))) throw new DeviceError("TLS_ORDER", `expected the next record of a handshake, got one of type ${type}`);
    });
  }
}
