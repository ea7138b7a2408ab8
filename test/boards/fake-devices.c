/*
 * Devices of a Linux board that are not there, as the kernel would show them: preloaded (LD_PRELOAD), this library answers open() and ioctl() for
 *
 *   /dev/i2c-1        0x18 an LIS3DH, 0x68 an MPU6050, 0x76 a BME280; 0x50 to 0x52 faults; nothing else answers
 *   /dev/i2c-2        a bus whose devices belong to drivers of the kernel
 *   /dev/i2c-3        an SMBus controller, which does no plain I2C
 *   /dev/i2c-4        0x18, 0x68 and 0x76: devices that are not what one takes them for
 *   /dev/i2c-5        as 1, but from the 11th transfer every seventh fails, and the LIS3DH loses its supply for a moment at the 34th
 *   /dev/i2c-6        as 1, until the 20th transfer; then nothing answers any more
 *   /dev/spidev0.0    a loop (what goes out comes in), 4096 bytes at most, modes 0 and 3
 *   /dev/gpiochip0    8 lines: what line 0 or 2 puts out, line 1 or 3 takes in; line 6 has no edges; line 7 is somebody else's
 *
 * Register maps and scales are those of the data sheets: LIS3DH (ST, DocID17530), MPU-6000/6050 register map (InvenSense, RM-MPU-6000A-00), BME280 (Bosch, BST-BME280-DS002).
 * FAKE_G="x,y,z" is the acceleration in g.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MAX_FD = 1024, LINES = 8 };
typedef enum { NONE, I2C, SPI, CHIP, LINE } kind;

static struct {
    kind kind;
    int number;
    uint8_t mode;
} files[MAX_FD];

typedef struct {
    uint8_t registers[256];
    uint8_t at;
    int is_set_up;
} chip;

static struct {
    chip lis3dh, mpu6050, bme280;
    int transfers;
} buses[8];

static struct {
    int fd, events;
    uint64_t flags;
    int value;
} lines[LINES];

static double gravity[3] = { 0.25, -0.5, 1 };

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("FAKE_G");
    if (text != NULL && sscanf(text, "%lf,%lf,%lf", &gravity[0], &gravity[1], &gravity[2]) != 3) abort();
    for (int i = 0; i < LINES; i++) lines[i].fd = -1;
}

/* What the converter puts out: clipped, rounded down to its step. */
static int16_t convert(double g, double counts_per_g, int step) {
    const double counts = floor(g * counts_per_g / step) * step;
    return (int16_t)fmax(-32768, fmin(32767, counts));
}

/* LIS3DH §8: power down after reset. Sensitivities of table 4, high resolution: 1, 2, 4, 12 mg per digit of 12 bits, left-justified in 16. */
static void reset_lis3dh(chip *it) {
    memset(it, 0, sizeof *it);
    it->registers[0x0f] = 0x33;
    it->registers[0x20] = 0x07;
    it->is_set_up = 1;
}

static void measure_lis3dh(chip *it) {
    static const double mg[] = { 1, 2, 4, 12 };
    const uint8_t *r = it->registers;
    const int is_high = (r[0x23] & 0x08) != 0 && (r[0x20] & 0x08) == 0;
    if (r[0x20] >> 4 == 0) return;
    for (int i = 0; i < 3; i++) {
        const double digits = 1000 / mg[r[0x23] >> 4 & 3];
        const int16_t value = convert(gravity[i], digits * 16, is_high ? 16 : 64);
        if ((r[0x20] >> i & 1) == 0) continue;
        it->registers[0x28 + 2 * i] = (uint8_t)value;
        it->registers[0x29 + 2 * i] = (uint8_t)((uint16_t)value >> 8);
    }
    it->registers[0x27] |= 0x0f;
}

/* MPU-6050: asleep after reset (PWR_MGMT_1 = 0x40). */
static void reset_mpu6050(chip *it) {
    memset(it, 0, sizeof *it);
    it->registers[0x75] = 0x68;
    it->registers[0x6b] = 0x40;
    it->is_set_up = 1;
}

