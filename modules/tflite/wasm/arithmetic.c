/* What the compiler calls for a product of 128 bits, into which it makes some sums of loops. Of its own library the build has nothing. */
#include <stdint.h>

__extension__ typedef unsigned __int128 wide;

wide __multi3(wide a, wide b);

/* The product of the lower halves, by quarters; of the others only what stays in 128 bits. */
wide __multi3(wide a, wide b) {
	const uint64_t x = (uint64_t)a, y = (uint64_t)b, mask = 0xffffffff;
	const uint64_t low = (x & mask) * (y & mask), first = (x >> 32) * (y & mask), second = (x & mask) * (y >> 32);
	const uint64_t middle = (low >> 32) + (first & mask) + (second & mask);
	const uint64_t high = (x >> 32) * (y >> 32) + (first >> 32) + (second >> 32) + (middle >> 32);
	const uint64_t crossed = high + x * (uint64_t)(b >> 64) + y * (uint64_t)(a >> 64);
	return (wide)crossed << 64 | (middle << 32 | (low & mask));
}
