/* Every operator that the engine has, by rising builtin code. Versions: what tensorflow/lite/core/kernels/register.cc knows. */
#include "../schema.h"
#include "kernels.h"

static const tflite_kernel rows[] = {
	{ BUILTIN_ADD, 1, 5, "ADD", OPTIONS_ADD, add_prepare, add_invoke, NULL },
	{ BUILTIN_AVERAGE_POOL_2D, 1, 3, "AVERAGE_POOL_2D", OPTIONS_POOL_2D, average_pool_2d_prepare, average_pool_2d_invoke, NULL },
	{ BUILTIN_CONV_2D, 1, 8, "CONV_2D", OPTIONS_CONV_2D, conv_2d_prepare, conv_2d_invoke, conv_2d_self_check },
	{ BUILTIN_DEPTHWISE_CONV_2D, 1, 7, "DEPTHWISE_CONV_2D", OPTIONS_DEPTHWISE_CONV_2D, depthwise_conv_2d_prepare, depthwise_conv_2d_invoke, depthwise_conv_2d_self_check },
	{ BUILTIN_DEQUANTIZE, 1, 6, "DEQUANTIZE", OPTIONS_DEQUANTIZE, dequantize_prepare, dequantize_invoke, NULL },
	{ BUILTIN_FULLY_CONNECTED, 1, 14, "FULLY_CONNECTED", OPTIONS_FULLY_CONNECTED, fully_connected_prepare, fully_connected_invoke, fully_connected_self_check },
	{ BUILTIN_MAX_POOL_2D, 1, 3, "MAX_POOL_2D", OPTIONS_POOL_2D, max_pool_2d_prepare, max_pool_2d_invoke, NULL },
	{ BUILTIN_RESHAPE, 1, 1, "RESHAPE", OPTIONS_RESHAPE, reshape_prepare, reshape_invoke, NULL },
	{ BUILTIN_SOFTMAX, 1, 3, "SOFTMAX", OPTIONS_SOFTMAX, softmax_prepare, softmax_invoke, softmax_self_check },
	{ BUILTIN_QUANTIZE, 1, 4, "QUANTIZE", OPTIONS_QUANTIZE, quantize_prepare, quantize_invoke, NULL },
};

const tflite_kernels tflite_portable_kernels = { "portable", rows, sizeof rows / sizeof rows[0] };
