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

	/* element by element, two inputs */
	&tflite_add,

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

const tflite_kernels tflite_portable_kernels = { "portable", rows, sizeof rows / sizeof rows[0], NULL };