static void measure_mpu6050(chip *it) {
    const uint8_t *r = it->registers;
    if (r[0x6b] & 0x40) return;
    for (int i = 0; i < 3; i++) {
        const int16_t value = convert(gravity[i], 16384 >> (r[0x1c] >> 3 & 3), 1);
        it->registers[0x3b + 2 * i] = (uint8_t)((uint16_t)value >> 8);
        it->registers[0x3c + 2 * i] = (uint8_t)value;
    }
    it->registers[0x3a] |= 0x01;
}

static void put16(uint8_t *at, int value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)((unsigned)value >> 8);
}

/* Temperature and pressure: the calculation example of the BMP280 data sheet (§3.12), whose formulas the BME280 shares. */
static void reset_bme280(chip *it) {
    static const int calibration[] = { 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000 };
    memset(it, 0, sizeof *it);
    uint8_t *r = it->registers;
    r[0xd0] = 0x60;
    for (int i = 0; i < 12; i++) put16(r + 0x88 + 2 * i, calibration[i]);
    r[0xa1] = 75; /* H1 */
    put16(r + 0xe1, 362); /* H2 */
    r[0xe3] = 0; /* H3 */
    /* H4 = 313 and H5 = 50, 12 bits each: 0xE4 [11:4], 0xE5 [3:0] and 0xE5 [7:4], 0xE6 [11:4] */
    r[0xe4] = 313 >> 4;
    r[0xe5] = (313 & 15) | (50 & 15) << 4;
    r[0xe6] = 50 >> 4;
    r[0xe7] = 30; /* H6 */
    /* what stands there before the first measurement */
    r[0xf7] = r[0xfa] = 0x80;
    r[0xfd] = 0x80;
    it->is_set_up = 1;
}

static void put20(uint8_t *at, int value) {
    at[0] = (uint8_t)(value >> 12);
    at[1] = (uint8_t)(value >> 4);
    at[2] = (uint8_t)(value << 4);
}

static void measure_bme280(chip *it) {
    uint8_t *r = it->registers;
    if ((r[0xf4] & 3) == 0) return;
    if (r[0xf4] >> 2 & 7) put20(r + 0xf7, 415148);
    if (r[0xf4] >> 5 & 7) put20(r + 0xfa, 519888);
    /* ctrl_hum holds only with the next write to ctrl_meas (§5.4.3); is_set_up 2 says so */
    if (it->is_set_up == 2) {
        r[0xfd] = 28672 >> 8;
        r[0xfe] = 28672 & 255;
    }
    if ((r[0xf4] & 3) != 3) r[0xf4] &= (uint8_t)~3;
}

static void write_register(chip *it, int address, int at, uint8_t value) {
    if (address == 0x18 && (at == 0x0f || at >= 0x27)) return;
    if (address == 0x68 && at == 0x6b && (value & 0x80)) {
        reset_mpu6050(it);
        return;
    }
    if (address == 0x76) {
        if (at == 0xe0 && value == 0xb6) {
            reset_bme280(it);
            return;
        }
        if (at < 0xf2 || at > 0xf5) return;
        if (at == 0xf4) it->is_set_up = it->registers[0xf2] & 7 ? 2 : 1;
    }
    it->registers[at] = value;
}

