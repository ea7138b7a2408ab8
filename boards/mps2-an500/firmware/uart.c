/* CMSDK APB UART (DDI 0479, section 4.1): sending waits for the port; what the link receives goes into a ring by interrupt, so that a busy program loses nothing. */
#include "mps2.h"

typedef volatile struct {
    uint32_t data, state, control, interrupt, divider;
} uart_registers;

static uart_registers *const ports[] = { (uart_registers *)0x40004000u, (uart_registers *)0x40005000u };
enum { STATE_SENDING = 1, STATE_RECEIVED = 2 };
enum { CONTROL_SEND = 1, CONTROL_RECEIVE = 2, CONTROL_RECEIVE_INTERRUPT = 8 };
enum { INTERRUPT_RECEIVED = 2 };
/* NVIC: interrupt 2 is what UART 1 receives. */
#define NVIC_ENABLE (*(volatile uint32_t *)0xe000e100u)
#define LINK_INTERRUPT 2

/* A power of two: larger than what a broker sends before it waits for an answer. */
#define RING_BYTES 4096u
static uint8_t ring[RING_BYTES];
/* Bytes put in and taken out, since the start. Only the interrupt writes the first, only the program the second. */
static volatile uint32_t put, taken;

void uart_received(void);

void uart_open(int port) {
    ports[port]->divider = 16;
    ports[port]->control = CONTROL_SEND | (port == UART_LINK ? CONTROL_RECEIVE | CONTROL_RECEIVE_INTERRUPT : 0u);
    if (port == UART_LINK) NVIC_ENABLE = 1u << LINK_INTERRUPT;
}

void uart_write(int port, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        while (ports[port]->state & STATE_SENDING) continue;
        ports[port]->data = ((const uint8_t *)bytes)[i];
    }
}

/* A full ring leaves the byte in the port and the interrupt off until something is read: the other side has to wait. */
void uart_received(void) {
    uart_registers *link = ports[UART_LINK];
    link->interrupt = INTERRUPT_RECEIVED;
    while (link->state & STATE_RECEIVED) {
        if (put - taken == RING_BYTES) {
            link->control &= ~(uint32_t)CONTROL_RECEIVE_INTERRUPT;
            return;
        }
        ring[put % RING_BYTES] = (uint8_t)link->data;
        put++;
    }
}

size_t uart_waiting(void) { return put - taken; }

size_t uart_read(uint8_t *bytes, size_t room) {
    size_t count = 0;
    while (count < room && taken != put) {
        bytes[count++] = ring[taken % RING_BYTES];
        taken++;
    }
    if (count > 0 && !(ports[UART_LINK]->control & CONTROL_RECEIVE_INTERRUPT)) {
        __asm__ volatile("cpsid i" ::: "memory");
        ports[UART_LINK]->control |= CONTROL_RECEIVE_INTERRUPT;
        uart_received();
        __asm__ volatile("cpsie i" ::: "memory");
    }
    return count;
}
