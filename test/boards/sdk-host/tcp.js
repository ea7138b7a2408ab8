/** `assay/board/tcp` of this machine: sockets that main.js asks in turn. */
const connect = native("xs_host_connect");
const receive = native("xs_host_receive");
const send = native("xs_host_send");
const closeSocket = native("xs_host_close");

const BUDGET = 5744; // bytes, as on an ESP32

export default class TCP {
  constructor(options) {
    this.options = options;
    this.socket = connect(options.port);
    this.data = new Uint8Array(0);
    this.told = false;
    globalThis.sockets.push(this);
  }

  read() {
    const { data } = this;
    this.data = new Uint8Array(0);
    return data.length === 0 ? undefined : data.buffer;
  }

  readInto(into) {
    const count = Math.min(into.length, this.data.length);
    into.set(this.data.subarray(0, count));
    this.data = this.data.slice(count);
    return count;
  }

  write(buffer) {
    send(this.socket, buffer);
    return BUDGET;
  }

  close() {
    if (this.socket !== undefined) closeSocket(this.socket);
    this.socket = undefined;
  }

  turn() {
    if (this.socket === undefined) return;
    if (!this.told) {
      this.told = true;
      this.options.onWritable?.call(this, BUDGET);
      return;
    }
    const got = receive(this.socket);
    if (got === null) {
      if (this.data.length > 0) this.options.onReadable?.call(this, this.data.length);
      return;
    }
    if (got === undefined) {
      this.close();
      this.options.onError?.call(this);
      return;
    }
    const joined = new Uint8Array(this.data.length + got.byteLength);
    joined.set(this.data);
    joined.set(new Uint8Array(got), this.data.length);
    this.data = joined;
    this.options.onReadable?.call(this, joined.length);
    if (this.socket !== undefined) this.options.onWritable?.call(this, BUDGET);
  }
}