static int run_message(int bus, const struct i2c_msg *message) {
    const int address = message->addr;
    chip *it = address == 0x18 ? &buses[bus].lis3dh : address == 0x68 ? &buses[bus].mpu6050 : address == 0x76 ? &buses[bus].bme280 : NULL;
    /* LIS3DH §6.1.1: the register's address goes on only with its highest bit set. */
    int goes_on = 1;
    if (it == NULL) return address == 0x50 ? EAGAIN : address == 0x51 ? EREMOTEIO : address == 0x52 ? ETIMEDOUT : ENXIO;
    if (!it->is_set_up) {
        if (address == 0x18) reset_lis3dh(it);
        else if (address == 0x68) reset_mpu6050(it);
        else reset_bme280(it);
        if (bus == 4) it->registers[address == 0x18 ? 0x0f : address == 0x68 ? 0x75 : 0xd0] = 0x99;
    }
    if (address == 0x18) goes_on = it->at >> 7;
    if (message->flags & I2C_M_RD) {
        uint8_t at = address == 0x18 ? it->at & 0x7f : it->at;
        if (bus == 4) ;
        else if (address == 0x18) measure_lis3dh(it);
        else if (address == 0x68) measure_mpu6050(it);
        else measure_bme280(it);
        for (int i = 0; i < message->len; i++) {
            message->buf[i] = it->registers[at];
            if (address == 0x18 && at == 0x2d) it->registers[0x27] = 0;
            at = (uint8_t)(at + goes_on);
        }
        return 0;
    }
    if (message->len == 0) return 0;
    it->at = message->buf[0];
    if (address == 0x18) goes_on = it->at >> 7;
    for (int i = 1; i < message->len; i++) write_register(it, address, (address == 0x18 ? it->at & 0x7f : it->at) + (i - 1) * goes_on, message->buf[i]);
    return 0;
}

static int run_transfer(int bus, const struct i2c_rdwr_ioctl_data *transfer) {
    const int count = ++buses[bus].transfers;
    if (bus == 5 && count > 10 && count % 7 == 0) return EREMOTEIO;
    if (bus == 5 && count == 34) reset_lis3dh(&buses[bus].lis3dh);
    if (bus == 6 && count > 20) return ENXIO;
    for (unsigned i = 0; i < transfer->nmsgs; i++) {
        const int error = run_message(bus, &transfer->msgs[i]);
        if (error != 0) return error;
    }
    return 0;
}

static int i2c_ioctl(int bus, unsigned long request, void *argument) {
    if (request == I2C_FUNCS) {
        *(unsigned long *)argument = bus == 3 ? I2C_FUNC_SMBUS_EMUL : I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL;
        return 0;
    }
    if (request == I2C_SLAVE) return bus == 2 ? EBUSY : 0;
    if (request == I2C_RDWR) return run_transfer(bus, argument);
    return ENOTTY;
}

static int spi_ioctl(int fd, unsigned long request, void *argument) {
    const struct spi_ioc_transfer *transfer = argument;
    static uint8_t last[4096];
    if (request == SPI_IOC_WR_MODE) {
        const uint8_t mode = *(const uint8_t *)argument;
        files[fd].mode = mode;
        return mode == 0 || mode == 3 ? 0 : EINVAL;
    }
    if (request == SPI_IOC_WR_BITS_PER_WORD || request == SPI_IOC_WR_MAX_SPEED_HZ) return 0;
    if (request != SPI_IOC_MESSAGE(1)) return ENOTTY;
    if (transfer->len > sizeof last) return EMSGSIZE;
    if (transfer->tx_buf != 0) memcpy(last, (const void *)(uintptr_t)transfer->tx_buf, transfer->len);
    if (transfer->rx_buf != 0) memcpy((void *)(uintptr_t)transfer->rx_buf, last, transfer->len);
    return 0;
}

static int level_of(int line) {
    const int source = line == 1 || line == 3 ? line - 1 : line;
    if (source != line && lines[source].fd >= 0 && (lines[source].flags & GPIO_V2_LINE_FLAG_OUTPUT)) return lines[source].value;
    if (lines[line].flags & GPIO_V2_LINE_FLAG_OUTPUT) return lines[line].value;
    return (lines[line].flags & GPIO_V2_LINE_FLAG_BIAS_PULL_UP) != 0;
}

