/* Natives under `embedded:io/serial`: a terminal in raw mode. Reading is level-triggered, writing goes to a buffer of fixed size, as with TCP (tcp.c). */
#include "xsmc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "io-port.h"
#include "throw.h"

#define KIND "Serial"
#define OUT_BYTES 4096
#define IN_BYTES 4096

typedef struct {
    bool wants_writable;
    size_t out_size;
    uint8_t out[OUT_BYTES];
} line;

static const struct {
    int32_t baud;
    speed_t speed;
} SPEEDS[] = {
    { 300, B300 },       { 1200, B1200 },     { 2400, B2400 },     { 4800, B4800 },     { 9600, B9600 },     { 19200, B19200 },     { 38400, B38400 },     { 57600, B57600 },
    { 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 500000, B500000 }, { 921600, B921600 }, { 1000000, B1000000 }, { 2000000, B2000000 }, { 4000000, B4000000 },
};

static bool find_speed(xsIntegerValue baud, speed_t *speed) {
    for (size_t i = 0; i < sizeof SPEEDS / sizeof SPEEDS[0]; i++) {
        if (SPEEDS[i].baud != baud) continue;
        *speed = SPEEDS[i].speed;
        return true;
    }
    return false;
}

static void watch_for(assay_port *port) {
    const line *serial = port->memory;
    if (port->watch != NULL) port->watch->events = (short)((port->is_paused ? 0 : POLLIN) | (serial->out_size > 0 || serial->wants_writable ? POLLOUT : 0));
}

/* The line is gone (a USB adapter that was pulled out). */
static void fail(assay_host *host, assay_port *port) {
    if (port->watch != NULL) port->watch->fd = -1;
    port->watch = NULL;
    assay_port_tell(host, port, ASSAY_PORT_ERROR, 0);
}

static bool flush(assay_port *port) {
    line *serial = port->memory;
    size_t sent = 0;
    bool is_alive = true;
    while (sent < serial->out_size) {
        const ssize_t taken = write(port->fd, serial->out + sent, serial->out_size - sent);
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) {
            is_alive = taken == 0 || errno == EAGAIN || errno == EWOULDBLOCK;
            break;
        }
        sent += (size_t)taken;
    }
    serial->out_size -= sent;
    memmove(serial->out, serial->out + sent, serial->out_size);
    return is_alive;
}

static size_t available(const assay_port *port) {
    int bytes = 0;
    return ioctl(port->fd, FIONREAD, &bytes) == 0 && bytes > 0 ? (size_t)bytes : 0;
}

static void on_ready(assay_host *host, assay_watch *watch, short events) {
    assay_port *port = watch->self;
    line *serial = port->memory;
    if (events & POLLOUT) {
        if (!flush(port)) {
            fail(host, port);
            return;
        }
        if (serial->wants_writable && serial->out_size < OUT_BYTES) {
            serial->wants_writable = false;
            watch_for(port);
            if (!assay_port_tell(host, port, ASSAY_PORT_WRITABLE, (double)(OUT_BYTES - serial->out_size))) return;
        }
        watch_for(port);
    }
    if ((events & (POLLIN | POLLHUP | POLLERR)) == 0 || port->is_paused) return;
    const size_t bytes = available(port);
    if (bytes == 0) {
        if (events & (POLLHUP | POLLERR)) fail(host, port);
        return;
    }
    port->has_read = false;
    if (!assay_port_tell(host, port, ASSAY_PORT_READABLE, (double)(bytes < IN_BYTES ? bytes : IN_BYTES))) return;
    port->is_paused = !port->has_read;
    watch_for(port);
}

static int configure(int fd, speed_t speed, bool has_flow_control) {
    struct termios settings;
    if (tcgetattr(fd, &settings) != 0) return errno;
    /* as cfmakeraw(3): 8 bits, no parity, no line discipline */
    settings.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
    settings.c_oflag &= ~(tcflag_t)OPOST;
    settings.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    settings.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | CSTOPB | CRTSCTS);
    settings.c_cflag |= CS8 | CREAD | CLOCAL | (has_flow_control ? CRTSCTS : 0);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    if (cfsetispeed(&settings, speed) != 0 || cfsetospeed(&settings, speed) != 0 || tcsetattr(fd, TCSANOW, &settings) != 0) return errno;
    /* What came before this line was ours is nobody's. */
    return tcflush(fd, TCIOFLUSH) == 0 ? 0 : errno;
}

