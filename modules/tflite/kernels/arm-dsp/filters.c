#include "filters.h"

#include "constant-channels.h"
#include "dot-pixels.h"
#include "requantize.h"

/* What the loop in filters_in_line() keeps in memory, in the order in which it is loaded: it needs all registers for the sums. */
typedef struct {
	const uint8_t *bias;
	const int8_t *weights;
	uint32_t elements;
	const uint32_t *patch;
	uint32_t groups;
	const int32_t *multipliers;
	const int8_t *shifts;
	uint32_t multiplier_step;
	uint32_t shift_step;
	int32_t doubled_offset;
	int8_t *output;
	uint32_t output_step;
	int8_t *output_end;
} job;

/* Four elements of four pixels: 13 instructions for 16 products. */
#define HALF_STEP(weights)                  \
	"ldmia r9!, {r4, r5, r6, r8}\n\t"       \
	"smlad r0, r4, " weights ", r0\n\t"     \
	"smlad r1, r5, " weights ", r1\n\t"     \
	"smlad r2, r6, " weights ", r2\n\t"     \
	"smlad r3, r8, " weights ", r3\n\t"

#define STEP                                \
	"ldr r7, [r10], #4\n\t"                 \
	"sxtb16 r12, r7\n\t"                    \
	"sxtb16 r7, r7, ror #8\n\t"             \
	HALF_STEP("r12") HALF_STEP("r7")

/* As requantize(): r12 is the doubled multiplier, r8 the addend, r6 the shift. */
#define REQUANTIZE(sum)                     \
	"smmlar " sum ", " sum ", r12, " sum "\n\t"     \
	"add " sum ", " sum ", " sum ", asr #31\n\t"    \
	"qadd " sum ", " sum ", r8\n\t"         \
	"asr " sum ", " sum ", r6\n\t"          \
	"ssat " sum ", #8, " sum "\n\t"

