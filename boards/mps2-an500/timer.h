/* The board's timer, for counting instructions: under `qemu -icount shift=0` one takes a nanosecond, so 40 are a tick of 25 MHz. */
#ifndef ASSAY_MPS2_AN500_TIMER_H
#define ASSAY_MPS2_AN500_TIMER_H

#include <stdint.h>

enum { TIMER_INSTRUCTIONS_PER_TICK = 40 };

/* CMSDK APB timer 0 (Arm DDI 0479, section 4.3): control, value, reload. It counts down. */
static volatile uint32_t *const timer_registers = (volatile uint32_t *)0x40000000;

static inline void timer_start(void) {
	timer_registers[2] = UINT32_MAX;
	timer_registers[1] = UINT32_MAX;
	timer_registers[0] = 1;
}

/* Ticks from one reading to a later one are `earlier - later`: less than 2^32, which is 171 milliards of instructions. */
static inline uint32_t timer_read(void) {
	return timer_registers[1];
}

#endif
