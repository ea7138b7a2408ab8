/* Natives under `embedded:io/digital`: lines of Linux's GPIO character devices, version 2 of their interface (linux/gpio.h). */
#include "xsmc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io-port.h"
#include "throw.h"

#define KIND "Digital"
/* Events that are taken at a time. */
#define EVENTS 16

/* Modes of ECMA-419 (§10.3). */
enum { INPUT, INPUT_PULL_UP, INPUT_PULL_DOWN, INPUT_PULL_UP_DOWN, OUTPUT = 8, OUTPUT_OPEN_DRAIN = 9 };
enum { EDGE_RISING = 1, EDGE_FALLING = 2 };

static bool flags_of(xsIntegerValue mode, xsIntegerValue edge, uint64_t *flags) {
    switch (mode) {
    case INPUT: *flags = GPIO_V2_LINE_FLAG_INPUT; break;
    case INPUT_PULL_UP: *flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_BIAS_PULL_UP; break;
    case INPUT_PULL_DOWN: *flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN; break;
    case OUTPUT: *flags = GPIO_V2_LINE_FLAG_OUTPUT; break;
    case OUTPUT_OPEN_DRAIN: *flags = GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_OPEN_DRAIN; break;
    default: return false; /* InputPullUpDown: Linux has no such bias */
    }
    if (edge & EDGE_RISING) *flags |= GPIO_V2_LINE_FLAG_EDGE_RISING;
    if (edge & EDGE_FALLING) *flags |= GPIO_V2_LINE_FLAG_EDGE_FALLING;
    return true;
}

static void on_edges(assay_host *host, assay_watch *watch, short events) {
    assay_port *port = watch->self;
    struct gpio_v2_line_event edges[EVENTS];
    const ssize_t got = read(port->fd, edges, sizeof edges);
    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < (ssize_t)sizeof edges[0]) {
        /* The chip is gone. It is not asked again. */
        watch->fd = -1;
        port->watch = NULL;
        assay_port_tell(host, port, ASSAY_PORT_ERROR, 0);
        return;
    }
    assay_port_tell(host, port, ASSAY_PORT_READABLE, (double)((size_t)got / sizeof edges[0]));
}

/* (path: string, line: number, mode: number, edge: number, initial: 0 | 1) → handle */
void xs_digital_open(xsMachine *the) {
    assay_host *host = xsGetContext(the);
    const xsIntegerValue line = xsmcToInteger(xsArg(1));
    const xsIntegerValue edge = xsmcToInteger(xsArg(3));
    struct gpio_v2_line_request request;
    assay_port *port;
    int chip, error;
    char what[32];
    memset(&request, 0, sizeof request);
    if (line < 0) xsRangeError("Digital: expected a pin from 0, got %d", (int)line);
    if (!flags_of(xsmcToInteger(xsArg(2)), edge, (uint64_t *)&request.config.flags)) xsRangeError("Digital: expected a mode that Linux has, got %d", (int)xsmcToInteger(xsArg(2)));
    request.offsets[0] = (__u32)line;
    request.num_lines = 1;
    strcpy(request.consumer, "assay");
    if (request.config.flags & GPIO_V2_LINE_FLAG_OUTPUT) {
        request.config.num_attrs = 1;
        request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
        request.config.attrs[0].attr.values = xsmcToBoolean(xsArg(4)) ? 1 : 0;
        request.config.attrs[0].mask = 1;
    }
    chip = assay_port_open_file(the, KIND, xsmcToString(xsArg(0)), O_RDWR);
    error = ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0 ? 0 : errno;
    close(chip);
    if (error == 0 && fcntl(request.fd, F_SETFL, O_NONBLOCK) != 0) {
        error = errno;
        close(request.fd);
    }
    snprintf(what, sizeof what, "Digital pin %d", (int)line);
    if (error != 0) assay_throw_errno(the, error, what);
    port = assay_port_add(the, KIND, request.fd, NULL);
    if (edge != 0 && !assay_port_watch(host, port, POLLIN, on_edges)) {
        assay_port_close(port);
        assay_throw(the, "EMFILE", "%s: expected less to wait for at a time", what);
    }
    xsmcSetInteger(xsResult, port->handle);
}

/* (handle) → 0 or 1 */
void xs_digital_read(xsMachine *the) {
    const assay_port *port = assay_port_find(the, KIND);
    struct gpio_v2_line_values values = { .bits = 0, .mask = 1 };
    if (ioctl(port->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) != 0) assay_throw_errno(the, errno, KIND);
    xsmcSetInteger(xsResult, (xsIntegerValue)(values.bits & 1));
}

/* (handle, value: 0 | 1) */
void xs_digital_write(xsMachine *the) {
    const assay_port *port = assay_port_find(the, KIND);
    struct gpio_v2_line_values values = { .bits = xsmcToBoolean(xsArg(1)) ? 1 : 0, .mask = 1 };
    if (ioctl(port->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) != 0) assay_throw_errno(the, errno, KIND);
}