static void drive(int line, int value) {
    const int target = line + 1;
    const int before = lines[line].value;
    lines[line].value = value;
    if ((line != 0 && line != 2) || lines[target].fd < 0 || before == value) return;
    if ((lines[target].flags & (value ? GPIO_V2_LINE_FLAG_EDGE_RISING : GPIO_V2_LINE_FLAG_EDGE_FALLING)) == 0) return;
    struct gpio_v2_line_event event;
    memset(&event, 0, sizeof event);
    event.id = value ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE;
    event.offset = (uint32_t)target;
    if (write(lines[target].events, &event, sizeof event) != (ssize_t)sizeof event) abort();
}

static int request_line(struct gpio_v2_line_request *request) {
    const uint32_t line = request->offsets[0];
    int ends[2];
    if (request->num_lines != 1 || line >= LINES) return EINVAL;
    if (line == 7 || lines[line].fd >= 0) return EBUSY;
    if (line == 6 && (request->config.flags & (GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING))) return ENXIO;
    if (pipe(ends) != 0) return errno;
    lines[line].fd = request->fd = ends[0];
    lines[line].events = ends[1];
    lines[line].flags = request->config.flags;
    lines[line].value = 0;
    files[ends[0]].kind = LINE;
    files[ends[0]].number = (int)line;
    if (request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT) drive((int)line, (int)(request->config.attrs[0].attr.values & 1));
    return 0;
}

static int line_ioctl(int line, unsigned long request, void *argument) {
    struct gpio_v2_line_values *values = argument;
    if (request == GPIO_V2_LINE_GET_VALUES_IOCTL) {
        values->bits = (uint64_t)level_of(line);
        return 0;
    }
    if (request != GPIO_V2_LINE_SET_VALUES_IOCTL) return ENOTTY;
    if ((lines[line].flags & GPIO_V2_LINE_FLAG_OUTPUT) == 0) return EPERM;
    drive(line, (int)(values->bits & 1));
    return 0;
}

static int open_fake(const char *path, int (*real_open)(const char *, int, ...)) {
    kind what = NONE;
    int number = 0, fd;
    char rest;
    if (sscanf(path, "/dev/i2c-%d%c", &number, &rest) == 1 && number >= 1 && number <= 6) what = I2C;
    else if (strcmp(path, "/dev/spidev0.0") == 0) what = SPI;
    else if (strcmp(path, "/dev/gpiochip0") == 0) what = CHIP;
    else return -2;
    fd = real_open("/dev/null", O_RDWR);
    if (fd < 0 || fd >= MAX_FD) abort();
    files[fd].kind = what;
    files[fd].number = number;
    return fd;
}

int open(const char *path, int flags, ...) {
    static int (*real_open)(const char *, int, ...);
    va_list arguments;
    mode_t mode;
    if (real_open == NULL) *(void **)&real_open = dlsym(RTLD_NEXT, "open");
    const int fake = open_fake(path, real_open);
    if (fake != -2) return fake;
    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return real_open(path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...) {
    static int (*real_ioctl)(int, unsigned long, ...);
    va_list arguments;
    void *argument;
    int error;
    if (real_ioctl == NULL) *(void **)&real_ioctl = dlsym(RTLD_NEXT, "ioctl");
    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    const kind what = fd >= 0 && fd < MAX_FD ? files[fd].kind : NONE;
    if (what == NONE) return real_ioctl(fd, request, argument);
    if (what == I2C) error = i2c_ioctl(files[fd].number, request, argument);
    else if (what == SPI) error = spi_ioctl(fd, request, argument);
    else if (what == CHIP) error = request == GPIO_V2_GET_LINE_IOCTL ? request_line(argument) : ENOTTY;
    else error = line_ioctl(files[fd].number, request, argument);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

int close(int fd) {
    static int (*real_close)(int);
    if (real_close == NULL) *(void **)&real_close = dlsym(RTLD_NEXT, "close");
    if (fd >= 0 && fd < MAX_FD) {
        if (files[fd].kind == LINE) {
            lines[files[fd].number].fd = -1;
            real_close(lines[files[fd].number].events);
        }
        files[fd].kind = NONE;
    }
    return real_close(fd);
}
