/* AddressSanitizer asks a program for its options. Leaks are not looked for: that takes ptrace, which QEMU's user mode has not. */
const char *__asan_default_options(void);

const char *__asan_default_options(void) {
	return "detect_leaks=0";
}