/* Filter after filter until the output's end; the multipliers of all are plain. */
__attribute__((noinline)) static void filters_in_line(job *at) {
	register job *work __asm__("lr") = at;
	__asm__ volatile("1:\n\t"
	                 "ldmia lr, {r4, r5, r6, r9, r11}\n\t"
	                 "ldr r0, [r4], #4\n\t"
	                 "mov r10, r5\n\t"
	                 "add r5, r5, r6\n\t"
	                 "strd r4, r5, [lr]\n\t"
	                 "mov r1, r0\n\t"
	                 "mov r2, r0\n\t"
	                 "mov r3, r0\n\t"
	                 /* Four groups a round, then the two bits of what is left: the carry and the zero flag of a shift. */
	                 "subs r11, r11, #4\n\t"
	                 "blo 3f\n"
	                 "2:\n\t"
	                 STEP STEP STEP STEP
	                 "subs r11, r11, #4\n\t"
	                 "bhs 2b\n"
	                 "3:\n\t"
	                 "lsls r11, r11, #31\n\t"
	                 "bcc 4f\n\t"
	                 STEP STEP
	                 "4:\n\t"
	                 "beq 5f\n\t"
	                 STEP
	                 "5:\n\t"
	                 "add r12, lr, #20\n\t"
	                 "ldmia r12, {r4, r5, r6, r7, r8, r9, r11}\n\t"
	                 "ldr r12, [r4]\n\t"
	                 "add r4, r4, r6\n\t"
	                 "ldrsb r6, [r5]\n\t"
	                 "add r5, r5, r7\n\t"
	                 "strd r4, r5, [lr, #20]\n\t"
	                 "lsl r12, r12, #1\n\t"
	                 "mvn r4, r6\n\t"
	                 "lsl r8, r8, r4\n\t"
	                 "rsb r6, r6, #0\n\t"
	                 REQUANTIZE("r0") REQUANTIZE("r1") REQUANTIZE("r2") REQUANTIZE("r3")
	                 "add r7, r11, r11, lsl #1\n\t"
	                 "strb r1, [r9, r11]\n\t"
	                 "strb r2, [r9, r11, lsl #1]\n\t"
	                 "strb r3, [r9, r7]\n\t"
	                 "strb r0, [r9], #1\n\t"
	                 "ldr r7, [lr, #48]\n\t"
	                 "str r9, [lr, #40]\n\t"
	                 "cmp r9, r7\n\t"
	                 "bne 1b"
	                 :
	                 : "r"(work)
	                 : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}

/* One filter at up to four pixels, with any multiplier, and without reading beyond its weights. */
static void filter_by_itself(const conv_2d *conv, const uint32_t *patch, const int8_t *weights, uint32_t channel, int8_t *output, uint32_t pixels) {
	uint32_t sums[DOT_PIXELS] = { 0, 0, 0, 0 };
	dot_pixels(patch, weights, conv->filter, sums);
	requantize_sums(&conv->common.finish, channel, 0, sums, pixels, output, conv->common.output_channels);
}

static bool are_plain(const layer_finish *finish) {
	for (uint32_t i = 0; i < finish->multiplier_count; i++) {
		if (!requantize_is_plain(finish->shifts[i])) return false;
	}
	return finish->bias != NULL;
}

/* How many filters from `channel` on, at most `most`, are for filters_in_line(). */
static uint32_t plain_run(const layer_finish *finish, uint32_t channel, uint32_t most) {
	uint32_t count = 0;
	while (count < most && requantize_is_plain(finish->shifts[finish->multiplier_count > 1 ? channel + count : 0])) count++;
	return finish->bias != NULL ? count : 0;
}

/* Pixels that are fewer than four are computed as four, into a block of their own. */
enum { SPARE_FILTERS = 16 };

static void filters_of_few(job *work, uint32_t count, int8_t *outputs, uint32_t output_step, uint32_t pixels) {
	int8_t spare[DOT_PIXELS * SPARE_FILTERS];
	work->output_step = SPARE_FILTERS;
	for (uint32_t done = 0; done < count;) {
		const uint32_t together = count - done < SPARE_FILTERS ? count - done : SPARE_FILTERS;
		work->output = spare;
		work->output_end = spare + together;
		filters_in_line(work);
		for (uint32_t i = 0; i < pixels; i++) memcpy(outputs + i * (size_t)output_step + done, spare + i * SPARE_FILTERS, together);
		done += together;
	}
}

uint32_t filters_copy_bytes(const conv_2d *conv) {
	return conv->filter % 4 == 0 ? 0 : (conv->filter + 3) / 4 * 4;
}

filters filters_of(const conv_2d *conv, const int8_t *weights, int8_t *copy) {
	const filters result = { weights, filters_copy_bytes(conv) == 0 ? NULL : copy, are_plain(&conv->common.finish) };
	if (result.last != NULL) memcpy(copy, weights + (size_t)(conv->common.output_channels - 1) * conv->filter, conv->filter);
	return result;
}

/* How many filters from `channel` on, at most `most`, the loop may read one after the other. */
static uint32_t readable(const conv_2d *conv, const filters *weights, uint32_t channel, uint32_t most) {
	const uint32_t rest = conv->filter % 4, channels = conv->common.output_channels;
	if (rest == 0) return most;
	/* Those that are followed by what fills up their last word. */
	const uint32_t unsafe = (4 - rest + conv->filter - 1) / conv->filter, safe = channels > unsafe ? channels - unsafe : 0;
	if (channel < safe) return safe - channel < most ? safe - channel : most;
	return channel == channels - 1 && weights->last != NULL ? 1 : 0;
}

/* The outputs of a channel that has only one. */
static inline void store_constant(int8_t value, int8_t *output, size_t step, uint32_t pixels) {
	for (uint32_t i = 0; i < pixels; i++, output += step) *output = value;
}

void filters_int8(const conv_2d *conv, const filters *weights, const uint32_t *patch, uint32_t channel, uint32_t count, int8_t *outputs, uint32_t pixels) {
	const layer_finish *finish = &conv->common.finish;
	const uint32_t elements = conv->filter, groups = (elements + 3) / 4, each = finish->multiplier_count > 1 ? 1 : 0, step = conv->common.output_channels;
	for (const uint32_t end = channel + count; channel < end;) {
		if (!weights->plain && constant_channel(finish, channel)) {
			store_constant((int8_t)finish->multipliers[channel++], outputs++, step, pixels);
			continue;
		}
		const bool copied = weights->last != NULL && channel == step - 1;
		const int8_t *filter = copied ? weights->last : weights->all + (size_t)channel * elements;
		const uint32_t safe = readable(conv, weights, channel, end - channel), together = weights->plain ? safe : plain_run(finish, channel, safe);
		if (together > 0) {
			job work = { finish->bias + 4 * (size_t)channel, filter, elements, patch, groups, finish->multipliers + channel * each, finish->shifts + channel * each, 4 * each, each,
				         2 * finish->offset + 1, outputs, step, outputs + together };
			if (pixels == DOT_PIXELS) filters_in_line(&work);
			else filters_of_few(&work, together, outputs, step, pixels);
			channel += together;
			outputs += together;
		} else {
			filter_by_itself(conv, patch, filter, channel++, outputs++, pixels);
		}
	}
}
