/*
 * The Fourier transform of real samples, to the bit as TensorFlow Lite Micro's signal library computes it in fixed point: kissfft 1.3.0 with
 * 16 or 32 bits, which halves (or divides by 3, 4, 5) before each addition of that many numbers, so that the result is divided by the length.
 * Neighbouring samples are taken as real and imaginary part of a number, and the result of half the length is taken apart at the end.
 */
#ifndef ASSAY_TFLITE_FOURIER_H
#define ASSAY_TFLITE_FOURIER_H

#include <stdbool.h>
#include <stdint.h>

/* In samples; a bound for memory and for the number of stages. */
enum { FOURIER_MOST_LENGTH = 1 << 16, FOURIER_MOST_STAGES = 16 };

typedef struct {
	/* of complex numbers: half of the samples */
	uint32_t length;
	/* the factors of `length`, the last transform's first */
	uint32_t stages;
	uint8_t radix[FOURIER_MOST_STAGES];
} fourier_plan;

/* False if the number of samples is odd, below 4, above FOURIER_MOST_LENGTH, or has a prime factor above 5: kissfft as built there has no memory for those. */
bool fourier_plan_for(uint32_t samples, fourier_plan *plan);

/* How many numbers of the sample's type fourier_start_… fills. */
static inline uint32_t fourier_constants(const fourier_plan *plan) {
	return 2 * (plan->length + plan->length / 2);
}

void fourier_start_int16(const fourier_plan *plan, int16_t *constants);
void fourier_start_int32(const fourier_plan *plan, int32_t *constants);
void fourier_start_float32(const fourier_plan *plan, float *constants);

/*
 * Transforms `count` samples, which may be fewer than the plan's: zeros follow. The spectrum has length + 1 complex numbers, and does
 * not overlap the input.
 */
void fourier_run_int16(const fourier_plan *plan, const int16_t *constants, const int16_t *input, uint32_t count, int16_t *spectrum);
void fourier_run_int32(const fourier_plan *plan, const int32_t *constants, const int32_t *input, uint32_t count, int32_t *spectrum);
void fourier_run_float32(const fourier_plan *plan, const float *constants, const float *input, uint32_t count, float *spectrum);

/*
 * For the three of them: the points e^(i angle) of the transform, and of its last step. They are the nearest doubles but for a few in the
 * last place, on every board alike: no C library takes part.
 */
typedef struct {
	double cosine;
	double sine;
} fourier_point;

fourier_point fourier_twiddle(const fourier_plan *plan, uint32_t index);
fourier_point fourier_last_twiddle(const fourier_plan *plan, uint32_t index);

#endif
