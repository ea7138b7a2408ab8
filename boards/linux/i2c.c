/* Natives under `embedded:io/i2c`: Linux's i2c-dev (Documentation/i2c/dev-interface.rst). */
#include "xsmc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "io-port.h"
#include "throw.h"

#define KIND "I2C"
/* What i2c-dev takes at most in one message. */
#define MAX_MESSAGE 8192

static void __attribute__((noreturn)) throw_fault(xsMachine *the, int error, int address) {
    char what[48];
    /* What drivers say is in Documentation/i2c/fault-codes.rst. */
    if (error == EAGAIN) assay_throw(the, "EAGAIN", "I2C 0x%02x: expected the bus, got its arbitration lost to another controller", (unsigned)address);
    if (error == ENXIO || error == EREMOTEIO) assay_throw(the, error == ENXIO ? "ENXIO" : "EREMOTEIO", "I2C 0x%02x: expected an acknowledgement, got none; is a device there?", (unsigned)address);
    snprintf(what, sizeof what, "I2C 0x%02x", (unsigned)address);
    assay_throw_errno(the, error, what);
}

/* (path: string, address: number) → handle */
void xs_i2c_open(xsMachine *the) {
    const xsIntegerValue address = xsmcToInteger(xsArg(1));
    unsigned long functions = 0;
    int fd, error = 0;
    if (address < 0 || address > 0x7f) xsRangeError("I2C: expected an address from 0 to 127, got %d", (int)address);
    fd = assay_port_open_file(the, KIND, xsmcToString(xsArg(0)), O_RDWR);
    assay_port *port = assay_port_add(the, KIND, fd, NULL);
    /* The first fails where this is no bus, the last with EBUSY where a driver of the kernel has the device. */
    if (ioctl(fd, I2C_FUNCS, &functions) != 0) error = errno;
    else if ((functions & I2C_FUNC_I2C) == 0) error = EOPNOTSUPP;
    else if (ioctl(fd, I2C_SLAVE, (unsigned long)address) != 0) error = errno;
    if (error != 0) {
        assay_port_close(port);
        throw_fault(the, error, address);
    }
    xsmcSetInteger(xsResult, port->handle);
}

static bool add_write(xsMachine *the, int index, struct i2c_msg *message, int address) {
    void *bytes;
    xsUnsignedValue size;
    if (xsmcTypeOf(xsArg(index)) == xsUndefinedType) return false;
    xsmcGetBufferReadable(xsArg(index), &bytes, &size);
    if (size > MAX_MESSAGE) xsRangeError("I2C: expected at most %d bytes, got %d", MAX_MESSAGE, (int)size);
    *message = (struct i2c_msg){ .addr = (__u16)address, .len = (__u16)size, .buf = bytes };
    return true;
}

/* (handle, address: number, first?, second?: buffer, byteLength?: number) → ArrayBuffer if there is a byteLength: writes and a read as one transfer, with repeated starts */
void xs_i2c_transfer(xsMachine *the) {
    const xsIntegerValue address = xsmcToInteger(xsArg(1));
    const assay_port *port;
    struct i2c_msg messages[3];
    struct i2c_rdwr_ioctl_data transfer = { .msgs = messages, .nmsgs = 0 };
    const bool has_read = xsmcArgc > 4 && xsmcTypeOf(xsArg(4)) != xsUndefinedType;
    void *into = NULL;
    xsUnsignedValue size = 0;
    if (address < 0 || address > 0x7f) xsRangeError("I2C: expected an address from 0 to 127, got %d", (int)address);
    if (has_read) {
        const xsNumberValue wanted = xsmcToNumber(xsArg(4));
        if (!(wanted >= 0 && wanted <= MAX_MESSAGE)) xsRangeError("I2C read: expected a number of bytes from 0 to %d", MAX_MESSAGE);
        /* before any pointer into the heap is taken */
        xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)wanted);
    }
    /* after the conversions, since they may run code of the app, which may close it */
    port = assay_port_find(the, KIND);
    for (int i = 2; i <= 3; i++)
        if (xsmcArgc > i && add_write(the, i, &messages[transfer.nmsgs], address)) transfer.nmsgs++;
    if (has_read) {
        xsmcGetBufferWritable(xsResult, &into, &size);
        messages[transfer.nmsgs++] = (struct i2c_msg){ .addr = (__u16)address, .flags = I2C_M_RD, .len = (__u16)size, .buf = into };
    }
    if (transfer.nmsgs > 0 && ioctl(port->fd, I2C_RDWR, &transfer) < 0) throw_fault(the, errno, address);
}
