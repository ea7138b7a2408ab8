/* Every operator that the engine has. Versions: what tensorflow/lite/core/kernels/register.cc knows. */
#include "kernels.h"

static const tflite_kernel *const rows[] = {
	/* layers and pools */
	&tflite_average_pool_2d,
	&tflite_conv_2d,
	&tflite_depthwise_conv_2d,
	&tflite_fully_connected,
	&tflite_max_pool_2d,
	&tflite_softmax,

	/* element by element, two or more inputs */
	&tflite_add,
	&tflite_add_n,
	&tflite_div,
	&tflite_equal,
	&tflite_floor_div,
	&tflite_floor_mod,
	&tflite_greater,
	&tflite_greater_equal,
	&tflite_less,
	&tflite_less_equal,
	&tflite_logical_and,
	&tflite_logical_or,
	&tflite_maximum,
	&tflite_minimum,
	&tflite_mul,
	&tflite_not_equal,
	&tflite_prelu,
	&tflite_select_v2,
	&tflite_squared_difference,
	&tflite_sub,

	/* element by element, one input */
	&tflite_dequantize,
	&tflite_quantize,

	/* along axes */

	/* moving elements */
	&tflite_reshape,

	/* over time */

	/* variables and control flow */

	/* custom operators of the signal library */
};

const tflite_kernels tflite_portable_kernels = { "portable", rows, sizeof rows / sizeof rows[0] };
