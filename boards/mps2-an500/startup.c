/*
 * Start of a program on Arm's MPS2+ board with the AN500 image (Cortex-M7), as QEMU emulates it: vector table, memory, FPU, and the
 * command line, which comes with files and exit code from the host by semihosting.
 *
 * Semihosting: https://github.com/ARM-software/abi-aa/blob/main/semihosting/semihosting.rst
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SYS_WRITE0 = 0x04, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20, STOPPED_BY_APPLICATION = 0x20026 };
enum { MOST_ARGUMENTS = 16, COMMAND_LINE_BYTES = 4096 };

extern uint32_t stack_top[], data_start[], data_end[], data_load[], zero_start[], zero_end[];

int main(int count, char **arguments);
void initialise_monitor_handles(void);

static int32_t ask_host(int32_t operation, const void *parameters) {
	register int32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = parameters;
	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

static void leave(int status) {
	const uintptr_t block[2] = { STOPPED_BY_APPLICATION, (uintptr_t)status };
	ask_host(SYS_EXIT_EXTENDED, block);
	for (;;) continue;
}

/* Words are separated by blanks; the host's paths must not hold any. */
static int split(char *line, char **words) {
	int count = 0;
	for (char *word = strtok(line, " "); word != NULL && count < MOST_ARGUMENTS; word = strtok(NULL, " ")) words[count++] = word;
	words[count] = NULL;
	return count;
}

void start(void);

void start(void) {
	static char line[COMMAND_LINE_BYTES];
	static char *arguments[MOST_ARGUMENTS + 1];
	volatile uint32_t *const access = (volatile uint32_t *)0xe000ed88;
	/* CPACR: the FPU (coprocessors 10 and 11) is for everybody. */
	*access |= 0xfu << 20;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
	memcpy(data_start, data_load, (size_t)((uint8_t *)data_end - (uint8_t *)data_start));
	memset(zero_start, 0, (size_t)((uint8_t *)zero_end - (uint8_t *)zero_start));
	initialise_monitor_handles();
	const uintptr_t block[2] = { (uintptr_t)line, sizeof line };
	const int count = ask_host(SYS_GET_CMDLINE, block) == 0 ? split(line, arguments) : 0;
	const int status = main(count, arguments);
	fflush(NULL);
	leave(status);
}

static void stop(void) {
	ask_host(SYS_WRITE0, "the processor took a fault\n");
	leave(3);
}

/* The stack, then reset, NMI, hard, memory, bus and usage fault; no interrupts are used. */
__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = { (void (*)(void))stack_top, start, stop, stop, stop, stop, stop };
