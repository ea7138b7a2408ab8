/*
 * Natives under `embedded:io/socket/tcp`: one socket, on the UART that is joined to a broker's TCP port, whatever address it asks for. The UART does not tell when the other side hangs up, and a
 * reset of the processor does not hang up. So a socket that is not the first since the power came on makes the broker hang up: it completes a packet that may have been cut short, and goes on
 * with what is no packet of MQTT (type 0 is reserved: [MQTT-2.2.2-2] then asks the broker to close). The joint connects again within a second or so.
 */
#include "xsmc.h"

#include <string.h>

#include "mps2.h"
#include "throw.h"

/* What is taken by one write, and what a broker may be waiting for of a packet. */
#define OUT_BYTES 4096
/* What is announced and read at a time: it has to fit into the heap. */
#define IN_BYTES 1024
/* QEMU tries again a second after the broker has hung up. */
#define HANG_UP_MS 2500.0
#define USED 0x4c494e4bu

enum { EVENT_READABLE, EVENT_WRITABLE, EVENT_ERROR };

typedef enum { STATE_FREE, STATE_HANGING_UP, STATE_OPEN } link_state;

static struct {
    link_state state;
    int32_t handle;
    double open_at;
    bool is_paused;
    bool has_read;
    bool wants_writable;
} link;

/* Whether somebody has used the link since the power came on. */
static uint32_t used __attribute__((section(".kept")));

static void tell(assay_host *host, int event, size_t bytes) {
    assay_mps2 *board = host->board;
    const double numbers[] = { link.handle, event, (double)bytes };
    assay_call(host, &board->dispatch, 3, numbers);
}

static void drop_input(void) {
    uint8_t bytes[64];
    while (uart_read(bytes, sizeof bytes) > 0) continue;
}

bool link_has_news(void) { return link.state == STATE_OPEN && !link.is_paused && uart_waiting() > 0; }

link_outcome link_turn(assay_host *host, double *due) {
    const int32_t handle = link.handle;
    switch (link.state) {
    case STATE_FREE:
        return LINK_CLOSED;
    case STATE_HANGING_UP:
        drop_input();
        if (assay_ticks() < link.open_at) {
            if (link.open_at < *due) *due = link.open_at;
            return LINK_QUIET;
        }
        link.state = STATE_OPEN;
        break;
    case STATE_OPEN:
        break;
    }
    if (link.wants_writable) {
        link.wants_writable = false;
        tell(host, EVENT_WRITABLE, OUT_BYTES);
        return LINK_CALLED;
    }
    if (!link_has_news()) return LINK_QUIET;
    link.has_read = false;
    tell(host, EVENT_READABLE, uart_waiting() < IN_BYTES ? uart_waiting() : IN_BYTES);
    /* Whoever reads nothing is not asked again until it has read something. */
    if (link.handle == handle && link.state == STATE_OPEN) link.is_paused = !link.has_read;
    return LINK_CALLED;
}

/* (dispatch: (handle, event, bytes) => void): before any other of these natives */
void xs_tcp_open(xsMachine *the) {
    const assay_host *host = xsGetContext(the);
    assay_mps2 *board = host->board;
    xsSlot *root = (xsSlot *)board->dispatch.slot;
    if (!xsmcIsCallable(xsArg(0))) xsTypeError("tcp: expected a function, got another value");
    *root = xsArg(0);
    if (!board->dispatch.is_set) xsRemember(*root);
    board->dispatch.is_set = true;
}

/* (host: string, port: number, nodelay: boolean) → handle */
void xs_tcp_connect(xsMachine *the) {
    static const uint8_t zeros[256] = { 0 };
    if (link.state != STATE_FREE) assay_throw(the, "EMFILE", "tcp: expected at most one socket at a time, since this board has one link, got one more");
    link.handle = link.handle == INT32_MAX ? 1 : link.handle + 1;
    link.open_at = assay_ticks();
    link.is_paused = link.has_read = false;
    link.wants_writable = true;
    link.state = STATE_HANGING_UP;
    if (used == USED) {
        for (int i = 0; i < OUT_BYTES; i += (int)sizeof zeros) uart_write(UART_LINK, zeros, sizeof zeros);
        link.open_at += HANG_UP_MS;
    }
    used = USED;
    xsmcSetInteger(xsResult, link.handle);
}

static bool is_open(xsMachine *the) { return link.state == STATE_OPEN && xsmcToInteger(xsArg(0)) == link.handle; }

/* (handle: number, byteLength?: number) → ArrayBuffer, or undefined if there is nothing to read now */
void xs_tcp_read(xsMachine *the) {
    size_t bytes = IN_BYTES;
    void *buffer;
    xsUnsignedValue size;
    if (xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType) {
        const xsNumberValue wanted = xsmcToNumber(xsArg(1));
        if (!(wanted >= 0 && wanted <= INT32_MAX)) xsRangeError("tcp read: expected a number of bytes from 0");
        if (wanted < (xsNumberValue)bytes) bytes = (size_t)wanted;
    }
    if (!is_open(the)) return;
    link.has_read = true;
    link.is_paused = false;
    if (bytes > uart_waiting()) bytes = uart_waiting();
    if (bytes == 0) return;
    xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)bytes);
    xsmcGetBufferWritable(xsResult, &buffer, &size);
    uart_read(buffer, size);
}

/* (handle: number, buffer) */
void xs_tcp_write(xsMachine *the) {
    void *bytes;
    xsUnsignedValue size;
    if (!is_open(the)) assay_throw(the, "ENOTCONN", "tcp write: expected a connected socket, got one that is not");
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    if (size > OUT_BYTES) assay_throw(the, "ENOBUFS", "tcp write: expected at most %d bytes, got %d", OUT_BYTES, (int)size);
    uart_write(UART_LINK, bytes, size);
    link.wants_writable = true;
}

/* (handle: number) */
void xs_tcp_close(xsMachine *the) {
    if (link.state != STATE_FREE && xsmcToInteger(xsArg(0)) == link.handle) link.state = STATE_FREE;
}
