/* Natives under `embedded:io/spi`: Linux's spidev (Documentation/spi/spidev.rst). */
#include "xsmc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <string.h>
#include <sys/ioctl.h>

#include "io-port.h"
#include "throw.h"

#define KIND "SPI"
/* spidev's own limit, unless its parameter bufsiz says otherwise; beyond it the kernel says EMSGSIZE */
#define MAX_TRANSFER 65536

/* (path: string, hz: number, mode: number) → handle */
void xs_spi_open(xsMachine *the) {
    const xsNumberValue hz = xsmcToNumber(xsArg(1));
    const xsIntegerValue mode = xsmcToInteger(xsArg(2));
    uint8_t mode_byte, bits = 8;
    uint32_t speed;
    assay_port *port;
    if (!(hz >= 1 && hz <= 1e9)) xsRangeError("SPI: expected hz from 1 to 1e9");
    if (mode < 0 || mode > 3) xsRangeError("SPI: expected a mode from 0 to 3, got %d", (int)mode);
    mode_byte = (uint8_t)mode;
    speed = (uint32_t)hz;
    port = assay_port_add(the, KIND, assay_port_open_file(the, KIND, xsmcToString(xsArg(0)), O_RDWR), NULL);
    if (ioctl(port->fd, SPI_IOC_WR_MODE, &mode_byte) != 0 || ioctl(port->fd, SPI_IOC_WR_BITS_PER_WORD, &bits) != 0 || ioctl(port->fd, SPI_IOC_WR_MAX_SPEED_HZ, &speed) != 0) {
        const int error = errno;
        assay_port_close(port);
        assay_throw_errno(the, error, KIND);
    }
    xsmcSetInteger(xsResult, port->handle);
}

static void transfer(xsMachine *the, const assay_port *port, const void *out, void *in, xsUnsignedValue size) {
    struct spi_ioc_transfer message;
    memset(&message, 0, sizeof message);
    if (size == 0) return;
    message.tx_buf = (uintptr_t)out;
    message.rx_buf = (uintptr_t)in;
    message.len = size;
    if (ioctl(port->fd, SPI_IOC_MESSAGE(1), &message) < 0) assay_throw_errno(the, errno, KIND);
}

/* (handle, byteLength: number) → ArrayBuffer */
void xs_spi_read(xsMachine *the) {
    const xsNumberValue wanted = xsmcToNumber(xsArg(1));
    /* last, since a conversion may run code of the app, which may close it */
    const assay_port *port = assay_port_find(the, KIND);
    void *bytes;
    xsUnsignedValue size;
    if (!(wanted >= 0 && wanted <= MAX_TRANSFER)) xsRangeError("SPI read: expected a number of bytes from 0 to %d", MAX_TRANSFER);
    xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)wanted);
    xsmcGetBufferWritable(xsResult, &bytes, &size);
    transfer(the, port, NULL, bytes, size);
}

/* (handle, buffer) */
void xs_spi_write(xsMachine *the) {
    const assay_port *port = assay_port_find(the, KIND);
    void *bytes;
    xsUnsignedValue size;
    xsmcGetBufferReadable(xsArg(1), &bytes, &size);
    transfer(the, port, bytes, NULL, size);
}

/* (handle, buffer): what comes in takes the place of what went out */
void xs_spi_transfer(xsMachine *the) {
    const assay_port *port = assay_port_find(the, KIND);
    void *bytes;
    xsUnsignedValue size;
    xsmcGetBufferWritable(xsArg(1), &bytes, &size);
    transfer(the, port, bytes, bytes, size);
}
