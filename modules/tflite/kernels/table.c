/* Every operator that the engine has. Versions: what tensorflow/lite/core/kernels/register.cc knows. */
#include "kernels.h"

static const tflite_kernel *const rows[] = {
	/* layers and pools */
	&tflite_average_pool_2d,
	&tflite_batch_matmul,
	&tflite_conv_2d,
	&tflite_depthwise_conv_2d,
	&tflite_fully_connected,
	&tflite_l2_pool_2d,
	&tflite_max_pool_2d,
	&tflite_softmax,
	&tflite_transpose_conv,

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
	&tflite_abs,
	&tflite_cast,
	&tflite_ceil,
	&tflite_cos,
	&tflite_dequantize,
	&tflite_elu,
	&tflite_exp,
	&tflite_floor,
	&tflite_hard_swish,
	&tflite_leaky_relu,
	&tflite_log,
	&tflite_logical_not,
	&tflite_logistic,
	&tflite_neg,
	&tflite_quantize,
	&tflite_relu,
	&tflite_relu6,
	&tflite_round,
	&tflite_rsqrt,
	&tflite_sin,
	&tflite_sqrt,
	&tflite_square,
	&tflite_tanh,
	&tflite_zeros_like,

	/* along axes */
	&tflite_arg_max,
	&tflite_arg_min,
	&tflite_mean,
	&tflite_reduce_all,
	&tflite_reduce_max,
	&tflite_reduce_min,
	&tflite_sum,
	&tflite_l2_normalization,
	&tflite_log_softmax,

	/* moving elements */
	&tflite_reshape,

	/* over time */

	/* variables and control flow */
	&tflite_assign_variable,
	&tflite_call_once,
	&tflite_read_variable,
	&tflite_var_handle,

	/* custom operators of the signal library */
};

const tflite_kernels tflite_portable_kernels = { "portable", rows, sizeof rows / sizeof rows[0] };
