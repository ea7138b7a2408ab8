/*
 * Time: timer 0 counts the clock down and gives the time since the start, timer 1 wakes the processor, the watchdog resets it (CMSDK APB timer and watchdog: DDI 0479, sections
 * 4.3 and 4.5).
 */
#include <math.h>

#include "mps2.h"
#include "platform.h"

typedef volatile struct {
    uint32_t control, value, reload, interrupt;
} timer_registers;
static timer_registers *const timers[] = { (timer_registers *)0x40000000u, (timer_registers *)0x40001000u };
enum { TIMER_ON = 1, TIMER_INTERRUPTS = 8 };
#define NVIC_ENABLE (*(volatile uint32_t *)0xe000e100u)
#define NVIC_CLEAR (*(volatile uint32_t *)0xe000e280u)
#define TIMER_INTERRUPT 9

typedef volatile struct {
    uint32_t load, value, control, clear;
} watchdog_registers;
static watchdog_registers *const watchdog = (watchdog_registers *)0x40008000u;
/* Seconds without a turn of the event loop that are a hang. The first expiry is an NMI, which panic.c reports; a second would reset. */
#define WATCHDOG_SECONDS 10u

void clock_expired(void);

void clock_open(void) {
    timers[0]->reload = UINT32_MAX;
    timers[0]->value = UINT32_MAX;
    timers[0]->control = TIMER_ON;
    NVIC_ENABLE = 1u << TIMER_INTERRUPT;
}

/* The timer wraps after 171 s, and the event loop turns every few seconds: no wrap is missed. */
double assay_ticks(void) {
    static uint64_t past;
    static uint32_t last = UINT32_MAX;
    const uint32_t now = timers[0]->value;
    past += last - now;
    last = now;
    return (double)past / (MPS2_CLOCK_HZ / 1000u);
}

void clock_wake_after(double milliseconds) {
    const double count = ceil(milliseconds * (MPS2_CLOCK_HZ / 1000u));
    timers[1]->control = 0;
    timers[1]->interrupt = 1;
    /* in this order: a new reload value is taken over at once */
    timers[1]->reload = UINT32_MAX;
    timers[1]->value = count < 1 ? 1 : (uint32_t)count;
    timers[1]->control = TIMER_ON | TIMER_INTERRUPTS;
}

/* Waking was all that it was for. */
void clock_expired(void) {
    timers[1]->control = 0;
    timers[1]->interrupt = 1;
}

void watchdog_open(void) {
    watchdog_feed();
    watchdog->control = 3;
}

void watchdog_feed(void) { watchdog->load = WATCHDOG_SECONDS * MPS2_CLOCK_HZ; }
