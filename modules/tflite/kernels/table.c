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
	&tflite_cumsum,

	/* moving elements */
	&tflite_batch_to_space_nd,
	&tflite_broadcast_to,
	&tflite_concatenation,
	&tflite_depth_to_space,
	&tflite_dynamic_update_slice,
	&tflite_embedding_lookup,
	&tflite_expand_dims,
	&tflite_fill,
	&tflite_gather,
	&tflite_gather_nd,
	&tflite_mirror_pad,
	&tflite_pack,
	&tflite_pad,
	&tflite_padv2,
	&tflite_reshape,
	&tflite_resize_bilinear,
	&tflite_resize_nearest_neighbor,
	&tflite_reverse_v2,
	&tflite_shape,
	&tflite_slice,
	&tflite_space_to_batch_nd,
	&tflite_space_to_depth,
	&tflite_split,
	&tflite_split_v,
	&tflite_squeeze,
	&tflite_strided_slice,
	&tflite_transpose,
	&tflite_unpack,

	/* over time */

	/* variables and control flow */

	/* custom operators of the signal library */
};

const tflite_kernels tflite_portable_kernels = { "portable", rows, sizeof rows / sizeof rows[0] };
