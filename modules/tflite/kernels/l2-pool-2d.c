/* L2_POOL_2D: the root of the mean square of each window, of the part of it that lies on the image; in float32 only. */
#include "kernels.h"
#include "pool.h"

#include <math.h>

static bool prepare(tflite_preparation *preparation) {
	tflite_operand input;
	if (!tflite_input_operand(preparation, 0, &input)) return false;
	if (input.type != TFLITE_FLOAT32) return tflite_refuse_type(preparation, &input, "float32 input");
	return pool_prepare(preparation);
}

static void place_float32(const pool *operation, const pool_place *place) {
	float *output = (float *)operation->output + place->output;
	for (uint32_t channel = 0; channel < operation->channels; channel++) {
		const float *from = (const float *)operation->input + place->input + channel;
		float sum = 0.0f;
		for (uint32_t row = 0; row < place->rows; row++, from += place->row) {
			for (uint32_t column = 0; column < place->columns; column++) {
				const float value = from[column * (size_t)operation->channels];
				sum += value * value;
			}
		}
		output[channel] = activation_clamp_real(sqrtf(sum / ((float)place->rows * (float)place->columns)), operation->range_real);
	}
}

static void invoke(const void *state) {
	pool_run(state, place_float32);
}

const tflite_kernel tflite_l2_pool_2d = { BUILTIN_L2_POOL_2D, 1, 1, OPTIONS_POOL_2D, "L2_POOL_2D", prepare, invoke, NULL };