/* (path: string, baud: number, hasFlowControl: boolean) → handle */
void xs_serial_open(xsMachine *the) {
    assay_host *host = xsGetContext(the);
    const xsIntegerValue baud = xsmcToInteger(xsArg(1));
    speed_t speed;
    int fd, error;
    assay_port *port;
    line *serial;
    if (!find_speed(baud, &speed)) xsRangeError("Serial: expected a baud rate that Linux has, such as 115200, got %d", (int)baud);
    fd = assay_port_open_file(the, KIND, xsmcToString(xsArg(0)), O_RDWR | O_NOCTTY | O_NONBLOCK);
    /* Nobody else opens it now; root still can. */
    if (ioctl(fd, TIOCEXCL) != 0) error = errno;
    else error = configure(fd, speed, xsmcToBoolean(xsArg(2)) != 0);
    if (error != 0) {
        close(fd);
        assay_throw_errno(the, error, KIND);
    }
    serial = calloc(1, sizeof *serial);
    if (serial == NULL) {
        close(fd);
        assay_throw(the, "ENOMEM", "Serial: expected memory for a buffer, got none");
    }
    serial->wants_writable = true;
    port = assay_port_add(the, KIND, fd, serial);
    if (!assay_port_watch(host, port, POLLIN | POLLOUT, on_ready)) {
        assay_port_close(port);
        assay_throw(the, "EMFILE", "Serial: expected less to wait for at a time");
    }
    xsmcSetInteger(xsResult, port->handle);
}

/* (handle, byteLength?: number) → ArrayBuffer, or undefined if there is nothing to read now */
void xs_serial_read(xsMachine *the) {
    assay_port *port;
    size_t most = IN_BYTES;
    size_t bytes;
    void *buffer;
    xsUnsignedValue size;
    ssize_t got;
    if (xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType) {
        const xsNumberValue wanted = xsmcToNumber(xsArg(1));
        if (!(wanted >= 0 && wanted <= INT32_MAX)) xsRangeError("Serial read: expected a number of bytes from 0");
        most = (size_t)wanted;
    }
    /* last, since a conversion may run code of the app, which may close it */
    port = assay_port_find(the, KIND);
    port->has_read = true;
    port->is_paused = false;
    watch_for(port);
    bytes = available(port);
    if (bytes > most) bytes = most;
    if (bytes == 0) return;
    xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)bytes);
    xsmcGetBufferWritable(xsResult, &buffer, &size);
    got = read(port->fd, buffer, size);
    if (got <= 0) xsmcSetUndefined(xsResult);
    else if ((size_t)got < bytes) xsmcSetArrayBufferLength(xsResult, (xsIntegerValue)got);
}

/* (handle, buffer) */
void xs_serial_write(xsMachine *the) {
    assay_port *port = assay_port_find(the, KIND);
    line *serial = port->memory;
    void *bytes;
    xsUnsignedValue size;
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    if (port->watch == NULL) assay_throw(the, "EIO", "Serial write: expected a line, got one that is gone");
    if (size > OUT_BYTES - serial->out_size) assay_throw(the, "ENOBUFS", "Serial write: expected at most %d bytes, got %d", (int)(OUT_BYTES - serial->out_size), (int)size);
    memcpy(serial->out + serial->out_size, bytes, size);
    serial->out_size += size;
    serial->wants_writable = true;
    /* A line that is gone shows when it is polled. */
    (void)flush(port);
    watch_for(port);
}

/* (handle, input: boolean, output: boolean): drops what waits */
void xs_serial_flush(xsMachine *the) {
    assay_port *port = assay_port_find(the, KIND);
    line *serial = port->memory;
    const bool input = xsmcToBoolean(xsArg(1)) != 0, output = xsmcToBoolean(xsArg(2)) != 0;
    if (output) serial->out_size = 0;
    if ((input || output) && tcflush(port->fd, input && output ? TCIOFLUSH : input ? TCIFLUSH : TCOFLUSH) != 0) assay_throw_errno(the, errno, KIND);
}

static void set_line(xsMachine *the, const assay_port *port, int index, int bit) {
    if (xsmcTypeOf(xsArg(index)) == xsUndefinedType) return;
    if (ioctl(port->fd, xsmcToBoolean(xsArg(index)) ? TIOCMBIS : TIOCMBIC, &bit) != 0) assay_throw_errno(the, errno, KIND);
}

/* (handle, dataTerminalReady, requestToSend, break: boolean | undefined) */
void xs_serial_set(xsMachine *the) {
    const assay_port *port = assay_port_find(the, KIND);
    set_line(the, port, 1, TIOCM_DTR);
    set_line(the, port, 2, TIOCM_RTS);
    if (xsmcTypeOf(xsArg(3)) != xsUndefinedType && ioctl(port->fd, xsmcToBoolean(xsArg(3)) ? TIOCSBRK : TIOCCBRK) != 0) assay_throw_errno(the, errno, KIND);
}
