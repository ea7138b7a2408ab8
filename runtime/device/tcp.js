const openTable = native("xs_tcp_open");
const connect = native("xs_tcp_connect");
const readSocket = native("xs_tcp_read");
const writeSocket = native("xs_tcp_write");
const closeSocket = native("xs_tcp_close");
/** Events of tcp.c. */
const READABLE = 0;
const WRITABLE = 1;
const sockets = new Map();
openTable((handle, event, bytes) => {
    const socket = sockets.get(handle);
    if (socket === undefined)
        return;
    if (event === READABLE)
        socket.options.onReadable?.call(socket, bytes);
    else if (event === WRITABLE)
        socket.options.onWritable?.call(socket, bytes);
    else {
        sockets.delete(handle);
        socket.options.onError?.call(socket);
    }
});
function checkOptions(options) {
    const { port, format, onReadable, onWritable, onError } = options;
    const host = options.address ?? options.host;
    if (typeof host !== "string" || host === "")
        throw new TypeError(`TCP: expected an address or a host, got ${String(host)}`);
    if (!Number.isInteger(port) || port < 1 || port > 65535)
        throw new RangeError(`TCP: expected a port from 1 to 65535, got ${port}`);
    if (format !== undefined && format !== "buffer")
        throw new RangeError(`TCP: expected the format "buffer", got ${String(format)}`);
    for (const callback of [onReadable, onWritable, onError])
        if (callback !== undefined && typeof callback !== "function")
            throw new TypeError("TCP: expected functions as callbacks, got another value");
    return host;
}
export default class TCP {
    /** read by the dispatcher above only */
    options;
    handle;
    constructor(options) {
        const host = checkOptions(options);
        this.options = options;
        this.handle = connect(host, options.port, options.nodelay ?? false);
        sockets.set(this.handle, this);
    }
    read(byteLength) {
        return readSocket(this.opened("read"), byteLength);
    }
    write(buffer) {
        writeSocket(this.opened("write"), buffer);
    }
    close() {
        if (this.handle === undefined)
            return;
        sockets.delete(this.handle);
        closeSocket(this.handle);
        this.handle = undefined;
    }
    opened(operation) {
        if (this.handle === undefined)
            throw new Error(`TCP ${operation}: expected an open socket, got a closed one`);
        return this.handle;
    }
}
