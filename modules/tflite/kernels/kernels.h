/* Every operator that the engine has: one file each, or one for a family. */
#ifndef ASSAY_TFLITE_KERNELS_H
#define ASSAY_TFLITE_KERNELS_H

#include "../kernel.h"
#include "../schema.h"

extern const tflite_kernel tflite_add;
extern const tflite_kernel tflite_average_pool_2d;
extern const tflite_kernel tflite_concatenation;
extern const tflite_kernel tflite_conv_2d;
extern const tflite_kernel tflite_depthwise_conv_2d;
extern const tflite_kernel tflite_depth_to_space;
extern const tflite_kernel tflite_dequantize;
extern const tflite_kernel tflite_embedding_lookup;
extern const tflite_kernel tflite_floor;
extern const tflite_kernel tflite_fully_connected;
extern const tflite_kernel tflite_l2_normalization;
extern const tflite_kernel tflite_l2_pool_2d;
extern const tflite_kernel tflite_logistic;
extern const tflite_kernel tflite_max_pool_2d;
extern const tflite_kernel tflite_mul;
extern const tflite_kernel tflite_relu;
extern const tflite_kernel tflite_relu6;
extern const tflite_kernel tflite_reshape;
extern const tflite_kernel tflite_resize_bilinear;
extern const tflite_kernel tflite_softmax;
extern const tflite_kernel tflite_space_to_depth;
extern const tflite_kernel tflite_svdf;
extern const tflite_kernel tflite_tanh;
extern const tflite_kernel tflite_pad;
extern const tflite_kernel tflite_gather;
extern const tflite_kernel tflite_batch_to_space_nd;
extern const tflite_kernel tflite_space_to_batch_nd;
extern const tflite_kernel tflite_transpose;
extern const tflite_kernel tflite_mean;
extern const tflite_kernel tflite_sub;
extern const tflite_kernel tflite_div;
extern const tflite_kernel tflite_squeeze;
extern const tflite_kernel tflite_unidirectional_sequence_lstm;
extern const tflite_kernel tflite_strided_slice;
extern const tflite_kernel tflite_exp;
extern const tflite_kernel tflite_split;
extern const tflite_kernel tflite_log_softmax;
extern const tflite_kernel tflite_cast;
extern const tflite_kernel tflite_prelu;
extern const tflite_kernel tflite_maximum;
extern const tflite_kernel tflite_arg_max;
extern const tflite_kernel tflite_minimum;
extern const tflite_kernel tflite_less;
extern const tflite_kernel tflite_neg;
extern const tflite_kernel tflite_padv2;
extern const tflite_kernel tflite_greater;
extern const tflite_kernel tflite_greater_equal;
extern const tflite_kernel tflite_less_equal;
extern const tflite_kernel tflite_slice;
extern const tflite_kernel tflite_sin;
extern const tflite_kernel tflite_transpose_conv;
extern const tflite_kernel tflite_expand_dims;
extern const tflite_kernel tflite_equal;
extern const tflite_kernel tflite_not_equal;
extern const tflite_kernel tflite_log;
extern const tflite_kernel tflite_sum;
extern const tflite_kernel tflite_sqrt;
extern const tflite_kernel tflite_rsqrt;
extern const tflite_kernel tflite_shape;
extern const tflite_kernel tflite_arg_min;
extern const tflite_kernel tflite_reduce_max;
extern const tflite_kernel tflite_pack;
extern const tflite_kernel tflite_logical_or;
extern const tflite_kernel tflite_logical_and;
extern const tflite_kernel tflite_logical_not;
extern const tflite_kernel tflite_unpack;
extern const tflite_kernel tflite_reduce_min;
extern const tflite_kernel tflite_floor_div;
extern const tflite_kernel tflite_square;
extern const tflite_kernel tflite_zeros_like;
extern const tflite_kernel tflite_fill;
extern const tflite_kernel tflite_floor_mod;
extern const tflite_kernel tflite_resize_nearest_neighbor;
extern const tflite_kernel tflite_leaky_relu;
extern const tflite_kernel tflite_squared_difference;
extern const tflite_kernel tflite_mirror_pad;
extern const tflite_kernel tflite_abs;
extern const tflite_kernel tflite_split_v;
extern const tflite_kernel tflite_ceil;
extern const tflite_kernel tflite_reverse_v2;
extern const tflite_kernel tflite_add_n;
extern const tflite_kernel tflite_gather_nd;
extern const tflite_kernel tflite_cos;
extern const tflite_kernel tflite_elu;
extern const tflite_kernel tflite_quantize;
extern const tflite_kernel tflite_round;
extern const tflite_kernel tflite_hard_swish;
extern const tflite_kernel tflite_select_v2;
extern const tflite_kernel tflite_batch_matmul;
extern const tflite_kernel tflite_cumsum;
extern const tflite_kernel tflite_call_once;
extern const tflite_kernel tflite_broadcast_to;
extern const tflite_kernel tflite_reduce_all;
extern const tflite_kernel tflite_var_handle;
extern const tflite_kernel tflite_read_variable;
extern const tflite_kernel tflite_assign_variable;
extern const tflite_kernel tflite_dynamic_update_slice;

/* custom operators: TensorFlow Lite Micro's signal library */
extern const tflite_kernel tflite_signal_window;
extern const tflite_kernel tflite_signal_fft_auto_scale;
extern const tflite_kernel tflite_signal_rfft;
extern const tflite_kernel tflite_signal_energy;
extern const tflite_kernel tflite_signal_filter_bank;
extern const tflite_kernel tflite_signal_filter_bank_square_root;
extern const tflite_kernel tflite_signal_filter_bank_spectral_subtraction;
extern const tflite_kernel tflite_signal_pcan;
extern const tflite_kernel tflite_signal_filter_bank_log;

#endif
